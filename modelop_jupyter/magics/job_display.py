"""Show a job in a cell: its progress while it runs, and its summary when it has ended."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from modelop_jupyter.commands.jobs import summary_for
from modelop_jupyter.commands.notebook import is_interactive
from modelop_jupyter.commands.output_limit import OutputLimit
from modelop_jupyter.display import bundle
from modelop_jupyter.magics.stop_button import StopButton

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.magics.magic_display import MagicDisplay
    from modelop_jupyter.workspace import Job

_ATTACHED_LINES = 10
_BUTTON_SECONDS = 1.0
_SHUTDOWN_LOOKS = 15
_LOOK_SECONDS = 0.02


def follow(job: Job, context: Context, display: MagicDisplay, *, is_attached: bool = False) -> None:
    """Show a job until it ends.

    The job's own Stop button, shown after a second, cancels the job. An interrupt (the notebook's
    Stop button) cancels it, too, unless it ``is_attached``, or the kernel is restarting or shutting
    down. Both raise :class:`KeyboardInterrupt`, so that no other cell runs; it is shown as one line.
    """
    # If no user sees this cell, the sidebar notifies of the job's end.
    with job.awaited() if is_interactive(display.shell) else nullcontext():
        _follow(job, context, display, is_attached=is_attached)


def _follow(job: Job, context: Context, display: MagicDisplay, *, is_attached: bool) -> None:
    is_kept = context.exported_model_of(job) is None
    console = _Console(f"%modelop job log {job.record.short_id}" if is_kept else None, display)
    stop = StopButton(display, job.record.short_id)
    try:
        _show_updates(job, display, console, stop, lines=_ATTACHED_LINES if is_attached else None)
    except KeyboardInterrupt as interrupt:
        stop.close()
        if not stop.is_clicked:
            if is_kernel_ending(display.shell):
                show_interrupt(interrupt, f"the kernel ends; job {job.record.short_id} continues")
                raise
            if is_attached:
                show_interrupt(interrupt, f"job {job.record.short_id} continues")
                raise
        job.cancel()
        display.show_result(summary_for(job, context, with_notebook=True))
        show_interrupt(interrupt, f"job {job.record.short_id} was cancelled")
        raise
    finally:
        stop.close()
    display.show_result(summary_for(job, context, with_notebook=True))


def _show_updates(
    job: Job, display: MagicDisplay, console: _Console, stop: StopButton, *, lines: int | None
) -> None:
    """Show progress and console output, which comes below the Stop button, until the job ends.

    ``lines`` limits the console output of before to its last lines; None shows all of it.
    """
    phase, started = "", None
    try:
        for update in job.follow(lines=lines, pause=stop.pause):
            is_long = started is not None and time.monotonic() - started >= _BUTTON_SECONDS
            started = started or time.monotonic()
            if is_long and update.phase != "done":
                stop.show()
            console.add(update.console)
            if is_long or not is_interactive(display.shell):
                console.flush()
            if update.phase != "done":
                display.show_progress(update, is_urgent=update.phase != phase)
            phase = update.phase
    finally:
        console.close()


class _Console:
    """Prints a model's console output up to a limit: a notebook would store all of it.

    ``command`` shows what was left out, where one does.
    """

    def __init__(self, command: str | None, display: MagicDisplay) -> None:
        self._command = command
        self._display = display
        self._limit = OutputLimit()
        self._buffer = ""

    def add(self, text: str) -> None:
        """Buffer output."""
        self._buffer += text

    def flush(self) -> None:
        """Print the buffered output."""
        text, self._buffer = self._buffer, ""
        self._write(self._limit.take(text))

    def close(self) -> None:
        """Print what is buffered, and how much was left out."""
        self.flush()
        self._write(self._limit.rest(self._command))

    def _write(self, text: str) -> None:
        if text:
            self._display.clear_line()
            sys.stdout.write(text)
            sys.stdout.flush()


class ShownJobs:
    """Displays a job that is the value of a cell, unless the cell's magic has already shown it."""

    def __init__(self, shell: InteractiveShell, context: Context) -> None:
        self._shell = shell
        self._context = context
        self._cell = 0
        self._jobs: set[str] = set()

    def add(self, job: Job) -> None:
        """Record that the magic of the running cell has shown this job."""
        if self._cell != self._shell.execution_count:
            self._cell = self._shell.execution_count
            self._jobs.clear()
            formatter = self._shell.display_formatter.ipython_display_formatter
            formatter.for_type(type(job), self._display)
        self._jobs.add(job.id)

    def _display(self, job: Job) -> None:
        from IPython.display import display

        if self._cell == self._shell.execution_count and job.id in self._jobs:
            if getattr(self._shell, "kernel", None) is None:
                # A terminal has already printed "Out[3]:".
                print(repr(job))
            return
        display(bundle(summary_for(job, self._context, with_notebook=True)), raw=True)


def is_kernel_ending(shell: InteractiveShell) -> bool:
    """Return whether an interrupt comes from a restart or shutdown, not from the Stop button.

    Jupyter interrupts a kernel before it asks it to shut down. The request arrives in another
    thread, a moment after the interrupt.
    """
    if getattr(shell, "kernel", None) is None:
        return False
    # Looks are counted, not seconds: each lets the other thread run, however long a sleep took.
    for _ in range(_SHUTDOWN_LOOKS):
        if shell.exit_now:
            return True
        time.sleep(_LOOK_SECONDS)
    return bool(shell.exit_now)


def show_interrupt(interrupt: KeyboardInterrupt, text: str) -> None:
    """Have IPython show an interrupt as one line of text; the first text that is set is kept."""
    if not hasattr(interrupt, "_render_traceback_"):
        interrupt._render_traceback_ = lambda: [f"KeyboardInterrupt: {text}"]  # type: ignore[attr-defined]
