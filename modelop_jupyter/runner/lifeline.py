"""The end of a runner whose supervisor is gone: nobody would take what it does, or end it when it hangs.

The supervisor holds one end of a pipe and this process the other, which the system closes when the supervisor
ends, however it does. On Linux the system itself then kills this process and all of its group, whatever the model
is doing, without a thread and without a handler that a model could see. Elsewhere the runner looks whenever it
writes its progress.
"""

import os
import signal
import sys

from .files import hidden

VARIABLE = "MODELOP_LIFELINE"


class Lifeline:
    """This process's end of the pipe, None where there is no supervisor."""

    descriptor = None

    @classmethod
    def hold(cls):
        """Take the descriptor that the supervisor has handed over, and end with it from now on."""
        number = os.environ.pop(VARIABLE, None)
        if number is None:
            return
        cls.descriptor = hidden(int(number))
        if sys.platform == "linux":
            kill_group_at_its_end(cls.descriptor)
        cls.look()

    @classmethod
    def look(cls):
        """End, with all of the group, if the supervisor has, be it before the system was asked to do so."""
        if cls.descriptor is None:
            return
        try:
            is_gone = os.read(cls.descriptor, 1) == b""
        except BlockingIOError:
            is_gone = False
        except OSError:  # the model has closed it
            cls.descriptor = None
            return
        if is_gone:
            os.killpg(os.getpgrp(), getattr(signal, "SIGKILL", signal.SIGTERM))


def kill_group_at_its_end(descriptor):
    """Have the system kill our process group when the other end of a pipe is closed."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    except (AttributeError, OSError, ValueError):
        pass
