"""Hand environment variables to a child process so that other processes cannot read them.

They travel over the child's standard input, which is empty afterwards, and are set in its memory:
nothing of them is in ``/proc/PID/environ``. On Linux that memory is closed to other processes of
the same user, too; an administrator, and root in a container, can read it anyway.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping

# The argument that means: read them from stdin. A fork of a preloaded process gets their text.
ON_STDIN = "-"
_PR_SET_DUMPABLE = 4
_loaded: set[str] = set()


def encode_variables(variables: Mapping[str, str]) -> str:
    """Return variables as the text that :func:`load_variables` reads."""
    return json.dumps(dict(variables))


def load_variables(argument: str) -> None:
    """Set the variables of a text, or of the text on stdin, in this process's environment."""
    close_memory()
    text = sys.stdin.read() if argument == ON_STDIN else argument
    # Empty when the parent was killed before it wrote.
    with contextlib.suppress(ValueError):
        set_variables(json.loads(text))


def set_variables(variables: Mapping[str, str]) -> None:
    """Set variables in this process's environment, and know that they are private."""
    close_memory()
    os.environ.update(variables)
    _loaded.update(variables)


def take_variables() -> dict[str, str]:
    """Take the private variables out of this process's environment, which a child would inherit."""
    return {name: os.environ.pop(name) for name in _loaded if name in os.environ}


def close_memory() -> None:
    """Deny other processes of the user access to the memory of this process and its forks."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
