"""The axes of a chart: positions of values, grid lines and labels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from modelop_jupyter.display.blocks import Chart
from modelop_jupyter.display.charts.scales import Range, moments, short, spanned, steps

_WIDTH, _HEIGHT = 460, 250
_SMALL = 250, 150
_ROW = 22
_SQUARE = 280
_LETTER = 6.3
_NAME = 22
# What XML cannot hold: a picture with it would not be shown at all.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class PlotArea:
    """The plot area of a chart. ``along`` is the axis of the points, ``up`` that of their values."""

    chart: Chart
    width: int
    height: int
    along: Range
    up: Range
    names: Mapping[str, int]

    @property
    def slot(self) -> float:
        """The room that one name has, or one of the closest bars."""
        count = len(self.names) or max(len(series.points) for series in self.chart.series)
        return abs(self.along.end - self.along.start) / max(1, count)

    def at(self, x: float | str, y: float) -> tuple[float, float]:
        """Return the place of a point."""
        position = self.names[x] + 0.5 if self.names and isinstance(x, str) else float(x)
        first, second = self.along.place(position), self.up.place(y)
        return (second, first) if self.chart.is_rotated else (first, second)

    def across(self, y: float, *, far: bool = False) -> tuple[float, float]:
        """Return where the line of a value begins, or its ``far`` end; no further than the field."""
        up = self.up.place(min(max(y, self.up.low), self.up.high))
        along = self.along.end if far else self.along.start
        return (up, along) if self.chart.is_rotated else (along, up)

    def grid(self) -> str:
        """Return lines and writing of both axes."""
        parts = []
        for value in steps(self.up.low, self.up.high):
            start, end = self.across(value), self.across(value, far=True)
            parts.append(line(*start, *end))
            if self.chart.is_rotated:
                parts.append(label(start[0], self.height - 22, short(value), "middle"))
            else:
                parts.append(label(start[0] - 6, start[1] + 4, short(value), "end"))
        parts.extend(self._below())
        ends = sorted((self.along.start, self.along.end))
        middle = sum(ends) / 2, (self.up.start + self.up.end) / 2
        along, up = self.chart.x, self.chart.y
        if self.chart.is_rotated:
            parts.append(label(middle[1], self.height - 5, up, "middle"))
        else:
            parts.append(label(middle[0], self.height - 5, along, "middle"))
            parts.append(label(11, middle[1], up, "middle", is_upright=True))
        return "".join(parts)

    def _below(self) -> list[str]:
        if self.names:
            if self.chart.is_rotated:
                return [
                    label(
                        self.up.start - 6,
                        self.along.place(place + 0.5) + 4,
                        name,
                        "end",
                        most=_NAME,
                    )
                    for name, place in self.names.items()
                ]
            # Names that would run into one another are cut, and some of them left out.
            longest = max(len(name) for name in self.names)
            every = max(1, math.ceil(min(longest, _NAME // 2) * _LETTER / self.slot))
            most = max(3, int(self.slot / _LETTER * every))
            return [
                label(
                    self.along.place(place + 0.5),
                    self.height - 22,
                    name,
                    "middle",
                    most=most,
                )
                for name, place in self.names.items()
                if place % every == 0
            ]
        if self.chart.scale == "time":
            marks = moments(self.along.low, self.along.high)
        else:
            marks = [(value, short(value)) for value in steps(self.along.low, self.along.high)]
        return [
            label(self.along.place(at), self.height - 22, text, self._anchor(text, at))
            for at, text in marks
        ]

    def _anchor(self, text: str, at: float) -> str:
        """Say how writing below a place lies, so that none runs out of the picture."""
        is_last = self.along.place(at) + len(text) * _LETTER / 2 > self.width
        return "end" if is_last else "middle"


def frame_of(chart: Chart) -> PlotArea:
    """Return the plot area that holds all points of a chart."""
    points = [point for series in chart.series for point in series.points]
    names: dict[str, int] = {}
    if chart.scale == "names":
        names = {name: place for place, name in enumerate(dict.fromkeys(str(x) for x, _ in points))}
        low, high = 0.0, float(len(names))
    else:
        low, high = _extent(chart, [float(x) for x, _ in points])
    if chart.span is not None:
        low, high = chart.span
    bounds = [*(y for _, y in points), *chart.lines, *(chart.band or ())]
    bounds += [value for value in (chart.low, chart.high) if value is not None]
    up_low, up_high = spanned(bounds, zero=chart.mark == "bar")
    if chart.is_unit:
        low, high, up_low, up_high = 0.0, 1.0, 0.0, 1.0
    width, height = (_SQUARE, _SQUARE) if chart.is_unit else (_WIDTH, _HEIGHT)
    if chart.is_small:
        width, height = _SMALL
    if chart.is_rotated:
        per_row = len(chart.series) if chart.mark == "bar" else 1
        height = 48 + len(names) * max(_ROW, 9 * per_row)
        left = 18 + int(1.1 * _LETTER * min(_NAME, max(map(len, names), default=0)))
        along, up = Range(low, high, 8, height - 38), Range(up_low, up_high, left, width - 16)
    else:
        widest = max(len(short(value)) for value in steps(up_low, up_high)) if points else 3
        left = 14 + int(_LETTER * widest) + (16 if chart.y else 0)
        along, up = Range(low, high, left, width - 24), Range(up_low, up_high, height - 38, 10)
    return PlotArea(chart, width, height, along, up, names)


def _extent(chart: Chart, values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if chart.scale == "time":
        return (low - 3600, high + 3600) if low == high else (low, high)
    return spanned(values)


def line(x1: float, y1: float, x2: float, y2: float, *, dash: bool = False) -> str:
    """Return a thin line in the colour of the text."""
    look = 'stroke-dasharray="4 3" stroke-opacity="0.7"' if dash else 'stroke-opacity="0.15"'
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' stroke="currentColor" {look}/>'
    )


def label(
    x: float,
    y: float,
    text: str,
    anchor: str,
    *,
    fill: str = "currentColor",
    is_upright: bool = False,
    most: int = 60,
) -> str:
    """Return a text label, cut to so many letters."""
    if not text:
        return ""
    text = _UNPRINTABLE.sub(" ", text)
    cut = text if len(text) <= most else text[: max(1, most - 1)] + "…"
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if is_upright else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"{turn}>'
        f"{escape(cut)}</text>"
    )
