"""A chart as a Vega-Lite v5 specification that contains its data.

The background is transparent, and axes and text are in a grey that is legible on white and black:
JupyterLab's renderer switches its theme only when the page is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelop_jupyter.display.blocks import Chart
from modelop_jupyter.display.charts.palette import COLOURS, GOOD, GREY, HEAT, HEAT_TURN, on_heat
from modelop_jupyter.display.charts.scales import moment

VEGA_LITE = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_WIDTH, _HEIGHT, _ROW = 420, 220, 22
_CONFIG = {
    "background": "transparent",
    "view": {"stroke": None},
    "range": {"category": list(COLOURS)},
    "axis": {
        "labelColor": GREY,
        "titleColor": GREY,
        "gridColor": GREY,
        "gridOpacity": 0.25,
        "domainColor": GREY,
        "tickColor": GREY,
    },
    "legend": {"labelColor": GREY, "titleColor": GREY},
    "title": {"color": GREY, "subtitleColor": GREY, "anchor": "start"},
}
Spec = dict[str, Any]


def specification(chart: Chart) -> Spec:
    """Return the specification of one chart."""
    return {"$schema": _SCHEMA, "config": _CONFIG, **_unit(chart)}


def together(charts: Sequence[Chart], *, title: str = "", below: Sequence[str] = ()) -> Spec:
    """Return one specification for all charts of an output; ``below`` are lines under the title."""
    head: Spec = {"$schema": _SCHEMA, "config": _CONFIG}
    if title:
        head["title"] = {"text": title, "subtitle": list(below)}
    return {
        **head,
        "concat": [_unit(chart) for chart in charts],
        "columns": 2,
        "resolve": {"scale": {"color": "independent"}},
    }


def _unit(chart: Chart) -> Spec:
    make = {"arc": _arc, "heat": _heat}.get(chart.mark, _plane)
    return {"title": chart.title, "data": {"values": _values(chart)}, **make(chart)}


def _values(chart: Chart) -> list[Spec]:
    return [
        {"series": series.name, "x": _moment(x) if chart.scale == "time" else x, "y": y}
        for series in chart.series
        for x, y in series.points
    ]


def _moment(seconds: float | str) -> str:
    text = moment(float(seconds)).isoformat()
    return text.replace("+00:00", "Z")


def _plane(chart: Chart) -> Spec:
    kinds = {"number": "quantitative", "time": "temporal", "names": "nominal"}
    along: Spec = {"field": "x", "type": kinds[chart.scale], "title": chart.x or None}
    if chart.scale == "names":
        # Nothing here sorts: the model's order means something.
        along |= {
            "sort": None,
            "axis": {"labelLimit": 160, "labelAngle": 0 if chart.is_rotated else -30},
        }
    elif chart.scale == "time":
        along["scale"] = {"type": "utc"}
    elif not chart.is_unit:
        along["scale"] = {"zero": False} if chart.span is None else {"domain": list(chart.span)}
    up: Spec = {"field": "y", "type": "quantitative", "title": chart.y or None}
    up["scale"] = _value_scale(chart)
    if chart.is_unit:
        along["scale"] = {"domain": [0, 1]}
    across, upright = ("y", "x") if chart.is_rotated else ("x", "y")
    encoding: Spec = {across: along, upright: up, "tooltip": _tooltip(chart)}
    several = len(chart.series) > 1
    if several:
        encoding["color"] = _series()
        if chart.mark == "bar":
            encoding["yOffset" if chart.is_rotated else "xOffset"] = {
                "field": "series",
                "sort": None,
            }
    marks: dict[str, Spec] = {
        "line": {"type": "line", "point": {"size": 24}, "clip": False},
        "bar": {"type": "bar"},
        "point": {"type": "point", "filled": True, "size": 50},
    }
    mark = marks[chart.mark] if several else {**marks[chart.mark], "color": COLOURS[0]}
    layers = [*_behind(chart, upright), {"mark": mark, "encoding": encoding}]
    return {"layer": layers, **_size(chart)}


def _value_scale(chart: Chart) -> Spec:
    if chart.is_unit:
        return {"domain": [0, 1]}
    bounds = {"domainMin": chart.low, "domainMax": chart.high}
    return {
        "zero": chart.mark == "bar",
        **{name: value for name, value in bounds.items() if value is not None},
    }


def _behind(chart: Chart, upright: str) -> list[Spec]:
    """Return the layers behind the marks: the good range, reference values, a diagonal."""
    layers: list[Spec] = []
    if chart.band is not None:
        low, high = chart.band
        ends = {upright: {"datum": low}, f"{upright}2": {"datum": high}}
        layers.append({"mark": {"type": "rect", "color": GOOD, "opacity": 0.18}, "encoding": ends})
    layers.extend(
        {
            "mark": {"type": "rule", "color": GREY, "strokeDash": [4, 3]},
            "encoding": {upright: {"datum": line}},
        }
        for line in chart.lines
    )
    if chart.is_unit:
        layers.append(
            {
                "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
                "mark": {"type": "line", "color": GREY, "strokeDash": [4, 3]},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative"},
                    "y": {"field": "y", "type": "quantitative"},
                },
            }
        )
    return layers


def _size(chart: Chart) -> Spec:
    if chart.is_unit:
        return {"width": _HEIGHT, "height": _HEIGHT}
    if chart.is_small:
        return {"width": _WIDTH // 2, "height": _HEIGHT // 2}
    if chart.is_rotated:
        rows = len({x for series in chart.series for x, _ in series.points})
        bars = rows * (len(chart.series) if chart.mark == "bar" else 1)
        return {"width": _WIDTH, "height": max(60, _ROW * max(rows, bars // 2))}
    return {"width": _WIDTH, "height": _HEIGHT}


def _arc(chart: Chart) -> Spec:
    mark: Spec = {"type": "arc", "tooltip": True}
    if chart.has_hole:
        mark["innerRadius"] = 50
    return {
        "mark": mark,
        "encoding": {
            "theta": {"field": "y", "type": "quantitative", "stack": True},
            "color": {"field": "x", "type": "nominal", "title": None, "sort": None},
        },
        "width": _HEIGHT,
        "height": _HEIGHT,
    }


def _heat(chart: Chart) -> Spec:
    side = max(160, min(320, 60 * max(len(series.points) for series in chart.series)))
    columns = {"field": "x", "type": "nominal", "sort": None, "title": chart.x or None}
    rows = {"field": "series", "type": "nominal", "sort": None, "title": chart.y or None}
    most = max(abs(y) for series in chart.series for _, y in series.points) or 1
    shade = {
        "field": "y",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, most], "range": list(HEAT)},
    }
    tiles = {"x": {**columns, "axis": {"labelAngle": 0}}, "y": rows}
    return {
        "layer": [
            {
                "mark": {"type": "rect"},
                "encoding": {**tiles, "color": shade, "tooltip": _tooltip(chart)},
            },
            {
                "mark": {"type": "text", "fontSize": 13},
                "encoding": {
                    **tiles,
                    "text": {"field": "y", "type": "quantitative", "format": ".4~g"},
                    "color": {
                        "condition": {
                            "test": f"datum.y > {most * HEAT_TURN}",
                            "value": on_heat(1),
                        },
                        "value": on_heat(0),
                    },
                },
            },
        ],
        "width": side,
        "height": side,
    }


def _series() -> Spec:
    return {"field": "series", "type": "nominal", "title": None, "sort": None}


def _tooltip(chart: Chart) -> list[Spec]:
    tooltip: list[Spec] = [
        {
            "field": "x",
            "title": chart.x or "x",
            "type": "temporal" if chart.scale == "time" else "nominal",
        },
        {"field": "y", "title": chart.y or "value", "type": "quantitative"},
    ]
    if len(chart.series) > 1:
        tooltip.insert(0, {"field": "series", "title": "of", "type": "nominal"})
    return tooltip
