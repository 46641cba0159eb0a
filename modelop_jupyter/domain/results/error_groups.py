"""Group the errors of records by kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from modelop_jupyter.domain.jobs import RecordError

_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Errors of one kind: ``message`` is that of the first record, ``first`` is its index.

    ``file`` and ``line`` are the place in the model's code, None for errors outside it.
    """

    stage: str
    exception: str | None
    file: str | None
    line: int | None
    count: int
    first: int
    message: str


def groups_of(errors: Iterable[RecordError]) -> tuple[ErrorGroup, ...]:
    """Count errors by stage, exception and line, the most frequent first.

    Rejected records have no exception: they are grouped by message.
    """
    groups: dict[tuple[object, ...], ErrorGroup] = {}
    for error in errors:
        file, line = _place(error.traceback)
        key = (error.stage, error.exception or error.message, file, line)
        group = groups.get(key)
        if group is None:
            groups[key] = ErrorGroup(
                error.stage, error.exception, file, line, 1, error.index, error.message
            )
        else:
            groups[key] = replace(group, count=group.count + 1)
    return tuple(sorted(groups.values(), key=lambda group: (-group.count, group.first)))


def _place(traceback: str | None) -> tuple[str | None, int | None]:
    frames = _FRAME.findall(traceback or "")
    return (frames[-1][0], int(frames[-1][1])) if frames else (None, None)
