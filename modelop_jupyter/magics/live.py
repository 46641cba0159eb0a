"""A job in a cell: how it stands, what the model prints, and at last its summary."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from modelop_jupyter.commands.job import summary
from modelop_jupyter.magics.interrupt import is_kernel_ending, say

if TYPE_CHECKING:
    from modelop_jupyter.magics.place import Place
    from modelop_jupyter.workspace import Job, Workspace

_MAX_LINES = 200
_ATTACHED_LINES = 10


def follow(job: Job, workspace: Workspace, place: Place, *, is_attached: bool = False) -> None:
    """Show a job until it ends.

    An interrupt (the notebook's Stop button) cancels the job and is raised again, so that no
    other cell runs, but with a line instead of a traceback. A job that was attached to is only
    left alone, and one outlives a kernel that is restarted.
    """
    echo = _Echo(job.record.short_id)
    phase = ""
    try:
        for update in job.follow(lines=_ATTACHED_LINES if is_attached else None):
            if update.console:
                place.clear_line()
                echo.write(update.console)
            if update.phase != "done":
                place.live(update, is_urgent=update.phase != phase)
            phase = update.phase
    except KeyboardInterrupt as interrupt:
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
    place.final(summary(job, workspace))


class _Echo:
    """Passes on what a model prints, but not without end: a notebook keeps it all."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._left = _MAX_LINES

    def write(self, text: str) -> None:
        if not self._left:
            return
        lines = text.splitlines(keepends=True)
        sys.stdout.write("".join(lines[: self._left]))
        self._left = max(0, self._left - text.count("\n"))
        if not self._left:
            print(f"… more in %modelop job log {self._job}")
        sys.stdout.flush()
