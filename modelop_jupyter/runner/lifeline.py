"""The pipe that ends a runner together with its supervisor.

The supervisor holds one end of a pipe and the runner the other, which the system closes when the
supervisor ends, however it does. On Linux the kernel then kills the runner and all of its process
group, whatever the model is doing, without a thread and without a handler that a model could see.
Elsewhere the runner checks the pipe whenever it writes its progress.
"""

import os
import signal
import sys

from .files import protect_descriptor

VARIABLE = "MODELOP_LIFELINE"


class HeldLifeline:
    """The runner's end of the pipe; ``descriptor`` is None where there is no supervisor."""

    descriptor: "int | None" = None

    @classmethod
    def hold(cls) -> None:
        """Take the descriptor that the supervisor has handed over, and end with it from now on."""
        number = os.environ.pop(VARIABLE, None)
        if number is None:
            return
        cls.descriptor = protect_descriptor(int(number))
        if sys.platform == "linux":
            kill_group_on_close(cls.descriptor)
        cls.check()

    @classmethod
    def check(cls) -> None:
        """End the process group if the supervisor has ended, even before ``hold`` was called."""
        if cls.descriptor is None:
            return
        try:
            is_closed = os.read(cls.descriptor, 1) == b""
        except BlockingIOError:
            is_closed = False
        except OSError:  # the model has closed it
            cls.descriptor = None
            return
        if is_closed:
            os.killpg(os.getpgrp(), getattr(signal, "SIGKILL", signal.SIGTERM))


def kill_group_on_close(descriptor: int) -> None:
    """Have the kernel kill this process group when the other end of a pipe is closed."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    except (AttributeError, OSError, ValueError):
        pass
