"""Paths to values of a metrics result: ``auc``, ``performance[0].values.auc``, ``"odd name"``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_MOST = 5_000
_POINT = re.compile(r"\.data\..*\[\d+\]$")


class AbsentError(LookupError):
    """A path to a value that does not exist; ``near`` are the names at its last existing part."""

    def __init__(self, path: Path, near: list[str]) -> None:
        super().__init__(path)
        self.path = path
        self.near = near


def value_at(result: Any, path: Path) -> Any:
    """Return the value at a path; raises :class:`AbsentError`."""
    value = result
    for number, step in enumerate(path):
        if (isinstance(value, Mapping) and step in value) or _is_in(value, step):
            value = value[step]
        else:
            names = [str(key) for key in value] if isinstance(value, Mapping) else []
            raise AbsentError(path[: number + 1], names)
    return value


def _is_in(items: Any, step: str | int) -> bool:
    return isinstance(items, list) and isinstance(step, int) and -len(items) <= step < len(items)


def written(path: Path) -> str:
    """Return a path as it is written in an expectation."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]" if text else f"`{step}`"
    return text


def is_point(path: str) -> bool:
    """Return whether a written path leads to a point of a graph."""
    return _POINT.search(path) is not None


def numbers_in(result: Any) -> dict[str, float]:
    """Return the numbers of a result by their written paths, at most a few thousand."""
    numbers: dict[str, float] = {}
    for path, number in _numbers(result, ()):
        numbers[written(path)] = number
        if len(numbers) >= _MOST:
            break
    return numbers


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, index))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value
