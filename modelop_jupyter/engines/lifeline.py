"""A pipe whose one end closes with this process: whoever holds the other one is ended by that.

The other side is ``runner/lifeline.py``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

VARIABLE = "MODELOP_LIFELINE"


class Lifeline:
    """Our end of the pipe; it closes with the handle that holds it, and when this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Let go: what is left of the command's process group ends."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.close()


@contextlib.contextmanager
def lifeline() -> Iterator[tuple[Lifeline | None, Mapping[str, int]]]:
    """Give our end, and the descriptors for the command that is started meanwhile."""
    if os.name != "posix":
        yield None, {}
        return
    theirs, ours = os.pipe()
    # They look at it without waiting.
    os.set_blocking(theirs, False)
    try:
        yield Lifeline(ours), {VARIABLE: theirs}
    finally:
        os.close(theirs)
