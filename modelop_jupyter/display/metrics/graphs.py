"""Views of the documented visualisations: line, bar, pie, donut, scatter plot and table (spec 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Chart, Note, Series, Table
from modelop_jupyter.display.charts.scales import thinned
from modelop_jupyter.display.metrics.view import (
    MAX_BARS,
    MAX_POINTS,
    MAX_SERIES,
    MetricView,
    as_number,
    is_scalar,
)

_MAX_COLUMNS = 16
_ROUND = ("pie", "donut")
_MAX_SLICES = 12


def graph(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a dictionary with ``data``: its ``type``, or the shape of its points, decides."""
    if not isinstance(value, Mapping) or not isinstance(value.get("data"), Mapping):
        return None
    data, kind = value["data"], value.get("type")
    title = str(value.get("title") or title)
    if kind in _ROUND:
        return _round(title, data, str(kind))
    if isinstance(value.get("categories"), list):
        return _bars(title, value, data)
    return _points(title, value, data)


def table(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a list of flat dictionaries, one for each row."""
    if not isinstance(value, list) or not value:
        return None
    if not all(
        isinstance(row, Mapping) and row and all(map(is_scalar, row.values())) for row in value
    ):
        return None
    return MetricView(title, "table", (rows_table(title, value),))


def rows_table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows of flat values as a table; numbers are right-aligned."""
    keys = list(dict.fromkeys(str(key) for row in rows[:100] for key in row))
    hidden, keys = len(keys) - _MAX_COLUMNS, keys[:_MAX_COLUMNS]
    numeric = frozenset(
        index
        for index, key in enumerate(keys)
        if all(as_number(row[key]) is not None for row in rows[:100] if row.get(key) is not None)
    )
    cells = [
        tuple(formatting.value(row[key]) if key in row else "" for key in keys)
        for row in rows[:100]
    ]
    headers = tuple(keys)
    if hidden > 0:
        headers = (*headers, f"and {hidden} more")
        cells = [(*row, "…") for row in cells]
    return Table(headers, tuple(cells), title, len(rows), numeric, is_data=True)


def why_no_graph(value: Any) -> str | None:
    """Return why something that looks like a visualisation cannot be drawn."""
    if not isinstance(value, Mapping) or "data" not in value:
        return None
    if not {"title", "x_axis_label", "y_axis_label", "categories", "type"} & set(value):
        return None
    if value.get("type") in _ROUND:
        return "No pie: its 'data' must hold numbers that are not negative, in lists."
    if "categories" in value:
        return "No bars: its 'data' must hold lists of numbers, one for each of its 'categories'."
    return (
        "No graph: its 'data' must hold lists of points [x, y], x being numbers or ISO 8601 times."
    )


def _round(title: str, data: Mapping[Any, Any], kind: str) -> MetricView | None:
    slices: list[tuple[float | str, float]] = []
    for name, values in data.items():
        numbers = [
            as_number(number) for number in (values if isinstance(values, list) else [values])
        ]
        if not numbers or any(number is None or number < 0 for number in numbers):
            return None
        slices.append((str(name), sum(number for number in numbers if number is not None)))
    whole = sum(value for _, value in slices)
    if not slices or not 0 < whole < float("inf"):
        return None
    blocks: list[Block] = []
    if len(slices) > _MAX_SLICES:
        rest = sum(value for _, value in slices[_MAX_SLICES - 1 :])
        slices = [*slices[: _MAX_SLICES - 1], ("all others", rest)]
    blocks.append(
        Chart("arc", title, (Series("", tuple(slices)),), scale="names", has_hole=kind == "donut")
    )
    return MetricView(title, kind, tuple(blocks))


def _bars(title: str, value: Mapping[str, Any], data: Mapping[Any, Any]) -> MetricView | None:
    names = _distinct([str(item) for item in value["categories"]])
    series = []
    for name, values in data.items():
        if not isinstance(values, list) or len(values) != len(names):
            return None
        numbers = [as_number(item) for item in values]
        if any(
            number is None and item is not None
            for number, item in zip(numbers, values, strict=True)
        ):
            return None
        pairs = zip(names, numbers, strict=True)
        series.append(Series(str(name), tuple((x, y) for x, y in pairs if y is not None)))
    if not any(item.points for item in series):
        return None
    chart = Chart(
        "bar",
        title,
        tuple(Series(item.name, item.points[:MAX_BARS]) for item in series[:MAX_SERIES]),
        x=_word(value, "x_axis_label"),
        y=_word(value, "y_axis_label"),
        scale="names",
        is_rotated=value.get("rotated") is True,
        low=as_number(value.get("axis_min_default")),
        high=as_number(value.get("axis_max_default")),
    )
    return MetricView(
        title, "bar", (chart, *_left_out(len(names), MAX_BARS, "bars"), *_more_series(series))
    )


def _points(title: str, value: Mapping[str, Any], data: Mapping[Any, Any]) -> MetricView | None:
    series, is_time = [], None
    for name, values in data.items():
        if not isinstance(values, list) or not values:
            return None
        points: list[tuple[float | str, float]] = []
        for pair in values:
            if not isinstance(pair, list) or len(pair) != 2:
                return None
            is_moment = isinstance(pair[0], str)
            x = _seconds(pair[0]) if is_moment else as_number(pair[0])
            if x is None or is_time not in (None, is_moment):
                return None
            is_time = is_moment
            y = as_number(pair[1])
            if y is not None:
                points.append((x, y))
            elif pair[1] is not None:
                return None
        series.append(Series(str(name), tuple(points)))
    if not any(line.points for line in series):
        return None
    is_scatter = value.get("type") == "scatter"
    total = sum(len(line.points) for line in series)
    each_most = max(20, MAX_POINTS // min(len(series), MAX_SERIES))
    drawn = tuple(
        Series(line.name, tuple(thinned(line.points, each_most)))
        for line in series[:MAX_SERIES]
        if line.points
    )
    chart = Chart(
        "point" if is_scatter else "line",
        title,
        drawn,
        x=_word(value, "x_axis_label"),
        y=_word(value, "y_axis_label"),
        scale="time" if is_time else "number",
    )
    shown = sum(len(line.points) for line in drawn)
    notes = (
        [Note(f"Drawn with {shown} of {formatting.number(total)} points.")] if shown < total else []
    )
    kind = "scatter" if is_scatter else "time line" if is_time else "line"
    return MetricView(title, kind, (chart, *notes, *_more_series(series)))


def _more_series(series: Sequence[Series]) -> list[Block]:
    return _left_out(len(series), MAX_SERIES, "series")


def _left_out(count: int, most: int, noun: str) -> list[Block]:
    return [Note(f"The first {most} of {formatting.number(count)} {noun}.")] if count > most else []


def _word(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    return text if isinstance(text, str) else ""


def _distinct(names: Sequence[str]) -> list[str]:
    """Return unique names: two bars with one name would cover each other."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()
