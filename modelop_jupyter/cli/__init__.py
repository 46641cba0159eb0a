"""The command line: ``modelop VERB …``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

__all__ = ["main"]

_GC_THRESHOLD = 100_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Without ``argv`` it is that of this process, which ends afterwards.
    """
    if argv is not None:
        from modelop_jupyter.cli.program import run

        return run(argv)
    # What is loaded at a start is no garbage: Python would look through it again and again while it
    # loads, and through all of it once more at the end, which takes a third of a short command.
    gc.set_threshold(_GC_THRESHOLD)
    try:
        return main(sys.argv[1:])
    finally:
        gc.freeze()
