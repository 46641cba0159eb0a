"""Bias: how groups fare beside a reference group, against thresholds (spec 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Cell, Chart, Note, Series, Span, Table
from modelop_jupyter.display.drawing.scales import short
from modelop_jupyter.display.metrics.bounds import MAX_SERIES
from modelop_jupyter.display.metrics.view import MetricView, as_number

_DISPARITY = "_disparity"
# The four-fifths rule and its inverse: what ModelOp's own tests write (spec 3.4).
_BAND = (0.8, 1.25)
_MOST_ROWS = 100


def disparities(title: str, value: Any, test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a row for each group, with its disparities inside or outside the band."""
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
        cells: list[Cell] = [words.value(row.get(key)) for key in others]
        points: list[tuple[float | str, float]] = []
        for key in measures:
            found = as_number(row.get(key))
            is_out = found is not None and not low <= found <= high
            outside += is_out
            text = words.value(row.get(key)) if found is None else short(found)
            cells.append(Span(f"{text} !", "bad") if is_out else text)
            if found is not None:
                points.append((key.removesuffix(_DISPARITY), found))
        rows.append(tuple(cells))
        series.append(Series(_group(row, number), tuple(points)))
    reference = test.get("reference_group")
    is_reference = [each.name == str(reference) for each in series]
    blocks: list[Block] = []
    drawn = [
        each for each, skip in zip(series, is_reference, strict=True) if each.points and not skip
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
    found = _BAND[0] if low is None else low, _BAND[1] if high is None else high
    return found if found[0] < found[1] else _BAND


def _group(row: Mapping[str, Any], number: int) -> str:
    found = row.get("attribute_value", number)
    return words.value(found, limit=40)


def _verdict(outside: int, low: float, high: float, reference: Any) -> Note:
    beside = f" beside {words.value(reference)}" if reference is not None else ""
    where = f"{short(low)} to {short(high)}"
    if not outside:
        return Note(f"All disparities{beside} lie within {where}.", "good")
    count = words.plural(outside, "disparity").replace("disparitys", "disparities")
    return Note(f"{count}{beside} outside {where}, marked with !.", "bad")
