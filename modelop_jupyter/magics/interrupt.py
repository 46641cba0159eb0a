"""What an interrupt means: the Stop button, or a kernel that is about to end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_GRACE = 0.3


def is_kernel_ending(shell: InteractiveShell) -> bool:
    """Say whether an interrupt came with a restart or a shutdown instead of the Stop button.

    Jupyter interrupts a kernel before it asks it to end. The request arrives in another thread,
    a moment after the interrupt.
    """
    if getattr(shell, "kernel", None) is None:
        return False
    deadline = time.monotonic() + _GRACE
    while not shell.exit_now and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(shell.exit_now)


def say(interrupt: KeyboardInterrupt, text: str) -> None:
    """Have IPython show an interrupt as one line, unless it was told what to show already."""
    if not hasattr(interrupt, "_render_traceback_"):
        interrupt._render_traceback_ = lambda: [f"KeyboardInterrupt: {text}"]  # type: ignore[attr-defined]
