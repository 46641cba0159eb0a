"""Views of stability: two distributions of each feature by buckets, and their index (spec 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Chart, Note, Series
from modelop_jupyter.display.metrics.drift import SHIFTED, per_feature
from modelop_jupyter.display.metrics.graphs import rows_table
from modelop_jupyter.display.metrics.view import (
    MAX_BARS,
    MAX_TABLES,
    MetricView,
    as_number,
    is_scalar,
)

_TABLE = "stability_analysis_table"
_INDEX = "stability_index"


def stability(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a stability analysis: the index of each feature, and the buckets of each."""
    if not isinstance(value, Mapping) or not value:
        return None
    if not all(
        isinstance(analysis, Mapping) and (_TABLE in analysis or _INDEX in analysis)
        for analysis in value.values()
    ):
        return None
    indexes = {
        str(name): index
        for name, analysis in value.items()
        if (index := as_number(analysis.get(_INDEX))) is not None
    }
    blocks: list[Block] = []
    if indexes:
        blocks.extend(per_feature(title, indexes, lines=SHIFTED, y="stability index"))
    names = [str(name) for name in value]
    rows = [
        {"feature": name, **_measures(analysis)}
        for name, analysis in zip(names, value.values(), strict=True)
    ]
    blocks.append(rows_table(f"{title}, by feature", rows))
    shown = list(zip(names, value.values(), strict=True))[:MAX_TABLES]
    tables = [(name, rows) for name, analysis in shown if (rows := _rows(analysis.get(_TABLE)))]
    for name, rows in tables:
        blocks.extend(_spreads(name, rows))
    blocks.extend(
        replace(rows_table(f"{name}, buckets", rows), is_folded=True) for name, rows in tables
    )
    if len(names) > MAX_TABLES:
        count = formatting.number(len(names))
        blocks.append(
            Note(f"The buckets of {MAX_TABLES} of {count} features; 'job show JOB --json' has all.")
        )
    return MetricView(title, "stability", tuple(blocks))


def _measures(feature: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the numbers of a feature; a test with several numbers has a column for each."""
    measures: dict[str, Any] = {}
    for key, item in feature.items():
        if is_scalar(item):
            measures[str(key)] = item
        elif key != _TABLE and isinstance(item, Mapping):
            measures |= {f"{key} {name}": part for name, part in item.items() if is_scalar(part)}
    return measures


def _rows(table: Any) -> list[dict[str, Any]]:
    if not isinstance(table, list):
        return []
    if not all(isinstance(row, Mapping) and all(map(is_scalar, row.values())) for row in table):
        return []
    return [{str(key): cell for key, cell in row.items()} for row in table]


def _spreads(name: str, rows: list[dict[str, Any]]) -> list[Block]:
    labels = [
        formatting.value(row.get("bucket", number), limit=24) for number, row in enumerate(rows)
    ]
    series = []
    for key, word in (("train_percent", "train"), ("eval_percent", "eval")):
        numbers = [as_number(row.get(key)) for row in rows[:MAX_BARS]]
        points = [(x, y) for x, y in zip(labels, numbers, strict=False) if y is not None]
        if points:
            series.append(Series(word, tuple(points)))
    if len(series) < 2 or len(set(labels)) < len(labels):
        return []
    return [Chart("bar", name, tuple(series), x="bucket", y="share", scale="names", is_small=True)]
