"""Processes that outlive whoever starts them: the cell, the kernel, the terminal."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from modelop_jupyter import files

_NONE: Mapping[str, int] = MappingProxyType({})


def start_detached(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    descriptors: Mapping[str, int] = _NONE,
    stdin: str | None = None,
) -> int:
    """Start a process in a session of its own, so that no Ctrl-C and no logout reaches it.

    Returns its id; what it says goes to the end of ``log``. ``descriptors`` are handed over; it
    finds their numbers in the variables of these names. ``stdin`` is what it can read once.
    """
    numbers = {name: str(number) for name, number in descriptors.items()}
    environment = {**environment, **numbers}
    # Inherited from some Jupyter images, it would make every start compile us anew (measured: 0.3 s).
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with files.open_private(log, "ab") as said:
        process = subprocess.Popen(
            list(arguments),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            pass_fds=tuple(descriptors.values()),
        )
    if process.stdin is not None and stdin is not None:
        # One that has ended already reads nothing.
        with contextlib.suppress(OSError), process.stdin:
            process.stdin.write(stdin.encode())
    # Its end is collected so that no zombie stays; nobody waits for this thread.
    threading.Thread(target=process.wait, name=f"modelop-{process.pid}", daemon=True).start()
    return process.pid
