"""A job in a cell: how it stands, what the model prints, and at last its summary."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from modelop_jupyter.commands.echo import Echo
from modelop_jupyter.commands.job import summary
from modelop_jupyter.commands.notebook import has_page
from modelop_jupyter.magics.interrupt import is_kernel_ending, say
from modelop_jupyter.magics.stop import StopButton

if TYPE_CHECKING:
    from modelop_jupyter.magics.place import Place
    from modelop_jupyter.workspace import Job, Workspace

_ATTACHED_LINES = 10
_PATIENCE = 1.0


def follow(job: Job, workspace: Workspace, place: Place, *, is_attached: bool = False) -> None:
    """Show a job until it ends.

    An interrupt (the notebook's Stop button) cancels the job and is raised again, so that no
    other cell runs, but with a line instead of a traceback. A job that was attached to is only
    left alone, and one outlives a kernel that is restarted. The job's own Stop button, there for
    one that takes a while, means the job in any case.
    """
    # Where nobody looks at the cell, the sidebar is to announce the end.
    with job.awaited() if has_page(place.shell) else nullcontext():
        _follow(job, workspace, place, is_attached=is_attached)


def _follow(job: Job, workspace: Workspace, place: Place, *, is_attached: bool) -> None:
    echo = _Output(job.record.short_id, place)
    stop = StopButton(place, job.record.short_id)
    try:
        _show(job, place, echo, stop, lines=_ATTACHED_LINES if is_attached else None)
    except KeyboardInterrupt as interrupt:
        stop.close()
        if not stop.is_clicked:
            if is_kernel_ending(place.shell):
                say(interrupt, f"the kernel ends, job {job.record.short_id} goes on")
                raise
            if is_attached:
                say(interrupt, f"job {job.record.short_id} goes on")
                raise
        job.cancel()
        place.final(summary(job, workspace))
        say(interrupt, f"job {job.record.short_id} was cancelled")
        raise
    finally:
        stop.close()
    place.final(summary(job, workspace))


def _show(job: Job, place: Place, echo: _Output, stop: StopButton, *, lines: int | None) -> None:
    """Show how the job stands and what it prints, which comes below the button."""
    phase, begun = "", None
    try:
        for update in job.follow(lines=lines, pause=stop.pause):
            is_long = begun is not None and time.monotonic() - begun >= _PATIENCE
            begun = begun or time.monotonic()
            if is_long and update.phase != "done":
                stop.show()
            echo.add(update.console)
            if is_long or not has_page(place.shell):
                echo.flush()
            if update.phase != "done":
                place.live(update, is_urgent=update.phase != phase)
            phase = update.phase
    finally:
        echo.flush()


class _Output:
    """Passes on what a model prints, but not without end: a notebook keeps it all."""

    def __init__(self, job: str, place: Place) -> None:
        self._job = job
        self._place = place
        self._echo = Echo()
        self._held = ""

    def add(self, text: str) -> None:
        """Take in what was printed."""
        self._held += text

    def flush(self) -> None:
        """Write what was taken in."""
        text, self._held = self._held, ""
        if not text or self._echo.is_full():
            return
        self._place.clear_line()
        sys.stdout.write(self._echo.let_through(text))
        if self._echo.is_full():
            print(f"… more in %modelop job log {self._job}")
        sys.stdout.flush()
