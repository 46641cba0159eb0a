"""What a view is made of, whatever it is shown in: headings, facts, tables, texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Tone = Literal["plain", "good", "bad", "warn", "busy", "muted"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that means something: good, bad, or code as somebody would type it."""

    text: str
    tone: Tone = "plain"
    is_code: bool = False


Cell: TypeAlias = str | Span


@dataclass(frozen=True, slots=True)
class Heading:
    """What this is about, how it stands, and one line of detail."""

    title: str
    badge: Span | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of label and value."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers; ``total`` when there are more than were given.

    ``is_data`` when the headers are a user's own words, such as the keys of records. One that
    ``is_folded`` begins folded, and is left out of plain text; one that ``is_whole`` has all its rows
    shown, however many they are.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    total: int | None = None
    numeric: frozenset[int] = frozenset()
    is_data: bool = False
    is_folded: bool = False
    is_whole: bool = False

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that are shown."""
        return self.rows if self.is_whole else self.rows[:MAX_ROWS]


@dataclass(frozen=True, slots=True)
class Tree:
    """A nested value: dicts, lists and scalars, as a metrics function yields them."""

    title: str
    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """Preformatted text under a title that folds; ``is_open`` says whether it begins unfolded.

    Plain text shows only what is open. The lines of one that ``is_diff`` begin with what they are.
    """

    title: str
    text: str
    is_open: bool = False
    is_diff: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence apart: a warning, a hint, an error."""

    text: str
    tone: Tone = "muted"


@dataclass(frozen=True, slots=True)
class Bar:
    """How far something is, between 0 and 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of numbers that are read at a glance, each with its label."""

    rows: tuple[tuple[str, Cell], ...]
    title: str = ""


Mark = Literal["line", "bar", "point", "arc", "heat"]
Scale = Literal["number", "time", "names"]


@dataclass(frozen=True, slots=True)
class Series:
    """Points under one name: a line's, the bars of one colour, a row of a heat map.

    The first of each pair is a number, a name, or a moment in seconds, as the chart's scale says.
    """

    name: str
    points: tuple[tuple[float | str, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of numbers, drawn by the HTML itself and by Vega-Lite alike.

    ``x`` is what its points stand on, also where ``is_rotated`` lays that axis upright. ``band`` is
    the range that is good, ``lines`` are values to compare with; ``is_unit`` is a square from 0 to 1
    with its diagonal, ``has_hole`` makes a donut of a pie, ``low`` and ``high`` are the least that
    the values' axis spans. ``is_small`` is one of several that stand side by side.
    """

    mark: Mark
    title: str
    series: tuple[Series, ...]
    x: str = ""
    y: str = ""
    scale: Scale = "number"
    is_rotated: bool = False
    has_hole: bool = False
    is_unit: bool = False
    band: tuple[float, float] | None = None
    lines: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    is_small: bool = False


Block: TypeAlias = Heading | Facts | Table | Tree | Text | Note | Bar | Figures | Chart
Blocks: TypeAlias = Sequence[Block]

MAX_ROWS = 50


def code(text: str) -> Span:
    """Return text as somebody would type it."""
    return Span(text, is_code=True)


def plain(cell: Cell) -> str:
    """Return a cell's text."""
    return cell if isinstance(cell, str) else cell.text
