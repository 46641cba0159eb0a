"""Whether the notebook that a model was captured from would give another source now."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

from modelop_jupyter.capture import (
    LiveValue,
    ModelCells,
    read_notebook_cells,
    select_model_cells,
)
from modelop_jupyter.capture.freezing import ReadValue, frozen_lines
from modelop_jupyter.capture.hidden_state import HiddenState, hidden_state
from modelop_jupyter.domain.models import Model
from modelop_jupyter.domain.reports import NotebookChange
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models.source import source_text
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.registration import RegistrationRequest, store


def notebook_change(model: Model, cells: ModelCells | None, home: Home) -> NotebookChange | None:
    """Return what registering the notebook again would change in the source.

    ``cells`` are those of a session; without any, those of the saved notebook count. None if nothing
    would change, or if it cannot be told: the session has another notebook, or not all cells have run.
    Where no session knows the values that were frozen into the source, they count as they are there.
    """
    cells = cells or _saved_cells(model)
    if cells is None or not _is_of(model, cells.notebook):
        return None
    before = source_text(model.state, home.blobs)
    if before is None:
        return None
    if cells.are_unrun:
        cells = replace(cells, read=_frozen_in(before))
    after = _source_now(model, cells, before, home)
    if after is None or before == after:
        return None
    ref = _ref(model, home)
    lines = unified_diff(before.split("\n"), after.split("\n"), ref, "notebook", lineterm="")
    return NotebookChange(ref, "\n".join(lines))


def hidden_state_of(model: Model, cells: ModelCells, home: Home) -> HiddenState | None:
    """Return what state of a session a model rests on, that its notebook would not give anew."""
    before = source_text(model.state, home.blobs)
    files = {} if before is None else _files_in(before)
    return hidden_state(model.name, cells, model.state.entry_points, files)


# What notebooks would give, by what decides it: capturing takes a tenth of a second, and is asked for
# after every job, though the notebook seldom differs from that of the job before.
_MOST_SOURCES = 64
_sources: dict[Hashable, str | None] = {}


def _source_now(model: Model, cells: ModelCells, before: str, home: Home) -> str | None:
    """Return the source that registering would give; None if it would be refused.

    ``before`` is the source as it is: the values that are frozen in it may be others now.
    """
    lines = frozen_lines(before)
    # To compare what is in files, all of it would be written anew after every job.
    values = tuple((name, cells.read(name)) for name, line in lines.items() if line.text)
    files = _files_in(before)
    key = (model.name, model.state.digest, values, *_texts(cells))
    if key not in _sources:
        while len(_sources) >= _MOST_SOURCES:
            _sources.pop(next(iter(_sources)), None)
        try:
            request = RegistrationRequest(model.name, cells=cells, frozen=None, value_files=files)
            _sources[key] = store(request, home).apply(model.state)[0].text
        except InvalidError:
            _sources[key] = None
    return _sources[key]


def _texts(cells: ModelCells) -> Iterator[Hashable]:
    """Yield what of cells decides the source: a line of ours, such as that of a batch, does not."""
    yield tuple((cell.number, cell.source) for cell in cells.cells if not _is_magic(cell.source))
    yield cells.marked
    for texts in (cells.saved_sources, frozenset((cells.saved_by_id or {}).values())):
        yield None if texts is None else frozenset(text for text in texts if not _is_magic(text))


def _is_magic(text: str) -> bool:
    return text.startswith("%modelop ") and "\n" not in text.strip()


def _saved_cells(model: Model) -> ModelCells | None:
    notebook = Path(model.notebook)
    if not model.notebook or not notebook.is_file():
        return None
    try:
        cells = read_notebook_cells(notebook)
    except InvalidError:
        return None
    return select_model_cells(model.name, cells, notebook=notebook, are_unrun=True)


def _files_in(source: str) -> dict[str, str]:
    """Return the files that a source loads values from, by the names of these."""
    return {name: line.path for name, line in frozen_lines(source).items() if line.path}


def _frozen_in(source: str) -> ReadValue:
    """Return what reads the values that were frozen into a source."""
    frozen = frozen_lines(source)
    return lambda name: LiveValue(frozen[name].text) if name in frozen else None


def _is_of(model: Model, notebook: Path | None) -> bool:
    return (
        bool(model.notebook) and notebook is not None and str(notebook.resolve()) == model.notebook
    )


def _ref(model: Model, home: Home) -> str:
    """Return the name of the registered state: that of its snapshot, if there is one."""
    snapshots = home.registry.list_snapshots(model.name)
    is_newest = snapshots and snapshots[0].state.digest == model.state.digest
    return snapshots[0].ref if is_newest else model.name
