"""The verb: from executed cells to one module that can be read, compiled and registered."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.capture.book import Book
from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.changes import root_name
from modelop_jupyter.capture.module import write_module
from modelop_jupyter.capture.plain import is_setting
from modelop_jupyter.capture.roots import find_roots
from modelop_jupyter.capture.selection import Selection
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.smart_tags import entry_points, valued_tags
from modelop_jupyter.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Captured:
    """One readable module; ``used`` are the numbers of the cells it was taken from.

    ``notebook`` is the file that has them, None where nobody knows.
    """

    source: str
    entry_points: EntryPoints
    used: tuple[int, ...]
    warnings: tuple[str, ...] = ()
    notebook: Path | None = None


def _unknown(_name: str) -> str | None:
    return None


def capture(
    cells: Sequence[Cell],
    *,
    chosen: EntryPoints = EntryPoints(),  # noqa: B008  (frozen)
    whole: frozenset[int] = frozenset(),
    current: frozenset[str] | None = None,
    describe: Callable[[str], str | None] = _unknown,
    is_lenient: bool = False,
    notebook: Path | None = None,
) -> Captured:
    """Write the module that the tagged functions of these cells need, and no more.

    ``cells`` stand in the order in which they ran; those numbered in ``whole`` are taken as they
    are. ``current`` holds the texts of the saved notebook, which tell older versions of a cell
    apart. ``describe`` says what an unresolvable name is in the live session. ``is_lenient`` makes
    a name that no cell defines a warning where it is only read inside a function: a notebook file
    may be incomplete, as public ones are, and ModelOp Center takes it all the same. ``notebook`` is
    only noted.

    Raises :class:`InvalidError` without any tagged function, :class:`TagError` for a tag that
    selects none or two, :class:`UnresolvedNameError` for a name that is data.
    """
    book = Book(cells, whole=whole)
    points, roots = find_roots(book, chosen=chosen, current=current)
    book.add_registrations({points.get(kind) or "" for kind in ENTRY_POINT_KINDS})
    whole_cells = [s for s in book.statements if s.is_whole_cell and not s.is_stale]
    selection = Selection(book, init=points.init, describe=describe, is_lenient=is_lenient)
    try:
        selection.take([*whole_cells, *roots, *_settings(book, roots)])
    except RecursionError:
        raise InvalidError("the values of the cells depend on one another too deeply") from None
    source = write_module(selection, roots, points=points, slot_tags=_slot_tags(book))
    _check(source, points)
    return Captured(
        source,
        points,
        tuple(sorted({statement.cell.number for statement in selection.taken})),
        tuple(sorted(selection.warnings)),
        notebook,
    )


def _settings(book: Book, roots: Sequence[Statement]) -> list[Statement]:
    """Return the calls beside the tagged functions that set libraries up for them."""
    cells = {statement.cell for statement in roots}
    return [
        statement
        for statement in book.statements
        if statement.cell in cells
        and isinstance(statement.node, ast.Expr)
        and isinstance(statement.node.value, ast.Call)
        and root_name(statement.node.value.func)
        and is_setting(book.imported(ast.unparse(statement.node.value.func)) or "")
        and not book.why_data(statement)
    ]


def _slot_tags(book: Book) -> list[str]:
    """Return the tags with a value of all cells; of one said twice, the last."""
    found: dict[str, str] = {}
    for read in book.cells:
        if not read.is_stale:
            for tag in valued_tags(read.plain.text):
                found.pop(tag.key.lower(), None)
                found[tag.key.lower()] = f"# modelop.{tag.key}: {tag.value}"
    return list(found.values())


def _check(source: str, points: EntryPoints) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "model", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidError(
            f"the cells cannot be written as one module: {error}",
            "Put the model into one cell that begins with %%modelop model NAME",
        ) from error
    if entry_points(source) != points:
        raise InvalidError(
            "the tags of the cells do not select the same functions in one module",
            "Put each tag on the line directly above its def",
        )
