"""Decorators that say what ModelOp calls a function for, as the tag above a ``def`` does.

They return the function itself. Registering writes the tag in their place, so that a model needs
nothing of this package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])


@overload
def init(function: F, /) -> F: ...
@overload
def init() -> Callable[[F], F]: ...
def init(function: F | None = None, /) -> F | Callable[[F], F]:
    """Mark the function that is called once, before all others; returns it as it is."""
    return _marked(function, "init")


@overload
def score(function: F, /) -> F: ...
@overload
def score() -> Callable[[F], F]: ...
def score(function: F | None = None, /) -> F | Callable[[F], F]:
    """Mark the function that is called for each record; returns it as it is."""
    return _marked(function, "score")


@overload
def metrics(function: F, /) -> F: ...
@overload
def metrics() -> Callable[[F], F]: ...
def metrics(function: F | None = None, /) -> F | Callable[[F], F]:
    """Mark the function that computes metrics of all records; returns it as it is."""
    return _marked(function, "metrics")


@overload
def train(function: F, /) -> F: ...
@overload
def train() -> Callable[[F], F]: ...
def train(function: F | None = None, /) -> F | Callable[[F], F]:
    """Mark the function that trains on all records; returns it as it is."""
    return _marked(function, "train")


def _marked(function: F | None, kind: str) -> F | Callable[[F], F]:
    if function is None:
        return lambda marked: marked
    if not callable(function):
        raise TypeError(f"@{kind} takes nothing: write it on the line above the def")
    return function
