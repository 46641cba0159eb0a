"""The notebook cells that belong to a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from modelop_jupyter.capture.capturing import (
    Captured,
    capture,
    find_freezable,
    no_description,
)
from modelop_jupyter.capture.cells import Cell, model_cells, notebook_cells
from modelop_jupyter.capture.entry_points import (
    find_entry_points,
    function_options,
    normalize,
)
from modelop_jupyter.capture.freezing import (
    Freezable,
    ReadValue,
    SaveValue,
    cannot_save,
    no_value,
)
from modelop_jupyter.capture.notebook_code import NotebookCode
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.source_code.function_options import FunctionOption
from modelop_jupyter.domain.source_code.logical_lines import split_lines
from modelop_jupyter.domain.source_code.smart_tags import defined_functions, function_tag
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.safe_open import open_below, open_regular


@dataclass(frozen=True, slots=True)
class ModelCells:
    """The cells a model is captured from, in the order in which they ran.

    ``marked`` are the numbers of the cells that begin with ``%%modelop model``. ``saved_sources``
    are the texts of the cells in the notebook, None if it cannot be read; ``saved_by_id`` are the
    same texts by the ids of their cells, as far as these have one. ``notebook`` is the path of its
    file, None if it is not known. ``describe`` says what a name is in the live session, ``read`` its
    value, and ``save`` writes it to a file.
    ``are_unrun`` is true for the cells of a file, of which no kernel says that they ran. ``unsaved``
    are the ids of cells that the file has not, as they ran after it was written. ``places`` are the
    positions of the notebook's cells by their ids.
    """

    cells: tuple[Cell, ...]
    marked: frozenset[int] = frozenset()
    saved_sources: frozenset[str] | None = None
    notebook: Path | None = None
    saved_by_id: Mapping[str, str] | None = None
    describe: Callable[[str], str | None] = field(default=no_description, compare=False, repr=False)
    read: ReadValue = field(default=no_value, compare=False, repr=False)
    save: SaveValue = field(default=cannot_save, compare=False, repr=False)
    are_unrun: bool = False
    unsaved: frozenset[str] = frozenset()
    places: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def capture(
        self,
        chosen: EntryPoints,
        frozen: frozenset[str] | None = frozenset(),
        files: Mapping[str, str] = MappingProxyType({}),
    ) -> Captured:
        """Write the module of the model; raises what :func:`capture` does.

        ``frozen`` are the names whose values may stand for their code, None for all; the values of
        those in ``files`` are loaded from there.
        """
        return capture(
            self.cells,
            chosen=chosen,
            whole=self.marked,
            current=self.saved_sources,
            now=self.saved_by_id,
            places=None if self.are_unrun else self.places,
            describe=self.describe,
            read=self.read,
            frozen=frozen,
            files=files,
            notebook=self.notebook,
        )

    def freezable(self, chosen: EntryPoints, pickled: Iterable[str] = ()) -> Freezable:
        """Return the values that may stand for code that cannot be taken.

        ``pickled`` are names that files look up, besides those that the functions need.
        """
        return find_freezable(
            self.cells,
            chosen=chosen,
            whole=self.marked,
            current=self.saved_sources,
            read=self.read,
            pickled=pickled,
        )

    def check_entry_points(self, chosen: EntryPoints) -> None:
        """Raise :class:`NoSourceError` if no function of the cells is tagged or chosen."""
        code = NotebookCode(self.cells, whole=self.marked)
        find_entry_points(code, chosen=chosen, current=self.saved_sources)

    def define(self, points: EntryPoints) -> bool:
        """Return whether the cells define these functions."""
        names = {name for kind in ENTRY_POINT_KINDS if (name := points.get(kind))}
        return names <= NotebookCode(self.cells, whole=self.marked).definitions.functions.keys()

    def function_options(self) -> tuple[FunctionOption, ...]:
        """Return the functions of the cells that a job may call."""
        return function_options(NotebookCode(self.cells, whole=self.marked))


def select_model_cells(
    name: str,
    cells: Sequence[Cell],
    *,
    saved: Sequence[Cell] | None = None,
    notebook: Path | None = None,
    describe: Callable[[str], str | None] = no_description,
    read: ReadValue = no_value,
    save: SaveValue = cannot_save,
    are_unrun: bool = False,
    unsaved: frozenset[str] = frozenset(),
) -> ModelCells:
    """Return the cells of one model: all cells except those marked for another model.

    Of two marked cells without an id that define the same function, the older one is left out: it
    is the text of the newer one before it was edited. ``saved`` are the cells of the notebook. A
    cell of which only the function tags were edited since it ran has its tags as they are now:
    comments need not run.
    """
    model_of_cell = model_cells(cells)
    saved_by_id = {cell.id: cell.source for cell in saved or () if cell.id is not None}
    selected: list[Cell] = []
    newer_functions: set[str] = set()
    for cell in reversed(cells):
        if model_of_cell.get(cell.number, name) != name:
            continue
        if cell.number in model_of_cell and cell.id is None:
            functions = set(defined_functions(cell.source))
            if functions & newer_functions:
                continue
            newer_functions |= functions
        selected.append(_with_tags_of_now(cell, saved_by_id))
    selected.reverse()
    return ModelCells(
        cells=tuple(selected),
        marked=frozenset(cell.number for cell in selected if cell.number in model_of_cell),
        saved_sources=None if saved is None else frozenset(cell.source for cell in saved),
        notebook=notebook,
        saved_by_id=saved_by_id,
        describe=describe,
        read=read,
        save=save,
        are_unrun=are_unrun,
        unsaved=unsaved,
        places={cell.id: cell.number for cell in saved or () if cell.id is not None},
    )


def _with_tags_of_now(cell: Cell, saved_by_id: Mapping[str, str]) -> Cell:
    text = saved_by_id.get(cell.id or "", cell.source)
    if text == cell.source or _untagged(text) != _untagged(cell.source):
        return cell
    return replace(cell, source=text)


def _untagged(text: str) -> str:
    return normalize("\n".join(line for line in split_lines(text) if not function_tag(line)))


def saved_model_cells(name: str, notebook: str | Path) -> ModelCells:
    """Return the cells of one model as a notebook's file has them: nobody knows which have run.

    Raises :class:`InvalidError` for a file that is no notebook, or has no such cells.
    """
    path = Path(notebook).expanduser()
    return select_model_cells(name, read_notebook_cells(path), notebook=path, are_unrun=True)


def read_notebook_cells(notebook: Path, *, below: Path | None = None) -> tuple[Cell, ...]:
    """Return the code cells of a notebook file.

    ``below`` is a folder that the file must be in. Raises :class:`InvalidError` for a file that
    cannot be read or is no notebook.
    """
    try:
        with open_below(below, notebook) if below else open_regular(notebook) as file:
            data = file.read()
    except OSError as error:
        raise InvalidError(f"notebook {notebook}: {error.strerror or error}") from None
    return notebook_cells(data)
