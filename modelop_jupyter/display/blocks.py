"""The blocks of a view, whatever renders it: headings, facts, tables, texts, charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from modelop_jupyter.remedies import Remedy

Tone = Literal["plain", "good", "bad", "warn", "busy", "muted"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text with a meaning: good, bad, or code; ``address`` is where a link leads.

    Only addresses of http and https, and paths on the server of the page, are linked. ``file`` is the path of a file, which JupyterLab
    opens if it is relative to the folder of the notebook that shows the text.
    """

    text: str
    tone: Tone = "plain"
    is_code: bool = False
    address: str | None = None
    file: str | None = None


Cell: TypeAlias = str | Span


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a view, a badge with its state, and one line of detail."""

    title: str
    badge: Span | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of label and value."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers; ``total`` is the number of all rows if there are more than the given ones.

    ``is_data`` if the headers are a user's own words, such as the keys of records. A table that
    ``is_folded`` is closed at first and left out of plain text; one that ``is_whole`` shows all rows,
    however many they are. A narrow terminal leaves the ``optional`` columns out first.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    total: int | None = None
    numeric: frozenset[int] = frozenset()
    is_data: bool = False
    is_folded: bool = False
    is_whole: bool = False
    optional: frozenset[int] = frozenset()

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that are shown."""
        return self.rows if self.is_whole else self.rows[:MAX_ROWS]


@dataclass(frozen=True, slots=True)
class Tree:
    """A nested value (dicts, lists, scalars), as a metrics function returns it."""

    title: str
    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """Preformatted text under a title that can be folded; ``is_open`` if it is unfolded at first.

    Plain text contains only open ones. ``is_diff`` if it is a unified diff.
    """

    title: str
    text: str
    is_open: bool = False
    is_diff: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of its own: a warning, a hint, an error."""

    text: str
    tone: Tone = "muted"


@dataclass(frozen=True, slots=True)
class Remedies:
    """What mends a failure, each with the lines to run; ``program`` begins those lines."""

    remedies: tuple[Remedy, ...]
    program: str = "%modelop"


@dataclass(frozen=True, slots=True)
class ReportButton:
    """A button that copies the report of a job, in JupyterLab; elsewhere the line that prints it.

    ``job`` is its id; ``program`` begins the line.
    """

    job: str
    program: str = "%modelop"

    @property
    def line(self) -> str:
        """The line that prints the report."""
        return f"{self.program} job report {self.job[:8]}"


@dataclass(frozen=True, slots=True)
class Bar:
    """A progress bar, between 0 and 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Key figures, each with its label."""

    rows: tuple[tuple[str, Cell], ...]
    title: str = ""


Mark = Literal["line", "bar", "point", "arc", "heat"]
Scale = Literal["number", "time", "names"]


@dataclass(frozen=True, slots=True)
class Series:
    """Points under one name: a line, the bars of one colour, a row of a heat map.

    The first item of each pair is a number, a name, or a time in seconds, by the chart's scale.
    """

    name: str
    points: tuple[tuple[float | str, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, rendered as SVG in HTML and as Vega-Lite.

    ``x`` is the title of the axis of the points, also if ``is_rotated`` makes that axis vertical. ``band``
    is the good range, ``lines`` are reference values; ``is_unit`` is a square from 0 to 1 with its
    diagonal, ``has_hole`` makes a donut of a pie, ``low`` and ``high`` are values that the value axis must
    include, ``span`` is what the axis of the points shows. ``is_small`` is one of several charts side by side. Plain text leaves one out that
    ``is_picture``.
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
    span: tuple[float, float] | None = None
    is_small: bool = False
    is_picture: bool = False


Block: TypeAlias = (
    Heading | Facts | Table | Tree | Text | Note | Remedies | ReportButton | Bar | Figures | Chart
)
Blocks: TypeAlias = Sequence[Block]

MAX_ROWS = 50


def code(text: str) -> Span:
    """Return text marked as code."""
    return Span(text, is_code=True)


def plain(cell: Cell) -> str:
    """Return a cell's text."""
    return cell if isinstance(cell, str) else cell.text
