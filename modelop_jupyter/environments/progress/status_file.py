"""The status of a build for other processes: its current step, or why it failed.

``status/<name>.json`` is replaced in one step by the process that holds the file lock of the same
name, and read by any process. An error while writing one never stops a build.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import BuildFailure, BuildStep
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.environments.progress.output_parser import OutputParser
from modelop_jupyter.errors import (
    EnvironmentBuildError,
    ModelOpError,
    PackagesUnavailableError,
)
from modelop_jupyter.processes import start_time

_WRITE_SECONDS = 0.2
_TOLERANCE_SECONDS = 1.0

Progress = Callable[[BuildStep], None]


@dataclass(frozen=True, slots=True)
class BuildStatus:
    """The process that builds, since when (epoch seconds), and its step or failure so far.

    ``is_unavailable``: it failed for a file that could not be had.
    """

    pid: int
    began: float
    step: BuildStep | None = None
    failure: BuildFailure | None = None
    is_unavailable: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether the building process still runs."""
        started = start_time(self.pid)
        # A process that started after the build only has the same id.
        return started is not None and started < self.began + _TOLERANCE_SECONDS

    @property
    def current_step(self) -> BuildStep | None:
        """The step as another process shows it, with the seconds until now."""
        if self.step is None:
            return None
        return replace(self.step, seconds=max(0.0, time.time() - self.began), is_joined=True)


class BuildStatusFiles:
    """The folder of status files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> BuildStatus | None:
        """Return a status, None where there is none or it cannot be read."""
        try:
            return from_wire(BuildStatus, json.loads(self._path(name).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, name: str, status: BuildStatus) -> None:
        """Replace a status; what cannot be written is passed over."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            files.write_text(self._path(name), json.dumps(to_wire(status)), durable=False)

    def remove(self, name: str) -> None:
        """Remove a status if it is there."""
        with suppress(OSError):
            self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


class Reporter:
    """Report the progress of one build: to a callback, and to the status file of its name.

    Used by the process that holds the file lock of that name.
    """

    def __init__(self, name: str, statuses: BuildStatusFiles, progress: Progress) -> None:
        self._name = name
        self._statuses = statuses
        self._progress = progress
        self._began = time.time()
        self._step = BuildStep("starting", "")
        self._published: BuildStep | None = None
        self._published_at = 0.0
        self._parser = OutputParser()

    def start(self, step: str, text: str) -> None:
        """Begin a step, such as ``resolving``; ``text`` says what of."""
        self._parser = OutputParser()
        self._published_at = 0.0
        self._change(BuildStep(step, text))

    def parse(self, line: str | None) -> None:
        """Take the progress from a line of a tool's output; None is a second without output."""
        step = self._parser.parse(line) if line else None
        if step is not None and step != self._step:
            self._change(step)
        elif line is None:
            # A step that came too soon after another is published now: a download may have stopped.
            self._publish()

    def fail(self, error: ModelOpError) -> None:
        """Keep the failure in the status file, until the next build of this name."""
        status = BuildStatus(
            os.getpid(),
            self._began,
            failure=failure_of(error),
            is_unavailable=isinstance(error, PackagesUnavailableError),
        )
        self._statuses.write(self._name, status)

    def close(self) -> None:
        """Remove the status file, as nothing is built any more."""
        self._statuses.remove(self._name)

    def _change(self, step: BuildStep) -> None:
        is_new = step.step != self._step.step
        self._step = step
        now = time.monotonic()
        # Tools report downloads and installed packages many times a second.
        if is_new or now - self._published_at >= _WRITE_SECONDS:
            self._published_at = now
            self._publish()

    def _publish(self) -> None:
        if self._step is not self._published:
            self._published = self._step
            self._statuses.write(self._name, BuildStatus(os.getpid(), self._began, self._step))
        seconds = max(0.0, time.time() - self._began)
        self._progress(replace(self._step, seconds=seconds))


def failure_of(error: ModelOpError) -> BuildFailure:
    """Return an error as the failure that a status file keeps."""
    moment = datetime.now(timezone.utc)
    if not isinstance(error, EnvironmentBuildError):
        return BuildFailure(str(error), error.message, moment, error.hint)
    return BuildFailure(
        message=error.cause,
        reason=error.reason,
        moment=moment,
        remedy=error.remedy,
        asset=error.asset,
        line=error.line,
        requirement=error.requirement,
        log=error.log,
    )


def error_of(failure: BuildFailure, *, is_unavailable: bool) -> EnvironmentBuildError:
    """Return a failure as an error, for a process that waited for the build that failed."""
    kind = PackagesUnavailableError if is_unavailable else EnvironmentBuildError
    return kind(
        failure.reason,
        remedy=failure.remedy,
        asset=failure.asset,
        line=failure.line,
        requirement=failure.requirement,
        log=failure.log,
    )
