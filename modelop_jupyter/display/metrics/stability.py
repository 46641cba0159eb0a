"""Stability: two spreads of each feature, bucket by bucket, and what they come to (spec 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Chart, Note, Series
from modelop_jupyter.display.metrics.bounds import MAX_BARS, MAX_TABLES
from modelop_jupyter.display.metrics.drift import SHIFTED, per_feature
from modelop_jupyter.display.metrics.graphs import rows_table
from modelop_jupyter.display.metrics.view import MetricView, as_number, is_scalar

_TABLE = "stability_analysis_table"
_INDEX = "stability_index"


def stability(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a stability analysis: the indexes of all features, the buckets of each."""
    if not isinstance(value, Mapping) or not value:
        return None
    if not all(
        isinstance(each, Mapping) and (_TABLE in each or _INDEX in each) for each in value.values()
    ):
        return None
    indexes = {
        str(name): index
        for name, each in value.items()
        if (index := as_number(each.get(_INDEX))) is not None
    }
    blocks: list[Block] = []
    if indexes:
        blocks.extend(per_feature(title, indexes, lines=SHIFTED, y="stability index"))
    names = [str(name) for name in value]
    rows = [
        {"feature": name, **_measures(each)}
        for name, each in zip(names, value.values(), strict=True)
    ]
    blocks.append(rows_table(f"{title}, by feature", rows))
    shown = list(zip(names, value.values(), strict=True))[:MAX_TABLES]
    tables = [(name, rows) for name, each in shown if (rows := _rows(each.get(_TABLE)))]
    for name, rows in tables:
        blocks.extend(_spreads(name, rows))
    blocks.extend(
        replace(rows_table(f"{name}, buckets", rows), is_folded=True) for name, rows in tables
    )
    if len(names) > MAX_TABLES:
        count = words.number(len(names))
        blocks.append(
            Note(f"The buckets of {MAX_TABLES} of {count} features; 'job show JOB --json' has all.")
        )
    return MetricView(title, "stability", tuple(blocks))


def _measures(feature: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what was measured of a feature; a test that gives several numbers has a column for each."""
    found: dict[str, Any] = {}
    for key, item in feature.items():
        if is_scalar(item):
            found[str(key)] = item
        elif key != _TABLE and isinstance(item, Mapping):
            found |= {f"{key} {name}": part for name, part in item.items() if is_scalar(part)}
    return found


def _rows(table: Any) -> list[dict[str, Any]]:
    if not isinstance(table, list):
        return []
    if not all(isinstance(row, Mapping) and all(map(is_scalar, row.values())) for row in table):
        return []
    return [{str(key): cell for key, cell in row.items()} for row in table]


def _spreads(name: str, rows: list[dict[str, Any]]) -> list[Block]:
    labels = [words.value(row.get("bucket", number), limit=24) for number, row in enumerate(rows)]
    series = []
    for key, word in (("train_percent", "train"), ("eval_percent", "eval")):
        found = [as_number(row.get(key)) for row in rows[:MAX_BARS]]
        points = [(x, y) for x, y in zip(labels, found, strict=False) if y is not None]
        if points:
            series.append(Series(word, tuple(points)))
    if len(series) < 2 or len(set(labels)) < len(labels):
        return []
    return [Chart("bar", name, tuple(series), x="bucket", y="share", scale="names", is_small=True)]
