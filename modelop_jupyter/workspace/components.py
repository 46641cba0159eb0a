"""The parts of a workspace, ``workspace.jobs`` and the like, and their methods on the workspace itself."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from modelop_jupyter.workspace import Workspace
    from modelop_jupyter.workspace.home import Home

C = TypeVar("C")
P = ParamSpec("P")
R = TypeVar("R")


class Component(Generic[C]):
    """An attribute of the workspace that holds the methods about one subject, made when first used."""

    def __init__(self, kind: Callable[[Home], C]) -> None:
        self._kind = kind
        self._name = ""

    def __set_name__(self, owner: type[Workspace], name: str) -> None:
        self._name = name

    def shortcut(self, method: Callable[Concatenate[C, P], R]) -> Shortcut[C, P, R]:
        """Offer a method of the component on the workspace: ``workspace.job_retry``."""
        return Shortcut(self, method)

    @overload
    def __get__(self, workspace: None, owner: type[Workspace]) -> Callable[[Home], C]: ...

    @overload
    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> C: ...

    def __get__(self, workspace: Workspace | None, owner: type[Workspace]) -> Any:
        if workspace is None:
            return self._kind
        if self._name not in workspace.__dict__:
            workspace.__dict__[self._name] = self._kind(workspace._home)
        return workspace.__dict__[self._name]


class Shortcut(Generic[C, P, R]):
    """A method of a component under a name on the workspace, with its signature and docstring."""

    def __init__(self, component: Component[C], method: Callable[Concatenate[C, P], R]) -> None:
        self._component = component
        self._method = method

    @overload
    def __get__(
        self, workspace: None, owner: type[Workspace]
    ) -> Callable[Concatenate[C, P], R]: ...

    @overload
    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> Callable[P, R]: ...

    def __get__(self, workspace: Workspace | None, owner: type[Workspace]) -> Any:
        if workspace is None:
            return self._method
        return MethodType(self._method, self._component.__get__(workspace, owner))
