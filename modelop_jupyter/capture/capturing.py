"""The verb: from executed cells to one module that can be read, compiled and registered."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from modelop_jupyter.capture.book import Book
from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.changes import root_name
from modelop_jupyter.capture.module import write_module
from modelop_jupyter.capture.plain import is_setting
from modelop_jupyter.capture.roots import find_roots, has_work_of_its_own, normal
from modelop_jupyter.capture.selection import Selection
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.smart_tags import entry_points, valued_tags
from modelop_jupyter.errors import InvalidError, PickledNameError


@dataclass(frozen=True, slots=True)
class Captured:
    """One readable module; ``used`` are the numbers of the cells it was taken from.

    ``notebook`` is the file that has them, None where nobody knows. ``with_pickled`` captures them
    once more, with what pickles look up by name, each with its file; ``notes`` say what that was.
    """

    source: str
    entry_points: EntryPoints
    used: tuple[int, ...]
    warnings: tuple[str, ...] = ()
    notebook: Path | None = None
    with_pickled: Callable[..., Captured] | None = field(default=None, compare=False, repr=False)
    notes: tuple[str, ...] = ()


def _unknown(_name: str) -> str | None:
    return None


def capture(
    cells: Sequence[Cell],
    *,
    chosen: EntryPoints = EntryPoints(),  # noqa: B008  (frozen)
    whole: frozenset[int] = frozenset(),
    current: frozenset[str] | None = None,
    now: Mapping[str, str] | None = None,
    describe: Callable[[str], str | None] = _unknown,
    is_lenient: bool = False,
    notebook: Path | None = None,
    pickled: Mapping[str, str] | None = None,
    perhaps: Mapping[str, str] | None = None,
) -> Captured:
    """Write the module that the tagged functions of these cells need, and no more.

    ``cells`` stand in the order in which they ran; those numbered in ``whole`` are taken as they
    are. ``current`` holds the texts of the saved notebook, which tell older versions of a cell
    apart; ``now`` has those of cells with an id, so that one that was changed since it ran is told.
    ``describe`` says what an unresolvable name is in the live session. ``is_lenient`` makes
    a name that no cell defines a warning where it is only read inside a function: a notebook file
    may be incomplete, as public ones are, and ModelOp Center takes it all the same. ``notebook`` is
    only noted. ``pickled`` are names that files look up, which are taken besides; ``perhaps`` those
    that are taken where a cell defines them.

    Raises :class:`InvalidError` without any tagged function, :class:`TagError` for a tag that
    selects none or two, :class:`UnresolvedNameError` for a name that is data, and
    :class:`PickledNameError` for one that a pickle needs and no cell defines.
    """
    book = Book(cells, whole=whole)
    points, roots = find_roots(book, chosen=chosen, current=current)
    book.add_registrations({points.get(kind) or "" for kind in ENTRY_POINT_KINDS})
    whole_cells = [s for s in book.statements if s.is_whole_cell and not s.is_stale]
    selection = Selection(book, init=points.init, describe=describe, is_lenient=is_lenient)
    try:
        selection.take([*whole_cells, *roots, *_settings(book, roots)])
        notes = _take_pickled(selection, pickled or {}, perhaps or {})
    except RecursionError:
        raise InvalidError("the values of the cells depend on one another too deeply") from None
    source = write_module(selection, roots, points=points, slot_tags=_slot_tags(book))
    _check(source, points)
    return Captured(
        source,
        points,
        tuple(sorted({statement.cell.number for statement in selection.taken})),
        (*sorted(selection.warnings), *_edited(selection, now or {})),
        notebook,
        partial(
            capture,
            cells,
            chosen=chosen,
            whole=whole,
            current=current,
            now=now,
            describe=describe,
            is_lenient=is_lenient,
            notebook=notebook,
        ),
        notes,
    )


def _take_pickled(
    selection: Selection, needed: Mapping[str, str], perhaps: Mapping[str, str]
) -> tuple[str, ...]:
    """Take what pickles look up by name; says of each file what was taken for it alone."""
    before, book = set(selection.taken), selection.book
    sources = {name: book.binders(name) for name in {**perhaps, **needed}}
    for name, file in needed.items():
        found, remedy = _unpicklable(book, sources[name])
        if found:
            raise PickledNameError(name, file=file, found=found, remedy=remedy.format(name, file))
    for name in [name for name in sources if _unpicklable(book, sources[name])[0]]:
        del sources[name]
    selection.take(each for found in sources.values() for each in found if not each.is_import)
    notes = []
    files = {**perhaps, **needed}
    for file in dict.fromkeys(files[name] for name in sources):
        names = [name for name in sources if files[name] == file]
        taken = {each for name in names for each in sources[name] if each not in before}
        if taken:
            cells = ", ".join(sorted({each.cell.where for each in taken}))
            told = listed([name for name in names if taken & {*sources[name]}])
            notes.append(f"{file} needs {told} ({cells}), which the model takes along.")
    return tuple(notes)


def _unpicklable(book: Book, sources: Sequence[Statement]) -> tuple[str | None, str]:
    if not sources and not book.stars:
        return (
            "no executed cell defines it",
            "Run the cell that defines {0!r} and register again, or write {1} anew with a class or"
            " function that a cell defines",
        )
    reason = next(filter(None, map(book.why_data, sources)), None)
    remedy = "Define {0!r} in a cell of plain source, and write {1} anew"
    return (f"it is {reason}" if reason else None), remedy


def _edited(selection: Selection, now: Mapping[str, str]) -> list[str]:
    """Name the cells that do not stand in the notebook any more as they ran."""
    cells = {statement.cell.number: statement.cell for statement in selection.taken}
    return [
        f"{cell.where} was changed since it ran, and what ran is taken: run it again to take the change"
        for _, cell in sorted(cells.items())
        if cell.id is not None and normal(now.get(cell.id, cell.source)) != normal(cell.source)
    ]


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
    """Return the tags with a value of all cells; of one said twice, the last.

    Where cells taken whole have functions that work, the tags of other cells are another model's.
    """
    found: dict[str, str] = {}
    is_whole = has_work_of_its_own(book)
    for read in book.cells:
        is_other = is_whole and not any(s.is_whole_cell for s in read.statements)
        if not read.is_stale and not is_other:
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
