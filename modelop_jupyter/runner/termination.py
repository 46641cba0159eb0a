"""SIGTERM: it interrupts the model's code, never the runner's own bookkeeping."""

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


class Terminated(BaseException):
    """SIGTERM has arrived: write what is buffered and exit."""


class Termination:
    """Whether SIGTERM has arrived, and whether the model's code is running.

    While ``in_model`` is set, the signal raises :class:`Terminated`; otherwise it sets
    ``requested``.
    """

    process = os.getpid()
    requested = False
    in_model = False

    @classmethod
    def listen(cls) -> None:
        """Handle SIGTERM from now on."""
        cls.process = os.getpid()
        signal.signal(signal.SIGTERM, cls.on_signal)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=cls.restore_default)

    @classmethod
    def on_signal(cls, number: int, _frame: "FrameType | None") -> None:
        if os.getpid() != cls.process:  # a process that the model forked dies as any other
            exit_by_signal(number)
        cls.requested = True
        if cls.in_model:
            raise Terminated()

    @classmethod
    def restore_default(cls) -> None:
        """Let SIGTERM end a process that the model forked as it ends any other.

        A handler in Python runs between two bytecodes only: one that arrives just before a worker
        of a multiprocessing pool waits for its lock would never run, and the model would wait
        forever.
        """
        if signal.getsignal(signal.SIGTERM) == cls.on_signal:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def exit_by_signal(number: int) -> "NoReturn":
    """End this process by a signal, so that its parent sees that signal as the reason."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def exit_if_forked() -> None:
    """End a process that the model forked and let run on: it must not touch the files it shares."""
    if os.getpid() != Termination.process:
        os._exit(0)
