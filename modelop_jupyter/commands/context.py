"""The context of a verb: the workspace, and the session (notebook or shell) it was typed in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from modelop_jupyter.errors import InvalidError, NoSourceError

if TYPE_CHECKING:
    from modelop_jupyter.capture import ModelCells
    from modelop_jupyter.domain.models import Model
    from modelop_jupyter.domain.reports import NotebookChange, Step
    from modelop_jupyter.domain.samples import Table
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.workspace import Job, Workspace
    from modelop_jupyter.workspace.exported import ExportedModel

P = ParamSpec("P")
R = TypeVar("R")

_INPUT_TYPES = frozenset({"DataFrame", "Table", "list"})


class Session(Protocol):
    """Where a verb was typed: a notebook, or a shell, which has no cells and no variables."""

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        """Return the cells of a model's source; raises :class:`InvalidError` if there are none."""

    def cells_of_notebook(self, name: str, notebook: Path) -> ModelCells | None:
        """Return a model's cells if this session runs that notebook, None if it does not."""

    def variables(self) -> Mapping[str, Any] | None:
        """Return the user's variables; None in a shell."""

    def assign(self, name: str, value: object) -> None:
        """Set one of the user's variables; raises :class:`InvalidError` in a shell."""

    def describe(self, name: str) -> str | None:
        """Describe the value of a variable, such as "a DataFrame (569 x 30) made in cell 3"."""

    def defining_cell(self, name: str) -> int | None:
        """Return the number of the last executed cell with an assignment to a name."""

    def asker(self) -> Callable[[str], str | None] | None:
        """Return what asks the user a question; None where nobody can answer.

        It returns what was typed, None if the user has ended the input.
        """


def input_variables(session: Session) -> list[str]:
    """Return the names of the variables that can be a job's input: data frames, tables, lists."""
    variables = session.variables() or {}
    return [name for name, value in variables.items() if type(value).__name__ in _INPUT_TYPES]


def session_tables(session: Session) -> tuple[Table, ...]:
    """Return the first records of the session's data frames, the last one first."""
    from modelop_jupyter.capture.kernel_facts import tables
    from modelop_jupyter.domain.samples import Table

    found = tables(session.variables() or {})
    return tuple(Table(each["name"], tuple(each["records"])) for each in found)


class Context:
    """What a verb gets besides its arguments. Close it.

    Workspace and kernels are opened when a verb first uses them. ``progress`` is called with the
    steps of an environment's build, and of reading a query. A process that has a ``workspace`` gives
    it, and closes it itself. ``captured_here`` are the models whose cells were taken from this session.
    """

    def __init__(
        self,
        session: Session,
        *,
        progress: Callable[[Step], None] | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.session = session
        self._progress = progress
        self._given = workspace
        self._workspace: Workspace | None = None
        self._kernels: Kernels | None = None
        self._warned: set[str] = set()
        self._exported: dict[tuple[str, int, int], ExportedModel] = {}
        self._exported_of_jobs: dict[str, ExportedModel] = {}
        self.captured_here: set[str] = set()

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
        """The workspace of the home that the environment variables name at this moment."""
        from modelop_jupyter.settings import Settings
        from modelop_jupyter.workspace import Workspace

        if self._given is not None:
            return self._given
        settings = Settings.from_environment()
        for problem in settings.problems:
            # Once, not with every verb of a notebook.
            if problem not in self._warned:
                self._warned.add(problem)
                print(f"modelop: {problem}", file=sys.stderr)
        if self._workspace is not None and self._workspace.settings != settings:
            # A notebook may set MODELOP_HOME after its first verb.
            self.close()
        if self._workspace is None:
            self._workspace = Workspace(settings, progress=self._progress)
        return self._workspace

    def exported(self, path: Path) -> ExportedModel:
        """Return the model of an export, which stays open until the session ends.

        Raises :class:`ImportSourceError`.
        """
        from modelop_jupyter.workspace.exported import ExportedModel

        key = _state_of(path)
        if key not in self._exported:
            self._exported[key] = ExportedModel(path, progress=self._progress)
        return self._exported[key]

    def run_of(self, model: ExportedModel, job: Job) -> Job:
        """Return a job after recording that it is one of an export."""
        self._exported_of_jobs[job.id] = model
        return job

    def exported_model_of(self, job: Job) -> ExportedModel | None:
        """Return the export that a job belongs to, None for a job of the session's home."""
        return self._exported_of_jobs.get(job.id)

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function that changes something and is no method of workspace or kernels.

        ``--show-code`` prints such a call in place of making it.
        """
        return function(*args, **kwargs)

    def notebook_change(self, model: Model, *, is_own: bool = False) -> NotebookChange | None:
        """Return how a model's notebook differs from what is registered.

        Of this session's own notebook what ran counts, of any other the saved text, unless it must
        be this session's.
        """
        if not model.notebook:
            return None
        cells = self.session.cells_of_notebook(model.name, Path(model.notebook))
        if cells is None and is_own:
            return None
        return self.workspace.models.notebook_change(model.name, cells)

    def close(self) -> None:
        """Stop this session's isolated kernels, close the workspace, and remove opened exports."""
        for model in self._exported.values():
            model.close()
        self._exported.clear()
        self._exported_of_jobs.clear()
        if self._kernels is not None:
            self._kernels.close()
            self._kernels = None
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None


def _state_of(export: Path) -> tuple[str, int, int]:
    """Return by what an export is known again while it is not written anew."""
    manifest = export / "manifest.json"
    try:
        state = (manifest if export.is_dir() else export).stat()
    except OSError:
        return str(export), 0, 0
    return str(export.absolute()), state.st_mtime_ns, state.st_size


class ShellSession:
    """The session of a shell: cells come from the notebook file that ``--notebook`` names."""

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        if notebook is None:
            raise NoSourceError(
                f"register {name}: the model's source is missing",
                "Add a PATH (.py, .ipynb or a folder), or --notebook FILE",
            )
        from modelop_jupyter.capture import saved_model_cells

        return saved_model_cells(name, notebook)

    def cells_of_notebook(self, name: str, notebook: Path) -> None:  # noqa: ARG002
        return None

    def variables(self) -> None:
        return None

    def assign(self, name: str, value: object) -> None:  # noqa: ARG002 - the protocol's signature
        raise InvalidError(f"a shell has no variables, so {name!r} cannot be set")

    def describe(self, name: str) -> None:  # noqa: ARG002 - the protocol's signature
        return None

    def defining_cell(self, name: str) -> None:  # noqa: ARG002 - the protocol's signature
        return None

    def asker(self) -> Callable[[str], str | None] | None:
        return _ask_in_terminal if sys.stdin.isatty() else None


def _ask_in_terminal(question: str) -> str | None:
    # Not on stdout, which has the value of the verb only.
    print(question, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    return answer.rstrip("\n") if answer else None
