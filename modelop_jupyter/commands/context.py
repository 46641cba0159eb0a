"""What a verb is given besides its arguments: the workspace, and the session it was typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modelop_jupyter.errors import InvalidError

if TYPE_CHECKING:
    from modelop_jupyter.capture import Cell
    from modelop_jupyter.domain.environments import BuildStep
    from modelop_jupyter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ModelCells:
    """The cells a model is captured from.

    ``whole`` are the numbers of those that were marked with ``%%modelop model``; ``current`` are
    the cells' texts as the saved notebook has them, None where it cannot be read.
    """

    cells: tuple[Cell, ...]
    whole: frozenset[int] = frozenset()
    current: frozenset[str] | None = None
    notebook: Path | None = None


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

    @cached_property
    def workspace(self) -> Workspace:
        from modelop_jupyter.workspace import Workspace

        return Workspace(progress=self._progress)

    def close(self) -> None:
        """Close what was opened."""
        if "workspace" in self.__dict__:
            self.workspace.close()


class ShellSession:
    """The session of a shell: cells come from the notebook file that ``--notebook`` names."""

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        if notebook is None:
            raise InvalidError(
                f"register {name}: nothing says where its source is",
                "Add a PATH (.py, .ipynb or a folder), or --notebook FILE",
            )
        cells = cells_of(notebook)
        return ModelCells(cells, notebook=notebook)

    def variables(self) -> None:
        return None

    def assign(self, name: str, value: object) -> None:
        raise InvalidError(f"a shell has no variable {name!r} to set")

    def describe(self, name: str) -> None:  # noqa: ARG002 - the protocol's signature
        return None


def cells_of(notebook: Path) -> tuple[Cell, ...]:
    """Return the code cells of a notebook file; raises :class:`InvalidError`."""
    from modelop_jupyter.capture import notebook_cells

    try:
        data = notebook.read_bytes()
    except OSError as error:
        raise InvalidError(f"notebook {notebook}: {error.strerror or error}") from None
    return notebook_cells(data)
