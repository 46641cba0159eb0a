"""The documented visualisations: lines, bars, pies, donuts, scatter plots and tables (spec 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Chart, Note, Series, Table
from modelop_jupyter.display.drawing.scales import thinned
from modelop_jupyter.display.metrics.bounds import MAX_BARS, MAX_POINTS, MAX_SERIES
from modelop_jupyter.display.metrics.view import MetricView, as_number, is_scalar

_MAX_COLUMNS = 16
_ROUND = ("pie", "donut")
_MAX_SLICES = 12


def graph(title: str, value: Any, _test: Mapping[str, Any]) -> MetricView | None:
    """Return the view of a dictionary with ``data``: what it is, its ``type`` or its points tell."""
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
    """Return the view of a list of flat dictionaries, each of which is a row."""
    if not isinstance(value, list) or not value:
        return None
    if not all(
        isinstance(row, Mapping) and row and all(map(is_scalar, row.values())) for row in value
    ):
        return None
    return MetricView(title, "table", (rows_table(title, value),))


def rows_table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows of flat values as a table; numbers stand to the right."""
    keys = list(dict.fromkeys(str(key) for row in rows[:100] for key in row))
    hidden, keys = len(keys) - _MAX_COLUMNS, keys[:_MAX_COLUMNS]
    numeric = frozenset(
        index
        for index, key in enumerate(keys)
        if all(as_number(row[key]) is not None for row in rows[:100] if row.get(key) is not None)
    )
    cells = [
        tuple(words.value(row[key]) if key in row else "" for key in keys) for row in rows[:100]
    ]
    headers = tuple(keys)
    if hidden > 0:
        headers = (*headers, f"and {hidden} more")
        cells = [(*row, "…") for row in cells]
    return Table(headers, tuple(cells), title, len(rows), numeric, is_data=True)


def why_no_graph(value: Any) -> str | None:
    """Say what keeps something that looks like a visualisation from being drawn."""
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
        found = [as_number(each) for each in (values if isinstance(values, list) else [values])]
        if not found or any(each is None or each < 0 for each in found):
            return None
        slices.append((str(name), sum(each for each in found if each is not None)))
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
    names = _distinct([str(each) for each in value["categories"]])
    series = []
    for name, values in data.items():
        if not isinstance(values, list) or len(values) != len(names):
            return None
        found = [as_number(each) for each in values]
        if any(
            number is None and each is not None for number, each in zip(found, values, strict=True)
        ):
            return None
        pairs = zip(names, found, strict=True)
        series.append(Series(str(name), tuple((x, y) for x, y in pairs if y is not None)))
    if not any(each.points for each in series):
        return None
    chart = Chart(
        "bar",
        title,
        tuple(Series(each.name, each.points[:MAX_BARS]) for each in series[:MAX_SERIES]),
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
    if not any(each.points for each in series):
        return None
    is_scatter = value.get("type") == "scatter"
    total = sum(len(each.points) for each in series)
    each_most = max(20, MAX_POINTS // min(len(series), MAX_SERIES))
    drawn = tuple(
        Series(each.name, tuple(thinned(each.points, each_most)))
        for each in series[:MAX_SERIES]
        if each.points
    )
    chart = Chart(
        "point" if is_scatter else "line",
        title,
        drawn,
        x=_word(value, "x_axis_label"),
        y=_word(value, "y_axis_label"),
        scale="time" if is_time else "number",
    )
    shown = sum(len(each.points) for each in drawn)
    notes = [Note(f"Drawn with {shown} of {words.number(total)} points.")] if shown < total else []
    kind = "scatter" if is_scatter else "time line" if is_time else "line"
    return MetricView(title, kind, (chart, *notes, *_more_series(series)))


def _more_series(series: Sequence[Series]) -> list[Block]:
    return _left_out(len(series), MAX_SERIES, "series")


def _left_out(count: int, most: int, noun: str) -> list[Block]:
    return [Note(f"The first {most} of {words.number(count)} {noun}.")] if count > most else []


def _word(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names that differ: two bars under one name would lie on each other."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()
