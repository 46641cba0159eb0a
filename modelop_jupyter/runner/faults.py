"""The one rename of the runner, and the switch with which tests interrupt it.

The same as ``modelop_jupyter/files.py`` has for the host, which says how it is used.
"""

import errno
import os
import signal

_renames = {}


def rename(source, target):
    """Give a finished file its name in one step."""
    fault = os.environ.get("MODELOP_FAULT")
    name = os.path.basename(target)
    _interrupt(fault, name, "before")
    os.replace(source, target)
    _interrupt(fault, name, "after")


def _interrupt(fault, name, moment):
    if not fault:
        return
    if fault.startswith("trace:"):
        if moment == "before":
            with open(fault[len("trace:") :], "a") as file:
                file.write(name + "\n")
        return
    wanted, count, when = fault.rsplit(":", 2)
    if name != wanted:
        return
    if moment == "before":
        _renames[name] = _renames.get(name, 0) + 1
    if _renames[name] != int(count):
        return
    if when == "full" and moment == "before":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if when == moment:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
