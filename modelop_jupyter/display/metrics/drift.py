"""Views of one number for each feature: drift, importance, stability index."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Chart, Note, Series, Table
from modelop_jupyter.display.charts.scales import short
from modelop_jupyter.display.metrics.view import MAX_BARS, MetricView, as_number, numbers

_FAMILY = re.compile(r"(.+)_(CSI|PSI)")
_PER_FEATURE = re.compile(
    r"shap|lime|importance|drift|psi|csi|jensen|kolmogorov|epps|kullback|wasserstein|distance|"
    r"divergence|p.value|weights|coefficients",
    re.IGNORECASE,
)
_SORTED = re.compile(r"shap|lime|importance|weights|coefficients", re.IGNORECASE)
# From these on a population has shifted a little, and a lot: what every stability monitor says.
SHIFTED = (0.1, 0.25)


def importances(title: str, value: Any, test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of one number for each feature; numbers of different kinds are shown as a table."""
    values_by_name = numbers(value)
    if values_by_name is None or len(value) < 2:
        return None
    about = f"{title} {test.get('test_type', '')} {test.get('metric', '')}"
    if not is_per_feature(about):
        return None
    absent = [str(key) for key, item in value.items() if as_number(item) is None]
    if _SORTED.search(about):
        values_by_name = dict(sorted(values_by_name.items(), key=lambda pair: -abs(pair[1])))
    return MetricView(title, "features", (*per_feature(title, values_by_name), *_absent(absent)))


def is_per_feature(about: str) -> bool:
    """Say from a test's names whether its numbers are of one kind, one for each feature."""
    return bool(_PER_FEATURE.search(about))


def families(plain: Mapping[str, Any]) -> list[MetricView]:
    """Return a view of each group of flat keys with a common suffix, such as ``age_CSI``, ``income_CSI``."""
    groups: dict[str, dict[str, float]] = {}
    for key, value in plain.items():
        match, number = _FAMILY.fullmatch(key), as_number(value)
        if match and number is not None:
            groups.setdefault(match[2], {})[match[1]] = number
    return [
        MetricView(name, "features", per_feature(name, values, lines=SHIFTED))
        for name, values in groups.items()
        if len(values) > 1
    ]


def per_feature(
    title: str, values: Mapping[str, float], *, lines: tuple[float, ...] = (), y: str = ""
) -> tuple[Block, ...]:
    """Return a bar chart, and the numbers as a table."""
    first = list(values.items())[:MAX_BARS]
    # A line far beyond all bars would make them dots.
    most = max((abs(value) for value in values.values()), default=0)
    near = tuple(line for line in lines if line <= most * 4)
    chart = Chart(
        "bar",
        title,
        (Series(title, tuple(first)),),
        y=y,
        scale="names",
        is_rotated=True,
        lines=near,
    )
    rows = tuple((key, short(value)) for key, value in values.items())
    rest = Note(f"The first {MAX_BARS} of {formatting.number(len(values))} bars.")
    table = Table(("feature", y or "value"), rows, f"{title}, numbers", len(rows), frozenset({1}))
    return (chart, rest, table) if len(values) > MAX_BARS else (chart,)


def _absent(names: list[str]) -> list[Block]:
    if not names:
        return []
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return [Note(f"No value for {shown}.", "warn")]
