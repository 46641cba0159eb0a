"""What a verb is given besides its arguments: the workspace, and the session it was typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modelop_jupyter.errors import InvalidError, NoSourceError
from modelop_jupyter.opening import open_below, open_regular

if TYPE_CHECKING:
    from modelop_jupyter.capture import Cell
    from modelop_jupyter.domain.environments import BuildStep
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ModelCells:
    """The cells a model is captured from.

    ``whole`` are the numbers of those that were marked with ``%%modelop model``; ``current`` are
    the cells' texts as the saved notebook has them, None where it cannot be read, and ``now`` the
    same by the cells' ids. ``notebook`` is its file, where that is known.
    """

    cells: tuple[Cell, ...]
    whole: frozenset[int] = frozenset()
    current: frozenset[str] | None = None
    notebook: Path | None = None
    now: Mapping[str, str] | None = None


class Session(Protocol):
    """Where a verb was typed: a notebook, or a shell that knows of no cells and no variables."""

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        """Return the cells that may hold the model; raises :class:`InvalidError` without any."""

    def variables(self) -> Mapping[str, Any] | None:
        """Return the user's variables, None where there can be none."""

    def assign(self, name: str, value: object) -> None:
        """Set one of the user's variables."""

    def describe(self, name: str) -> str | None:
        """Say what a name is in the user's namespace: "a DataFrame (569 x 30) made in cell 3"."""


class Context:
    """A verb's surroundings; the workspace is made when a verb first asks for it."""

    def __init__(
        self, session: Session, *, progress: Callable[[BuildStep], None] | None = None
    ) -> None:
        self.session = session
        self._progress = progress

        self._workspace: Workspace | None = None
        self._kernels: Kernels | None = None

    @property
    def kernels(self) -> Kernels:
        """The isolated kernels of the workspace's home."""
        from modelop_jupyter.kernels import Kernels

        workspace = self.workspace
        if self._kernels is None:
            self._kernels = Kernels(workspace)
        return self._kernels

    @property
    def workspace(self) -> Workspace:
        """The workspace of the home that the environment names now."""
        from modelop_jupyter.settings import Settings
        from modelop_jupyter.workspace import Workspace

        settings = Settings.from_environment()
        if self._workspace is not None and self._workspace.settings != settings:
            # A notebook may set MODELOP_HOME after its first verb.
            self.close()
        if self._workspace is None:
            self._workspace = Workspace(settings, progress=self._progress)
        return self._workspace

    def close(self) -> None:
        """Close what was opened; the session's isolated kernels end."""
        if self._kernels is not None:
            self._kernels.close()
            self._kernels = None
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None


class ShellSession:
    """The session of a shell: cells come from the notebook file that ``--notebook`` names."""

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        if notebook is None:
            raise NoSourceError(
                f"register {name}: nothing says where its source is",
                "Add a PATH (.py, .ipynb or a folder), or --notebook FILE",
            )
        return marked_for(name, cells_of(notebook), notebook=notebook)

    def variables(self) -> None:
        return None

    def assign(self, name: str, value: object) -> None:  # noqa: ARG002 - the protocol's signature
        raise InvalidError(f"a shell has no variable {name!r} to set")

    def describe(self, name: str) -> None:  # noqa: ARG002 - the protocol's signature
        return None


def marked_for(
    name: str,
    cells: Sequence[Cell],
    *,
    saved: Sequence[Cell] | None = None,
    notebook: Path | None = None,
) -> ModelCells:
    """Return the cells of one model: those marked for it whole, those marked for others left out.

    Of two marked cells without an id that define the same function, the older one is left out:
    it is what the newer one was before it was edited. ``saved`` are the cells of the notebook as it
    stands now.
    """
    from modelop_jupyter.capture import model_cells
    from modelop_jupyter.domain.smart_tags import defined_functions

    owners = model_cells(cells)
    kept: list[Cell] = []
    newer: set[str] = set()
    for cell in reversed(cells):
        if owners.get(cell.number, name) != name:
            continue
        if cell.number in owners and cell.id is None:
            functions = set(defined_functions(cell.source))
            if functions & newer:
                continue
            newer |= functions
        kept.append(cell)
    kept.reverse()
    whole = frozenset(cell.number for cell in kept if cell.number in owners)
    current = None if saved is None else frozenset(cell.source for cell in saved)
    now = {cell.id: cell.source for cell in saved or () if cell.id is not None}
    return ModelCells(tuple(kept), whole, current, notebook, now)


def cells_of(notebook: Path, *, below: Path | None = None) -> tuple[Cell, ...]:
    """Return the code cells of a notebook file, which lies ``below``; raises :class:`InvalidError`."""
    from modelop_jupyter.capture import notebook_cells

    try:
        with open_below(below, notebook) if below else open_regular(notebook) as file:
            data = file.read()
    except OSError as error:
        raise InvalidError(f"notebook {notebook}: {error.strerror or error}") from None
    return notebook_cells(data)
