"""A job or a build in a terminal: one line that changes on a terminal, few lines in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelop_jupyter.commands.job import summary
from modelop_jupyter.domain.reports import JobSummary, JobUpdate

if TYPE_CHECKING:
    from modelop_jupyter.domain.environments import BuildStep
    from modelop_jupyter.workspace import Job

_SPARSE_SECONDS = 10.0


def show_step(step: BuildStep) -> None:
    """Say what a build is at."""
    print(f"{step.step}: {step.text}", file=sys.stderr)


def follow(job: Job) -> tuple[JobSummary, bool]:
    """Show a job until it ends; Ctrl-C cancels it. Returns its summary and whether it was Ctrl-C."""
    was_interrupted = False
    with _line() as line:
        try:
            for update in job.follow():
                line.show(update)
        except KeyboardInterrupt:
            was_interrupted = True
            line.say("cancelling…")
            job.cancel()
    return summary(job), was_interrupted


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
    """A line for each phase, and one now and then."""

    def __init__(self) -> None:
        self._phase = ""
        self._shown = 0.0

    def show(self, update: JobUpdate) -> None:
        if update.console:
            self.echo(update.console)
        now = time.monotonic()
        phase = f"{update.phase} {update.step.step if update.step else ''}"
        if update.phase == "done" or (phase == self._phase and now - self._shown < _SPARSE_SECONDS):
            return
        self._phase, self._shown = phase, now
        self.say(_sentence(update))

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def echo(self, text: str) -> None:
        """Pass on what the model printed."""
        sys.stderr.write(text)
        sys.stderr.flush()


class _Live(_Sparse):
    """One line that is written over, below what the model prints."""

    def __init__(self, console: object, status: object) -> None:
        super().__init__()
        self._console, self._status = console, status

    def show(self, update: JobUpdate) -> None:
        if update.console:
            self.echo(update.console)
        self._status.update(_escaped(_sentence(update)))

    def say(self, text: str) -> None:
        self._status.update(_escaped(text))

    def echo(self, text: str) -> None:
        self._console.print(text, end="", markup=False, soft_wrap=True)


def _sentence(update: JobUpdate) -> str:
    from modelop_jupyter.display.jobs import line

    title, badge, detail = line(update)
    return f"{title}: {badge.text}" + (f", {detail}" if detail else "")


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
