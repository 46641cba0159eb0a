"""A job or a build in a terminal: one line that changes on a terminal, few lines in a log file."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelop_jupyter.commands.echo import Echo
from modelop_jupyter.commands.job import summary
from modelop_jupyter.domain.reports import JobSummary, JobUpdate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from modelop_jupyter.domain.environments import BuildStep
    from modelop_jupyter.workspace import Job, Workspace

_SPARSE_SECONDS = 10.0
_SPARSER = 0.2
_ATTACHED_LINES = 10


class BuildLine:
    """What a build is at: a line that changes on a terminal, one for each step in a log file. Close it.

    ``is_joined`` says that somebody else builds what is waited for.
    """

    def __init__(self) -> None:
        self.is_joined = False
        self._step = ""
        self._shown = 0.0
        self._has_line = False

    def __call__(self, step: BuildStep) -> None:
        """Show a step."""
        from modelop_jupyter.display.environments import sentence

        self.is_joined = step.is_joined
        now = time.monotonic()
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\033[K{sentence(step)[:width]}")
            sys.stderr.flush()
            self._has_line = True
        elif step.step != self._step or now - self._shown >= _SPARSE_SECONDS:
            self._step, self._shown = step.step, now
            print(sentence(step), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Free the line of a terminal."""
        if self._has_line:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._has_line = False


def follow(job: Job, workspace: Workspace, *, is_attached: bool = False) -> tuple[JobSummary, bool]:
    """Show a job until it ends; returns its summary and whether there was a Ctrl-C.

    Ctrl-C cancels the job, but not one that was attached to: it only leaves that alone.
    """
    was_interrupted = False
    with _line() as line:
        try:
            for update in job.follow(lines=_ATTACHED_LINES if is_attached else None):
                line.show(update)
        except KeyboardInterrupt:
            was_interrupted = True
            if not is_attached:
                line.say("cancelling…")
                job.cancel()
    return summary(job, workspace), was_interrupted


@contextmanager
def _line() -> Iterator[_Sparse]:
    if not sys.stderr.isatty():
        yield _Sparse()
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("") as status:
        yield _Live(console, status)


class _Sparse:
    """A line for each phase, and one now and then: ever less often, so that a log stays short."""

    def __init__(self) -> None:
        self._phase = ""
        self._begun = time.monotonic()
        self._shown = 0.0
        self._output = Echo()

    def show(self, update: JobUpdate) -> None:
        self.pass_on(update)
        now = time.monotonic()
        step = update.step.step if update.step and update.phase == "environment" else ""
        phase = f"{update.phase} {step}"
        pause = max(_SPARSE_SECONDS, (now - self._begun) * _SPARSER)
        if update.phase == "done" or (phase == self._phase and now - self._shown < pause):
            return
        self._phase, self._shown = phase, now
        self.say(_sentence(update))

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def pass_on(self, update: JobUpdate) -> None:
        """Show what the model printed, as far as it is not too much."""
        if not update.console or self._output.is_full():
            return
        self.echo(self._output.let_through(update.console))
        if self._output.is_full():
            self.echo(f"… more in: modelop job log {update.record.short_id}\n")

    def echo(self, text: str) -> None:
        """Print a piece of text as it is."""
        sys.stderr.write(text)
        sys.stderr.flush()


class _Live(_Sparse):
    """One line that is written over, below what the model prints."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__()
        self._console, self._status = console, status

    def show(self, update: JobUpdate) -> None:
        self.pass_on(update)
        if update.phase != "done":
            self.say(_sentence(update) + (f"\n{update.tail}" if update.tail else ""))

    def say(self, text: str) -> None:
        from rich.text import Text

        self._status.update(Text(text))

    def echo(self, text: str) -> None:
        self._console.print(text.removesuffix("\n"), markup=False, emoji=False, soft_wrap=True)


def _sentence(update: JobUpdate) -> str:
    from modelop_jupyter.display.progress import line

    title, badge, detail = line(update)
    return f"{title}: {badge.text}" + (f", {detail}" if detail else "")
