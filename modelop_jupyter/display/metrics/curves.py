"""Curves and matrices of classifiers: ROC curve with AUC, confusion matrix as a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from modelop_jupyter.display.blocks import Chart, Series
from modelop_jupyter.display.charts.scales import short, thinned
from modelop_jupyter.display.metrics.view import MAX_POINTS, MetricView, as_number, numbers

_MOST_CLASSES = 30
_MATRIX = "confusion"
# Rows with more than these are groups, or models, each with its rates.
_OF_A_CURVE = frozenset({"fpr", "tpr", "threshold", "thresholds"})


def roc(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of an ROC curve: true positive over false positive rate, with the area below it."""
    points = _rates(value)
    if points is None or len(points) < 2:
        return None
    points.sort()
    area = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in pairwise(points))
    chart = Chart(
        "line",
        f"{title}: AUC {short(area)}",
        (Series("ROC", tuple(thinned([(x, y) for x, y in points], MAX_POINTS))),),
        x="false positive rate",
        y="true positive rate",
        is_unit=True,
    )
    return MetricView(title, "roc", (chart,))


def _rates(value: Any) -> list[tuple[float, float]] | None:
    if isinstance(value, Mapping):
        across, up = value.get("fpr"), value.get("tpr")
        if not isinstance(across, list) or not isinstance(up, list) or len(across) != len(up):
            return None
        pairs = list(zip(across, up, strict=True))
    elif isinstance(value, list) and all(
        isinstance(row, Mapping) and {"fpr", "tpr"} <= set(row) <= _OF_A_CURVE for row in value
    ):
        pairs = [(row["fpr"], row["tpr"]) for row in value]
    else:
        return None
    curves = []
    for x, y in pairs:
        rates = as_number(x), as_number(y)
        if rates[0] is None or rates[1] is None or not all(0 <= row <= 1 for row in rates if row):
            return None
        curves.append((rates[0], rates[1]))
    return curves


def confusion(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a confusion matrix, a row for each true class (spec 3.4).

    A square table of numbers counts as one only if its columns are numbered classes, or if it is
    called so.
    """
    matrix = _square(value, is_named=_MATRIX in title.lower())
    if matrix is None:
        return None
    names, rows, labels = matrix
    series = tuple(
        Series(label, tuple(zip(names, row, strict=True)))
        for label, row in zip(labels, rows, strict=True)
    )
    chart = Chart("heat", title, series, x="predicted", y="actual", scale="names")
    return MetricView(title, "confusion matrix", (chart,))


def _square(value: Any, *, is_named: bool) -> tuple[list[str], list[list[float]], list[str]] | None:
    if isinstance(value, Mapping):
        keys = [str(key) for key in value]
        inner = [
            [str(key) for key in row] if isinstance(row, Mapping) else [] for row in value.values()
        ]
        if not is_named or any(row != keys for row in inner):
            return None
        rows, labels = list(value.values()), keys
    elif isinstance(value, list):
        rows, labels = value, []
    else:
        return None
    if not 2 <= len(rows) <= _MOST_CLASSES:
        return None
    if all(isinstance(row, list) for row in rows):
        if not is_named:
            return None
        names = [str(number) for number in range(len(rows))]
        rows = [
            dict(zip(names, row, strict=False)) if len(row) == len(names) else {} for row in rows
        ]
    return _matrix(rows, labels, is_named=is_named)


def _matrix(
    rows: list[Any], labels: list[str], *, is_named: bool
) -> tuple[list[str], list[list[float]], list[str]] | None:
    if (
        not all(isinstance(row, Mapping) and list(row) == list(rows[0]) for row in rows)
        or not rows[0]
    ):
        return None
    rows = [{str(key): cell for key, cell in row.items()} for row in rows]
    keys = list(rows[0])
    # A first column of texts names the true classes.
    if is_named and not labels and all(isinstance(row[keys[0]], str) for row in rows):
        labels, keys = [row[keys[0]] for row in rows], keys[1:]
    table = [numbers({key: row[key] for key in keys}) for row in rows]
    is_square = len(keys) == len(rows) and all(row and len(row) == len(keys) for row in table)
    is_classes = keys == [str(number) for number in range(len(keys))]
    if not is_square or not (is_named or is_classes):
        return None
    labels = labels or keys
    if len(set(labels)) < len(labels) or any(
        value < 0 for row in table if row for value in row.values()
    ):
        return None
    return keys, [[row[key] for key in keys] for row in table if row], labels
