"""Views of performance figures, counts, and summaries of one or two data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.display.blocks import Block, Figures, Tree
from modelop_jupyter.display.metrics.curves import confusion
from modelop_jupyter.display.metrics.drift import is_per_feature
from modelop_jupyter.display.metrics.graphs import rows_table
from modelop_jupyter.display.metrics.scalars import figure
from modelop_jupyter.display.metrics.view import MetricView, as_number, is_scalar, pruned

_MOST_FIGURES = 12


def comparisons(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of ``{kind: {feature: {…}}}``: a row for each feature, or for each side of it."""
    if not isinstance(value, Mapping) or not value:
        return None
    blocks: list[Block] = []
    for kind, features in value.items():
        rows = _rows(features)
        if rows is None:
            return None
        if rows:
            blocks.append(rows_table(f"{title}, {str(kind).replace('_', ' ')}", rows))
    return MetricView(title, "summary", tuple(blocks)) if blocks else None


def _rows(features: Any) -> list[dict[str, Any]] | None:
    if not isinstance(features, Mapping):
        return None
    rows = []
    for name, summary in features.items():
        if not isinstance(summary, Mapping) or not summary:
            return None
        if all(map(is_scalar, summary.values())):
            rows.append({"feature": str(name), **_named(summary)})
            continue
        for side, values in summary.items():
            if not isinstance(values, Mapping) or not all(map(is_scalar, values.values())):
                return None
            rows.append({"feature": str(name), "of": str(side), **_named(values)})
    return rows


def _named(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): item for key, item in values.items()}


def performance(title: str, value: Any, test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a test's figures, with the confusion matrix that may be among them."""
    if not isinstance(value, Mapping) or not test:
        return None
    figures = {str(key): item for key, item in value.items() if as_number(item) is not None}
    if not figures or len(figures) > _MOST_FIGURES or _is_per_feature(test):
        return None
    blocks: list[Block] = [
        Figures(tuple((key, figure(item)) for key, item in figures.items()), title)
    ]
    rest: dict[str, Any] = {}
    for key, item in value.items():
        if str(key) in figures:
            continue
        matrix = confusion(str(key), item, test)
        if matrix is None:
            rest[str(key)] = item
        else:
            blocks.extend(matrix.blocks)
    if rest:
        blocks.append(Tree("and", pruned(rest)[0]))
    return MetricView(title, "performance", tuple(blocks))


def _is_per_feature(test: Mapping[str, Any]) -> bool:
    """Say whether a test gives one number to each feature, which bars tell better."""
    about = f"{test.get('test_name', '')} {test.get('test_type', '')} {test.get('metric', '')}"
    return is_per_feature(about)
