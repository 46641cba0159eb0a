"""Being stopped: SIGTERM interrupts the model's code, never our own bookkeeping."""

import os
import signal


class Stopped(BaseException):
    """SIGTERM came: write what is there and go."""


class Stop:
    """Whether to stop. The model's code is interrupted, our own bookkeeping is not."""

    process = os.getpid()
    requested = False
    in_model = False

    @classmethod
    def on_signal(cls, number, _frame):
        if os.getpid() != cls.process:  # a process forked by the model: it dies as any other
            die_of(number)
        cls.requested = True
        if cls.in_model:
            raise Stopped()

    @classmethod
    def listen(cls):
        cls.process = os.getpid()
        signal.signal(signal.SIGTERM, cls.on_signal)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=cls.forget)

    @classmethod
    def forget(cls):
        """Let SIGTERM end a process that the model forked as it ends any other.

        A handler in Python is called between two bytecodes only: one that comes just before a worker of a
        multiprocessing pool waits for its lock would not be, and the model would wait for that worker for ever.
        """
        if signal.getsignal(signal.SIGTERM) == cls.on_signal:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def die_of(number):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def leave_if_forked():
    """End a process that the model forked and let run on: it shares our files and must not touch them."""
    if os.getpid() != Stop.process:
        os._exit(0)
