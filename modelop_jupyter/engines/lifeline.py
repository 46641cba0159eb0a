"""A pipe that ends a child process when this process ends, however it does.

The child's side, which watches for the end of the pipe, is ``runner/lifeline.py``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

VARIABLE = "MODELOP_LIFELINE"


class Lifeline:
    """Our end of the pipe; it closes with its handle, and when this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Close the pipe: the remaining processes of the command's group are ended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.close()


@contextlib.contextmanager
def lifeline() -> Iterator[tuple[Lifeline | None, Mapping[str, int]]]:
    """Open a pipe; yields our end and the descriptors for a command that is started in the block.

    Where there are no such pipes (Windows), it yields None and no descriptors.
    """
    if os.name != "posix":
        yield None, {}
        return
    child_end, own_end = os.pipe()
    # The child checks it without blocking.
    os.set_blocking(child_end, False)
    try:
        yield Lifeline(own_end), {VARIABLE: child_end}
    finally:
        os.close(child_end)
