"""Record the Python calls that a verb makes, without making them.

A verb runs with a :class:`RecordingContext`: its workspace notes each call with its arguments and
returns a :class:`Recorded` in place of a value. What only reads, such as the names of a model's assets,
is asked for in truth. The recording ends where the verb needs a value that nobody has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar, cast

from modelop_jupyter.commands.context import Context, Session, ShellSession
from modelop_jupyter.commands.notebook import notebook_path
from modelop_jupyter.errors import InvalidError

if TYPE_CHECKING:
    from modelop_jupyter.capture import ModelCells
    from modelop_jupyter.domain.models import Model
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.workspace import Job, Workspace
    from modelop_jupyter.workspace.exported import ExportedModel

P = ParamSpec("P")
R = TypeVar("R")

# Asked for with the packages, a preview is what the line is for, and not a question of the verb.
_PREVIEW = "ModelsApi.preview_request"
# What verbs ask before they do something: it changes nothing, and belongs to no printed line.
_LOOKUPS = {
    "AssetsApi.names",
    "ModelsApi.numbered",
    _PREVIEW,
    "ModelsApi.with_values_as_before",
    "Workspace.registry",
}
_LEFT_OUT = {"Job.require_readable", "JobsApi.prepare"}
# The parts of a value that the class itself does not have.
_PARTS = {("ExportedModel", "workspace"): "Workspace"}


class End(BaseException):
    """Raised where a verb needs a value that a recording does not have."""


@dataclass(frozen=True, slots=True)
class Root:
    """What the calls begin with: a name, the import it needs, and the value that it is given."""

    name: str
    imports: str
    value: Call | None = None
    takes_workspace: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """An attribute of another expression."""

    base: Expression
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call that was noted, with the arguments by the names of its parameters."""

    base: Expression
    function: FunctionType
    arguments: inspect.BoundArguments


Expression = Root | Part | Call


@dataclass(slots=True)
class Recording:
    """The calls in their order, and the flags that end a verb if they are set."""

    steps: list[Call] = field(default_factory=list)
    guards: dict[Call, list[Part]] = field(default_factory=dict)
    parts: list[Expression] = field(default_factory=list)

    def formatted(self, expression: Expression) -> str:
        """Return a text that stands for an expression inside another text."""
        self.parts.append(expression)
        return f"\ue000{len(self.parts) - 1}\ue001"

    def guard(self, flag: Part) -> None:
        """Note that the verb goes on only because a flag is not set."""
        if flag.name.startswith("is_") and self.steps:
            self.guards.setdefault(self.steps[-1], []).append(flag)


class Recorded:
    """Stands for a value in a recording; ``kind`` is its class, or the function it is, if known."""

    def __init__(
        self, recording: Recording, expression: Expression, kind: Any = None, real: Any = None
    ) -> None:
        self._recording = recording
        self.expression = expression
        self._kind = kind
        self._real = real

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        kind, part = self._kind, Part(self.expression, name)
        if not inspect.isclass(kind):
            return Recorded(self._recording, part)
        member = getattr(kind, name, None)
        if member is None and (found := _PARTS.get((kind.__name__, name))):
            member = _api_class(found)
        path = getattr(member, "__qualname__", f"{kind.__name__}.{name}")
        if path in _LEFT_OUT:
            return lambda *_, **__: None
        if path in _LOOKUPS:
            wanted = Recorded(self._recording, part, member) if path == _PREVIEW else None
            return _Lookup(getattr(self._real, name) if self._real is not None else None, wanted)
        is_component = inspect.isclass(member) and self._real is not None
        real = getattr(self._real, name) if is_component else None
        return Recorded(self._recording, part, member, real)

    def __call__(self, *args: Any, **kwargs: Any) -> Recorded:
        function = self._kind.__call__ if inspect.isclass(self._kind) else self._kind
        if not isinstance(function, FunctionType):
            raise End
        expression = self.expression
        bound = inspect.signature(function).bind(None, *args, **kwargs)
        call = Call(expression, function, bound)
        self._recording.steps.append(call)
        return Recorded(
            self._recording, call, _api_class(str(inspect.signature(function).return_annotation))
        )

    def __bool__(self) -> bool:
        if isinstance(self.expression, Part):
            self._recording.guard(self.expression)
        return False

    def __format__(self, specification: str) -> str:
        return self._recording.formatted(self.expression)

    def _end(self, *_: Any) -> NoReturn:
        raise End

    @property
    def __dataclass_fields__(self) -> NoReturn:
        raise End

    __iter__ = __len__ = __getitem__ = __contains__ = __fspath__ = __str__ = _end
    __lt__ = __gt__ = __le__ = __ge__ = __add__ = __radd__ = _end


class _Lookup:
    """A real object or function; without one it finds nothing. What is recorded it cannot be asked about.

    ``wanted`` takes the calls that are what the line is for.
    """

    def __init__(self, real: Any, wanted: Recorded | None = None) -> None:
        self._real = real
        self._wanted = wanted

    def __getattr__(self, name: str) -> Any:
        return _Lookup(getattr(self._real, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._wanted is not None and kwargs.get("resolves"):
            return self._wanted(*args, **kwargs)
        if self._real is None:
            return ()
        if any(isinstance(value, Recorded) for value in (*args, *kwargs.values())):
            raise End
        return self._real(*args, **kwargs)


def _api_class(name: str) -> Any:
    """Return the class of our Python API that an annotation names, None for any other."""
    if name == "Job":
        from modelop_jupyter.workspace import Job

        return Job
    if name == "Workspace":
        from modelop_jupyter.workspace import Workspace

        return Workspace
    return None


class _SavedSession(ShellSession):
    """A session as Python code meets it: it asks nothing, and a notebook is its saved file."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        path = notebook
        if path is None and self._session.variables() is not None:
            path = notebook_path()
            if path is None:
                raise InvalidError(
                    "the cells of a session without a notebook file are in no Python call",
                    "Name a file: register NAME FILE.py --show-code",
                )
        return super().model_cells(name, notebook=path)

    def variables(self) -> Mapping[str, Any] | None:  # type: ignore[override]
        return self._session.variables()

    def asker(self) -> None:
        return None


class RecordingContext(Context):
    """The context of a verb whose calls are recorded and not made."""

    def __init__(self, context: Context, recording: Recording) -> None:
        super().__init__(_SavedSession(context.session), workspace=context.workspace)
        self._recording = recording

    @property
    def workspace(self) -> Workspace:
        from modelop_jupyter.workspace import Workspace

        root = Root("workspace", "from modelop_jupyter import Workspace", takes_workspace=True)
        return cast(Workspace, Recorded(self._recording, root, Workspace, super().workspace))

    @property
    def kernels(self) -> Kernels:
        from modelop_jupyter.kernels import Kernels

        root = Root("kernels", "from modelop_jupyter.kernels import Kernels", takes_workspace=True)
        return cast(Kernels, Recorded(self._recording, root, Kernels))

    def exported(self, path: Path) -> ExportedModel:
        from modelop_jupyter.workspace.exported import ExportedModel

        made = inspect.signature(ExportedModel.__init__).bind(None, path)
        imports = "from modelop_jupyter import ExportedModel"
        call = Call(
            Root("ExportedModel", imports), cast(FunctionType, ExportedModel.__init__), made
        )
        root = Root("model", imports, call)
        return cast(ExportedModel, Recorded(self._recording, root, ExportedModel))

    def run_of(self, model: ExportedModel, job: Job) -> Job:  # noqa: ARG002 - the context's signature
        return job

    def notebook_change(self, model: Model, *, is_own: bool = False) -> NoReturn:  # noqa: ARG002
        raise End

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        root = Root(function.__name__, f"from {function.__module__} import {function.__name__}")
        bound = inspect.signature(function).bind(*args, **kwargs)
        call = Call(root, cast(FunctionType, function), bound)
        self._recording.steps.append(call)
        return cast(R, Recorded(self._recording, call))


def bases(expression: Expression) -> Iterator[Expression]:
    """Yield an expression, and all that it is a part or a call of."""
    yield expression
    while not isinstance(expression, Root):
        expression = expression.base
        yield expression
