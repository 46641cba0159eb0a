"""Show a job, a build or the reading of a query in a terminal: one line that is updated, or some lines in a log file."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelop_jupyter.commands.output_limit import OutputLimit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.reports import JobSummary, JobUpdate, Step
    from modelop_jupyter.workspace import Job

_LOG_SECONDS = 10.0
_LOG_GROWTH = 0.2
_ATTACHED_LINES = 10


class BuildProgress:
    """Shows what is waited for on stderr: in one line of a terminal, or a line for each step. Close it.

    ``is_joined`` is true while another process runs the build.
    """

    def __init__(self) -> None:
        self.is_joined = False
        self._step = ""
        self._printed = 0.0
        self._has_line = False

    def __call__(self, step: Step) -> None:
        """Show a step of a build, or how far a query is read."""
        from modelop_jupyter.display.progress import sentence, stage

        self.is_joined = getattr(step, "is_joined", False)
        now = time.monotonic()
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\033[K{sentence(step)[:width]}")
            sys.stderr.flush()
            self._has_line = True
        elif stage(step) != self._step or now - self._printed >= _LOG_SECONDS:
            self._step, self._printed = stage(step), now
            print(sentence(step), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Clear the line of a terminal."""
        if self._has_line:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._has_line = False


def follow(job: Job, context: Context, *, is_attached: bool = False) -> tuple[JobSummary, bool]:
    """Show a job until it ends; returns its summary, and whether Ctrl-C was pressed.

    Ctrl-C cancels the job, unless it ``is_attached``: then it only ends the display.
    """
    from modelop_jupyter.commands.jobs import summary_for

    is_kept = context.exported_model_of(job) is None
    was_interrupted = False
    with _progress() as progress:
        try:
            for update in job.follow(lines=_ATTACHED_LINES if is_attached else None):
                progress.show(update)
        except KeyboardInterrupt:
            was_interrupted = True
            if not is_attached:
                progress.show_status("cancelling…")
                job.cancel()
        progress.close(f"modelop job log {job.record.short_id}" if is_kept else None)
    return summary_for(job, context), was_interrupted


@contextmanager
def _progress() -> Iterator[_LogProgress]:
    if not sys.stderr.isatty():
        yield _LogProgress()
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("") as status:
        yield _TerminalProgress(console, status)


class _LogProgress:
    """Prints a line for each phase, and further lines at growing intervals, so that a log stays short."""

    def __init__(self) -> None:
        self._phase = ""
        self._started = time.monotonic()
        self._printed = 0.0
        self._limit = OutputLimit()

    def show(self, update: JobUpdate) -> None:
        """Show the model's new console output, and the job's progress."""
        self.show_console(update)
        now = time.monotonic()
        step = update.step.step if update.step and update.phase == "environment" else ""
        phase = f"{update.phase} {step}"
        pause = max(_LOG_SECONDS, (now - self._started) * _LOG_GROWTH)
        if update.phase == "done" or (phase == self._phase and now - self._printed < pause):
            return
        self._phase, self._printed = phase, now
        self.show_status(_sentence(update))

    def show_status(self, text: str) -> None:
        """Show a line of progress."""
        print(text, file=sys.stderr, flush=True)

    def show_console(self, update: JobUpdate) -> None:
        """Print the model's new console output, up to the limit."""
        if shown := self._limit.take(update.console):
            self.print(shown)

    def close(self, command: str | None) -> None:
        """Say how much of the model's console output was left out; ``command`` shows all of it."""
        if rest := self._limit.rest(command):
            self.print(rest)

    def print(self, text: str) -> None:
        """Print text as it is, without adding a line end."""
        sys.stderr.write(text)
        sys.stderr.flush()


class _TerminalProgress(_LogProgress):
    """Updates one line of a terminal, below the model's console output."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__()
        self._console, self._status = console, status

    def show(self, update: JobUpdate) -> None:
        self.show_console(update)
        if update.phase != "done":
            self.show_status(_sentence(update) + (f"\n{update.tail}" if update.tail else ""))

    def show_status(self, text: str) -> None:
        from rich.text import Text

        self._status.update(Text(text))

    def print(self, text: str) -> None:
        self._console.print(text.removesuffix("\n"), markup=False, emoji=False, soft_wrap=True)


def _sentence(update: JobUpdate) -> str:
    from modelop_jupyter.display.progress import line

    title, badge, detail = line(update)
    return f"{title}: {badge.text}" + (f", {detail}" if detail else "")
