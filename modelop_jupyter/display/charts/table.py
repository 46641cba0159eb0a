"""The numbers of a chart as a table: for terminals, for screen readers, and where images are removed."""

from __future__ import annotations

from modelop_jupyter.display.blocks import Chart, Table
from modelop_jupyter.display.charts.scales import moment_text, short


def numbers_of(chart: Chart) -> Table:
    """Return a row for each point of the chart's axis, a column for each series."""
    if chart.mark == "heat":
        return _matrix(chart)
    columns = [dict(series.points) for series in chart.series]
    if all(
        len(column) == len(series.points)
        for column, series in zip(columns, chart.series, strict=True)
    ):
        places = list(dict.fromkeys(x for series in chart.series for x, _ in series.points))
        if chart.scale != "names":
            places.sort(key=float)
        rows = [
            (_place(chart, x), *(short(column[x]) if x in column else "" for column in columns))
            for x in places
        ]
        names = [series.name for series in chart.series]
        first = chart.x or "name"
        if len(names) == 1:
            names = [chart.y or "value"]
    else:
        # Two points stand on one place, as in a scatter plot: each is a row of its own.
        rows = [(_place(chart, x), short(y)) for series in chart.series for x, y in series.points]
        first, names = chart.x or "x", [chart.y or "y"]
    numeric = frozenset(range(0 if chart.scale == "number" else 1, len(names) + 1))
    return Table((first, *names), tuple(rows), chart.title, numeric=numeric, is_data=True)


def _matrix(chart: Chart) -> Table:
    """Return the rows that are seen."""
    names = [str(x) for x, _ in chart.series[0].points]
    rows = [(series.name, *(short(y) for _, y in series.points)) for series in chart.series]
    numeric = frozenset(range(1, len(names) + 1))
    headers = (f"{chart.y} / {chart.x}", *names)
    return Table(headers, tuple(rows), chart.title, numeric=numeric, is_data=True)


def _place(chart: Chart, x: float | str) -> str:
    if isinstance(x, str):
        return x
    return moment_text(x) if chart.scale == "time" else short(x)
