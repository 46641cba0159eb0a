"""Where a value stands in a metrics result: ``auc``, ``performance[0].values.auc``, ``"odd name"``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_MOST = 5_000


class AbsentError(LookupError):
    """A path that leads nowhere; ``near`` are the names there, where it left the result."""

    def __init__(self, path: Path, near: list[str]) -> None:
        super().__init__(path)
        self.path = path
        self.near = near


def value_at(result: Any, path: Path) -> Any:
    """Return the value at a path; raises :class:`AbsentError`."""
    found = result
    for number, step in enumerate(path):
        if (isinstance(found, Mapping) and step in found) or _is_in(found, step):
            found = found[step]
        else:
            names = [str(key) for key in found] if isinstance(found, Mapping) else []
            raise AbsentError(path[: number + 1], names)
    return found


def _is_in(items: Any, step: str | int) -> bool:
    return isinstance(items, list) and isinstance(step, int) and -len(items) <= step < len(items)


def written(path: Path) -> str:
    """Return a path as somebody would write it in an expectation."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]" if text else f"`{step}`"
    return text


def numbers_in(result: Any) -> dict[str, float]:
    """Return every number of a result by its path, as written; no more than some thousands."""
    found: dict[str, float] = {}
    for path, number in _numbers(result, ()):
        found[written(path)] = number
        if len(found) >= _MOST:
            break
    return found


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, index))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value
