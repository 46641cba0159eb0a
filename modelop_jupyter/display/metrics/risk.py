"""Views of bias: groups compared with a reference group, against thresholds (spec 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Cell, Chart, Note, Series, Span, Table
from modelop_jupyter.display.charts.scales import short
from modelop_jupyter.display.metrics.view import MAX_SERIES, MetricView, as_number

_DISPARITY = "_disparity"
# The four-fifths rule and its inverse: what ModelOp's own tests write (spec 3.4).
_BAND = (0.8, 1.25)
_MOST_ROWS = 100


def disparities(title: str, value: Any, test: Mapping[str, Any]) -> MetricView | None:
    """Return the view with a row for each group and its disparities inside or outside the band."""
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(row, Mapping) for row in value)
    ):
        return None
    keys = list(dict.fromkeys(str(key) for row in value for key in row))
    measures = [key for key in keys if key.endswith(_DISPARITY)]
    if not measures:
        return None
    low, high = band = _band(test)
    others = [key for key in keys if key not in measures]
    rows, outside, series = [], 0, []
    for number, row in enumerate(value[:_MOST_ROWS]):
        cells: list[Cell] = [formatting.value(row.get(key)) for key in others]
        points: list[tuple[float | str, float]] = []
        for key in measures:
            disparity = as_number(row.get(key))
            is_out = disparity is not None and not low <= disparity <= high
            outside += is_out
            text = formatting.value(row.get(key)) if disparity is None else short(disparity)
            cells.append(Span(f"{text} !", "bad") if is_out else text)
            if disparity is not None:
                points.append((key.removesuffix(_DISPARITY), disparity))
        rows.append(tuple(cells))
        series.append(Series(_group(row, number), tuple(points)))
    reference = test.get("reference_group")
    is_reference = [line.name == str(reference) for line in series]
    blocks: list[Block] = []
    drawn = [
        line for line, skip in zip(series, is_reference, strict=True) if line.points and not skip
    ]
    if drawn:
        blocks.append(
            Chart(
                "point",
                title,
                tuple(drawn[:MAX_SERIES]),
                y="disparity",
                scale="names",
                is_rotated=True,
                band=band,
                lines=(1.0,),
            )
        )
    blocks.append(_verdict(outside, low, high, reference))
    headers = (*others, *(key.removesuffix(_DISPARITY) for key in measures))
    numeric = frozenset(range(len(others), len(headers)))
    blocks.append(
        Table(headers, tuple(rows), f"{title}, disparities", len(value), numeric, is_data=True)
    )
    return MetricView(title, "bias", tuple(blocks))


def _band(test: Mapping[str, Any]) -> tuple[float, float]:
    given = test.get("thresholds")
    if not isinstance(given, Mapping):
        return _BAND
    low, high = as_number(given.get("min")), as_number(given.get("max"))
    band = _BAND[0] if low is None else low, _BAND[1] if high is None else high
    return band if band[0] < band[1] else _BAND


def _group(row: Mapping[str, Any], number: int) -> str:
    value = row.get("attribute_value", number)
    return formatting.value(value, limit=40)


def _verdict(outside: int, low: float, high: float, reference: Any) -> Note:
    beside = f" beside {formatting.value(reference)}" if reference is not None else ""
    where = f"{short(low)} to {short(high)}"
    if not outside:
        return Note(f"All disparities{beside} lie within {where}.", "good")
    count = formatting.plural(outside, "disparity").replace("disparitys", "disparities")
    return Note(f"{count}{beside} outside {where}, marked with !.", "bad")
