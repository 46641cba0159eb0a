"""A chart as SVG inside HTML: without script, with text in a grey that is legible on white and black.

JupyterLab, VS Code, nbviewer and nbconvert all show it.
"""

from __future__ import annotations

import math
from html import escape
from urllib.parse import quote

from modelop_jupyter.display.blocks import Chart
from modelop_jupyter.display.charts.axes import PlotArea, frame_of, label, line
from modelop_jupyter.display.charts.palette import GOOD, GREY, colour, heat, on_heat
from modelop_jupyter.display.charts.scales import short

_SIDE = 220
# What an address in double quotes may hold as it is: the rest would be three letters each.
_SAFE = " ='/:;,.-()[]{}!?*+$@|~^_"
_SVG = "http://www.w3.org/2000/svg"


def figure(chart: Chart) -> str:
    """Return a chart with title and legend; the chart itself is an ``img``.

    An image survives where HTML is sanitised and SVG is removed: JupyterLab does so in a notebook that
    is not trusted.
    """
    title = f"<figcaption>{escape(chart.title)}</figcaption>" if chart.title else ""
    width, height, svg = _document(chart)
    address = "data:image/svg+xml," + quote(svg.replace('"', "'"), safe=_SAFE)
    picture = f'<img alt="{escape(chart.title)}" src="{address}" width="{width}" height="{height}">'
    return f'<figure class="mo-chart">{title}{picture}{_legend(chart)}</figure>'


def drawing(chart: Chart) -> str:
    """Return the chart alone, as an SVG document."""
    return _document(chart)[2]


def _document(chart: Chart) -> tuple[int, int, str]:
    draw = {"arc": _arc, "heat": _heat}.get(chart.mark, _plane)
    width, height, body = draw(chart)
    svg = (
        f'<svg xmlns="{_SVG}" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' color="{GREY}" font-size="11" font-family="sans-serif">{body}</svg>'
    )
    return width, height, svg


def _legend(chart: Chart) -> str:
    if chart.mark == "heat":
        return ""
    if chart.mark == "arc":
        points = chart.series[0].points
        whole = sum(value for _, value in points) or 1
        names = [f"{x}: {short(value)} ({value / whole:.1%})" for x, value in points]
    else:
        names = [series.name for series in chart.series]
        if len(names) < 2:
            return ""
    items = "".join(
        f'<span><i style="background:{colour(index)}"></i>{escape(name)}</span>'
        for index, name in enumerate(names)
    )
    return f'<div class="mo-legend">{items}</div>'


def _plane(chart: Chart) -> tuple[int, int, str]:
    frame = frame_of(chart)
    draw = {"line": _lines, "bar": _bars, "point": _dots}[chart.mark]
    return frame.width, frame.height, frame.grid() + _behind(chart, frame) + draw(chart, frame)


def _behind(chart: Chart, frame: PlotArea) -> str:
    parts = []
    if chart.band is not None:
        (x1, y1), (x2, y2) = frame.across(chart.band[0]), frame.across(chart.band[1], far=True)
        parts.append(
            f'<rect x="{min(x1, x2):.1f}" y="{min(y1, y2):.1f}" width="{abs(x2 - x1):.1f}"'
            f' height="{abs(y2 - y1):.1f}" fill="{GOOD}" opacity="0.18"/>'
        )
    for value in chart.lines:
        parts.append(line(*frame.across(value), *frame.across(value, far=True), dash=True))
    if chart.is_unit:
        parts.append(line(*frame.at(0, 0), *frame.at(1, 1), dash=True))
    return "".join(parts)


def _lines(chart: Chart, frame: PlotArea) -> str:
    parts = []
    for index, series in enumerate(chart.series):
        places = [frame.at(x, y) for x, y in series.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour(index)}" stroke-width="1.8"/>'
        )
        if len(places) <= 60:
            parts.extend(_dot(place, colour(index), radius=2.4) for place in places)
    return "".join(parts)


def _dots(chart: Chart, frame: PlotArea) -> str:
    return "".join(
        _dot(frame.at(x, y), colour(index), radius=3.5)
        for index, series in enumerate(chart.series)
        for x, y in series.points
    )


def _dot(place: tuple[float, float], fill: str, *, radius: float) -> str:
    return f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="{radius}" fill="{fill}"/>'


def _bars(chart: Chart, frame: PlotArea) -> str:
    thick = frame.slot * 0.8 / len(chart.series)
    parts = []
    for index, series in enumerate(chart.series):
        shift = (index - (len(chart.series) - 1) / 2) * thick
        for x, y in series.points:
            (x1, y1), (x2, y2) = frame.at(x, 0), frame.at(x, y)
            if chart.is_rotated:
                box = min(x1, x2), y1 + shift - thick / 2, abs(x2 - x1), thick
            else:
                box = x1 + shift - thick / 2, min(y1, y2), thick, abs(y2 - y1)
            left, top, width, height = (f"{number:.1f}" for number in box)
            parts.append(
                f'<rect x="{left}" y="{top}" width="{width}" height="{height}"'
                f' fill="{colour(index)}"/>'
            )
    return "".join(parts)


def _arc(chart: Chart) -> tuple[int, int, str]:
    points = chart.series[0].points
    whole, centre, radius = sum(value for _, value in points), _SIDE / 2, _SIDE / 2 - 8
    hole = radius * 0.55 if chart.has_hole else 0.0
    parts, angle = [], 0.0
    for index, (_, value) in enumerate(points):
        share = value / whole if whole else 0.0
        # A whole circle has no arc: its ends are one point.
        sweep = min(share * 2 * math.pi, 2 * math.pi - 1e-4)
        path = _wedge(centre, radius, hole, angle, angle + sweep)
        parts.append(f'<path d="{path}" fill="{colour(index)}"/>')
        angle += share * 2 * math.pi
    return _SIDE, _SIDE, "".join(parts)


def _wedge(centre: float, radius: float, hole: float, start: float, end: float) -> str:
    def at(distance: float, angle: float) -> str:
        x, y = centre + distance * math.sin(angle), centre - distance * math.cos(angle)
        return f"{x:.3f} {y:.3f}"

    large = int(end - start > math.pi)
    outer = f"M {at(radius, start)} A {radius} {radius} 0 {large} 1 {at(radius, end)}"
    if not hole:
        return f"{outer} L {centre} {centre} Z"
    inner = f"L {at(hole, end)} A {hole:.1f} {hole:.1f} 0 {large} 0 {at(hole, start)}"
    return f"{outer} {inner} Z"


def _heat(chart: Chart) -> tuple[int, int, str]:
    columns = [str(x) for x, _ in chart.series[0].points]
    tile = max(28, min(64, 320 // max(1, len(columns))))
    left = 24 + min(110, 7 * max(len(series.name) for series in chart.series))
    most = max((abs(y) for series in chart.series for _, y in series.points), default=0) or 1
    parts = []
    for row, series in enumerate(chart.series):
        top = 8 + row * tile
        parts.append(label(left - 6, top + tile / 2 + 4, series.name, "end", most=16))
        for column, (_, y) in enumerate(series.points):
            share, x0 = abs(y) / most, left + column * tile
            parts.append(
                f'<rect x="{x0}" y="{top}" width="{tile - 2}" height="{tile - 2}"'
                f' fill="{heat(share)}"/>'
            )
            if tile >= 34:
                place = x0 + tile / 2 - 1, top + tile / 2 + 3
                parts.append(label(*place, short(y), "middle", fill=on_heat(share)))
    bottom = 8 + len(chart.series) * tile
    parts.extend(
        label(left + (number + 0.5) * tile, bottom + 12, name, "middle", most=max(4, tile // 6))
        for number, name in enumerate(columns)
    )
    width = left + len(columns) * tile + 8
    parts.append(label((left + width) / 2, bottom + 28, chart.x, "middle"))
    parts.append(label(10, 8 + (bottom - 8) / 2, chart.y, "middle", is_upright=True))
    return width, bottom + 36, "".join(parts)
