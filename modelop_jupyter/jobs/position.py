"""Where a runner is, from its ``progress.bin``: true at any moment, also after ``kill -9``."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from modelop_jupyter.jobs.folder import JobFolder

_NUMBERS = "=qqq"


@dataclass(frozen=True, slots=True)
class Position:
    """The record begun last, counted from 0 within its input, -1 before the first.

    ``is_inside`` says that it is not done yet.
    """

    index: int = -1
    is_inside: bool = False

    @property
    def record(self) -> int | None:
        """The record that was not done, None where there is none."""
        return self.index if self.is_inside and self.index >= 0 else None


def position(folder: JobFolder) -> Position:
    """Return where the runner of a folder is, or was when it ended."""
    try:
        data = (folder.root / "progress.bin").read_bytes()
    except OSError:
        return Position()
    if len(data) == 16:
        return Position(struct.unpack("=qq", data)[1], is_inside=True)
    if len(data) != struct.calcsize(_NUMBERS):
        return Position()
    _, index, inside = struct.unpack_from(_NUMBERS, data)
    return Position(index, is_inside=inside > 0)
