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

    ``is_data`` when the headers are a user's own words, such as the keys of records.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    total: int | None = None
    numeric: frozenset[int] = frozenset()
    is_data: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """A nested value: dicts, lists and scalars, as a metrics function yields them."""

    title: str
    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """Preformatted text under a title that folds; ``is_open`` says whether it begins unfolded.

    Plain text shows only what is open.
    """

    title: str
    text: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence apart: a warning, a hint, an error."""

    text: str
    tone: Tone = "muted"


@dataclass(frozen=True, slots=True)
class Bar:
    """How far something is, between 0 and 1."""

    fraction: float


Block: TypeAlias = Heading | Facts | Table | Tree | Text | Note | Bar
Blocks: TypeAlias = Sequence[Block]

MAX_ROWS = 50


def code(text: str) -> Span:
    """Return text as somebody would type it."""
    return Span(text, is_code=True)


def plain(cell: Cell) -> str:
    """Return a cell's text."""
    return cell if isinstance(cell, str) else cell.text
