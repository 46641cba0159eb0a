"""Whether a notebook that runs from top to bottom gives the model that its kernel has."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.cells_of_model import ModelCells, select_model_cells
from modelop_jupyter.capture.entry_points import normalize
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.errors import InvalidError


@dataclass(frozen=True, slots=True)
class HiddenState:
    """The kernel has state that the cells, from top to bottom, do not give.

    ``causes`` are the cells that it comes from, as parts of a sentence; ``diff`` is how the model's
    module would change, or why there would be none.
    """

    causes: tuple[str, ...]
    diff: str


def hidden_state(
    name: str, cells: ModelCells, points: EntryPoints, files: Mapping[str, str]
) -> HiddenState | None:
    """Capture a model's module from the runs of cells, and from their texts in the notebook.

    ``files`` are those that the module loads values from, by the names of these.

    None if both do the same, and where it is not known: a cell that the model needs is not saved, or
    the cells that ran cannot be captured.
    """
    if cells.are_unrun or not cells.saved_by_id:
        return None
    try:
        ran = cells.capture(points, None, files)
    except InvalidError:
        return None
    used = {cell.id for cell in cells.cells if cell.number in ran.used}
    if used & cells.unsaved:
        return None
    in_order = _from_top_to_bottom(name, cells)
    try:
        saved = in_order.capture(points, None, files)
    except InvalidError as error:
        return HiddenState(tuple(_causes(cells, used)), str(error))
    if _does_the_same(ran.source, saved.source):
        return None
    used |= {cell.id for cell in in_order.cells if cell.number in saved.used}
    lines = unified_diff(
        ran.source.split("\n"),
        saved.source.split("\n"),
        "as it ran",
        "from top to bottom",
        lineterm="",
    )
    return HiddenState(tuple(_causes(cells, used)), "\n".join(lines))


def _from_top_to_bottom(name: str, cells: ModelCells) -> ModelCells:
    saved = [
        Cell(number, source, cell_id)
        for number, (cell_id, source) in enumerate((cells.saved_by_id or {}).items(), start=1)
    ]
    return select_model_cells(
        name, saved, notebook=cells.notebook, describe=cells.describe, read=cells.read
    )


def _causes(cells: ModelCells, used: Set[str | None]) -> Iterator[str]:
    """Yield how the cells that a model needs differ from those of the notebook."""
    saved = cells.saved_by_id or {}
    places = {cell_id: place for place, cell_id in enumerate(saved)}
    last_runs = {cell.id: cell for cell in cells.cells if cell.id in used}
    known = sorted(
        ((cell, cell_id) for cell_id, cell in last_runs.items() if cell_id is not None),
        key=lambda pair: pair[0].number,
    )
    for cell, cell_id in known:
        if cell_id not in saved:
            yield f"cell {cell.number} is no longer in the notebook"
        elif normalize(saved[cell_id]) != normalize(cell.source):
            yield f"cell {cell.number} was edited after it ran"
    placed = [(cell.number, places[cell_id]) for cell, cell_id in known if cell_id in places]
    for (earlier, below), (later, above) in pairwise(placed):
        if above < below:
            yield f"cell {later} stands above cell {earlier}, and ran after it"


def _does_the_same(first: str, other: str) -> bool:
    """Say whether two modules have the same statements, and those that share a name in one order."""
    statements = [ast.parse(source).body for source in (first, other)]
    counts = [Counter(map(ast.dump, body)) for body in statements]
    return counts[0] == counts[1] and _by_name(statements[0]) == _by_name(statements[1])


def _by_name(body: Sequence[ast.stmt]) -> Mapping[str, Sequence[str]]:
    """Return the statements that mention each name that one of them binds, in their order."""
    bound = {name for node in body for name in _bound_by(node)}
    found: dict[str, list[str]] = defaultdict(list)
    for node in body:
        for name in sorted((_bound_by(node) | _read_by(node)) & bound):
            found[name].append(ast.dump(node))
    return found


def _bound_by(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    }


def _read_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement reads when it runs: the body of a function does not run."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return set()
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
