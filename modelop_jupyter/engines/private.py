"""What a process is told in private: over a pipe that is empty when it goes on, and kept in its memory.

Nothing of it is in ``/proc/PID/environ``. Where the system can do it, that memory is closed to other
processes of the same user, too; an administrator, and a container's root, can read it anyway.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping

# The argument in whose place a fork of a warm process is given the text itself.
ON_STDIN = "-"
_PR_SET_DUMPABLE = 4


def text_of(variables: Mapping[str, str]) -> str:
    """Return what :func:`learn` understands."""
    return json.dumps(dict(variables))


def learn(said: str) -> None:
    """Add the variables that were said, or that are on stdin, to those of this process."""
    close_memory()
    text = sys.stdin.read() if said == ON_STDIN else said
    # Nothing is said by somebody who was killed at that moment: then there is nothing to add.
    with contextlib.suppress(ValueError):
        os.environ.update(json.loads(text))


def close_memory() -> None:
    """Close memory and environment of this process, and of its forks, to others of the same user."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
