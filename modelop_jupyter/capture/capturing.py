"""Capture executed cells as one module that can be read, compiled and registered."""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from functools import partial
from pathlib import Path
from types import MappingProxyType

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.data_detection import is_library_setting
from modelop_jupyter.capture.entry_points import (
    find_entry_points,
    normalize,
)
from modelop_jupyter.capture.freezing import Freezable, Freezing, ReadValue, no_value
from modelop_jupyter.capture.module_writer import write_module
from modelop_jupyter.capture.mutations import root_name
from modelop_jupyter.capture.notebook_code import NotebookCode
from modelop_jupyter.capture.selection import Selection
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.origins import CapturedFunction
from modelop_jupyter.domain.previews import FrozenValue
from modelop_jupyter.domain.reports import EditedCell
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.source_code.smart_tags import entry_points, valued_tags
from modelop_jupyter.errors import InvalidError, PickledNameError


@dataclass(frozen=True, slots=True)
class Captured:
    """A captured module; ``used`` are the numbers of the cells that it contains code of.

    ``functions`` are the functions and classes of the module with the cells they are from,
    ``edited`` are those of the cells that were edited since they ran, ``frozen`` the values that stand for
    code that cannot be taken, ``loaded`` the names whose values are loaded from files. ``notebook`` is the file with these
    cells, None if unknown. ``with_pickled`` captures them again
    with the names that pickles look up, each with its file; ``notes`` say which of them were added.
    """

    source: str
    entry_points: EntryPoints
    used: tuple[int, ...]
    warnings: tuple[str, ...] = ()
    notebook: Path | None = None
    with_pickled: Callable[..., Captured] | None = field(default=None, compare=False, repr=False)
    notes: tuple[str, ...] = ()
    edited: tuple[EditedCell, ...] = ()
    frozen: tuple[FrozenValue, ...] = ()
    loaded: tuple[str, ...] = ()
    functions: tuple[CapturedFunction, ...] = ()


def no_description(_name: str) -> str | None:
    """Describe no name: there is no live session."""
    return None


def capture(
    cells: Sequence[Cell],
    *,
    chosen: EntryPoints = EntryPoints(),  # noqa: B008  (frozen)
    whole: frozenset[int] = frozenset(),
    current: frozenset[str] | None = None,
    now: Mapping[str, str] | None = None,
    places: Mapping[str, int] | None = None,
    describe: Callable[[str], str | None] = no_description,
    read: ReadValue = no_value,
    frozen: frozenset[str] | None = frozenset(),
    files: Mapping[str, str] = MappingProxyType({}),
    is_lenient: bool = False,
    notebook: Path | None = None,
    pickled: Mapping[str, str] | None = None,
    perhaps: Mapping[str, str] | None = None,
) -> Captured:
    """Write the module that the tagged functions of these cells need, and no more.

    ``cells`` are in the order of execution; those numbered in ``whole`` are taken unchanged.
    ``current`` has the texts of the saved notebook, which tell older versions of a cell apart;
    ``now`` has the texts of cells by id, to report those that were edited since they ran;
    ``places`` has their positions by id, None where the numbers of cells are their positions.
    ``describe`` returns what an unresolvable name is in the live session, ``read`` its value, which
    stands in the module for the names in ``frozen``, or None for all; those in ``files`` are loaded
    there, each from its file. ``is_lenient`` makes a
    name that no cell defines a warning where it is only read inside a function: public notebooks
    are often incomplete, and ModelOp Center accepts them. ``notebook`` is only stored. ``pickled``
    are names that files look up, which are added; those in ``perhaps`` are added if a cell defines
    them.

    Raises :class:`InvalidError` without any tagged function, :class:`TagError` for a tag that
    selects none or two, :class:`UnresolvedNameError` for a name that is data, and
    :class:`PickledNameError` for one that a pickle needs and no cell defines.
    """
    code = NotebookCode(cells, whole=whole)
    points, roots = find_entry_points(code, chosen=chosen, current=current)
    freezing = Freezing(code, read=read, approved=frozen, files=files)
    selection = Selection(
        code, init=points.init, describe=describe, is_lenient=is_lenient, freezing=freezing
    )
    _take(selection, points, roots)
    try:
        notes = _take_pickled(selection, pickled or {}, perhaps or {})
    except RecursionError:
        raise _too_long_a_chain() from None
    source = write_module(selection, roots, points=points, slot_tags=_slot_tags(code))
    _check(source, points)
    edited = _edited(selection, now or {})
    return Captured(
        source,
        points,
        tuple(sorted({statement.cell.number for statement in selection.taken})),
        (*sorted(selection.warnings), *map(_edit_warning, edited)),
        notebook,
        partial(
            capture,
            cells,
            chosen=chosen,
            whole=whole,
            current=current,
            now=now,
            places=places,
            describe=describe,
            read=read,
            frozen=frozen,
            files=files,
            is_lenient=is_lenient,
            notebook=notebook,
        ),
        notes,
        edited,
        freezing.frozen,
        freezing.loaded,
        tuple(_functions(selection, places)),
    )


def _functions(
    selection: Selection, places: Mapping[str, int] | None
) -> Iterator[CapturedFunction]:
    """Yield the functions and classes of the module, in the order of execution."""
    for statement in sorted(selection.taken, key=lambda each: each.position):
        cell, node = statement.cell, statement.node
        number = cell.number if places is None else places.get(cell.id or "")
        for each in node.body if isinstance(node, ast.Module) else [node]:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield CapturedFunction(each.name, cell.id, number, cell.execution_count)


def find_freezable(
    cells: Sequence[Cell],
    *,
    chosen: EntryPoints,
    whole: frozenset[int],
    current: frozenset[str] | None,
    read: ReadValue,
    pickled: Iterable[str] = (),
) -> Freezable:
    """Return the values that :func:`capture` would write for names whose code cannot be taken.

    ``pickled`` are names that files look up. Raises what it does where the functions are not clear.
    """
    code = NotebookCode(cells, whole=whole)
    points, roots = find_entry_points(code, chosen=chosen, current=current)
    freezing = Freezing(code, read=read, approved=None)
    selection = Selection(
        code, init=points.init, describe=no_description, is_lenient=False, freezing=freezing
    )
    # What cannot be taken at all is reported where it is captured.
    with contextlib.suppress(InvalidError):
        _take(selection, points, roots)
    with contextlib.suppress(InvalidError, RecursionError):
        _take_pickled(selection, {}, dict.fromkeys(pickled, ""))
    return Freezable(
        tuple(value for _, value in sorted(freezing.offered.items())),
        tuple(sorted(freezing.unread)),
        tuple(value for _, value in sorted(freezing.offered_files.items())),
    )


def _take(selection: Selection, points: EntryPoints, roots: Sequence[Statement]) -> None:
    """Select the functions with all that they need."""
    code = selection.code
    code.add_registrations({points.get(kind) or "" for kind in ENTRY_POINT_KINDS})
    whole_cells = [s for s in code.statements if s.is_whole_cell and not s.is_stale]
    try:
        selection.take([*whole_cells, *roots, *_settings(code, roots)])
    except RecursionError:
        raise _too_long_a_chain() from None


def _too_long_a_chain() -> InvalidError:
    return InvalidError("the values of the cells depend on one another in too long a chain")


def _take_pickled(
    selection: Selection, needed: Mapping[str, str], optional: Mapping[str, str]
) -> tuple[str, ...]:
    """Select what pickles look up by name; return a note for each file that needs more."""
    before, code = set(selection.taken), selection.code
    sources = {name: code.binding_statements(name) for name in {**optional, **needed}}
    for name, file in needed.items():
        reason, remedy = _unpicklable(code, sources[name])
        if reason:
            raise PickledNameError(name, file=file, reason=reason, remedy=remedy.format(name, file))
    for name in [name for name in sources if _unpicklable(code, sources[name])[0]]:
        del sources[name]
    selection.take(
        statement
        for statements in sources.values()
        for statement in statements
        if not statement.is_import
    )
    notes = []
    files = {**optional, **needed}
    for file in dict.fromkeys(files[name] for name in sources):
        names = [name for name in sources if files[name] == file]
        taken = {
            statement for name in names for statement in sources[name] if statement not in before
        }
        if taken:
            cells = ", ".join(sorted({statement.cell.where for statement in taken}))
            added = listed([name for name in names if taken & {*sources[name]}])
            notes.append(f"{file} needs {added} ({cells}), now part of the model.")
    return tuple(notes)


def _unpicklable(code: NotebookCode, sources: Sequence[Statement]) -> tuple[str | None, str]:
    if not sources and not code.star_imports:
        return (
            "no executed cell defines it",
            "Run the cell that defines {0!r} and register again, or write {1} anew with a class or"
            " function that a cell defines",
        )
    reason = next(filter(None, map(code.why_not_source, sources)), None)
    remedy = "Define {0!r} in a cell of plain source, and write {1} anew"
    return (f"it is {reason}" if reason else None), remedy


def _edited(selection: Selection, texts_by_id: Mapping[str, str]) -> tuple[EditedCell, ...]:
    """Return the selected cells that were edited since they ran, in the order of execution."""
    cells = {statement.cell.number: statement.cell for statement in selection.taken}
    return tuple(
        EditedCell(cell.number, cell.id, _diff(cell.source, texts_by_id[cell.id]))
        for _, cell in sorted(cells.items())
        if cell.id is not None
        and normalize(texts_by_id.get(cell.id, cell.source)) != normalize(cell.source)
    )


def _diff(ran: str, present: str) -> str:
    lines = unified_diff(
        normalize(ran).split("\n"), normalize(present).split("\n"), "as it ran", "now", lineterm=""
    )
    return "\n".join(lines)


def _edit_warning(cell: EditedCell) -> str:
    return (
        f"cell {cell.number} was edited since it ran, and the text that ran is taken:"
        " run it again to take the edit"
    )


def _settings(code: NotebookCode, roots: Sequence[Statement]) -> list[Statement]:
    """Return the calls beside the tagged functions that configure libraries."""
    cells = {statement.cell for statement in roots}
    return [
        statement
        for statement in code.statements
        if statement.cell in cells
        and isinstance(statement.node, ast.Expr)
        and isinstance(statement.node.value, ast.Call)
        and root_name(statement.node.value.func)
        and is_library_setting(code.imported_name(ast.unparse(statement.node.value.func)) or "")
        and not code.why_not_source(statement)
    ]


def _slot_tags(code: NotebookCode) -> list[str]:
    """Return the valued tags of all cells; of several with one key, the last.

    If cells are whole, tags of other cells are another model's.
    """
    tags: dict[str, str] = {}
    only_whole = any(parsed.is_whole for parsed in code.cells)
    for parsed in code.cells:
        is_ignored = only_whole and not parsed.is_whole
        if not parsed.is_stale and not is_ignored:
            for tag in valued_tags(parsed.python.text):
                tags.pop(tag.key.lower(), None)
                tags[tag.key.lower()] = f"# modelop.{tag.key}: {tag.value}"
    return list(tags.values())


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
