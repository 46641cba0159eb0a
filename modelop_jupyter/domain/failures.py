"""Bad records in groups: what is wrong with them, how often, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from modelop_jupyter.domain.jobs import RecordError

_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Bad records of one kind: ``message`` and ``first`` are those of the first of them.

    ``file`` and ``line`` are the model's own, None where its code was not at work.
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

    What was rejected has no exception: the message tells its kind.
    """
    found: dict[tuple[object, ...], ErrorGroup] = {}
    for error in errors:
        file, line = _place(error.traceback)
        key = (error.stage, error.exception or error.message, file, line)
        group = found.get(key)
        if group is None:
            found[key] = ErrorGroup(
                error.stage, error.exception, file, line, 1, error.index, error.message
            )
        else:
            found[key] = replace(group, count=group.count + 1)
    return tuple(sorted(found.values(), key=lambda group: (-group.count, group.first)))


def _place(traceback: str | None) -> tuple[str | None, int | None]:
    frames = _FRAME.findall(traceback or "")
    return (frames[-1][0], int(frames[-1][1])) if frames else (None, None)
