"""What a build tells other processes: its last step, or why it failed, in a small file of its own.

    status/<name>.json    beside the guard of the same name; written in one step, read by anybody

A note is never a reason to stop: without one, others only know less.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import BuildFailure, BuildStep
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.errors import EnvironmentBuildError, ModelOpError

_SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Note:
    """Who works on it since when (epoch seconds), and what came of it so far."""

    pid: int
    began: float
    step: BuildStep | None = None
    failure: BuildFailure | None = None

    @property
    def is_alive(self) -> bool:
        """Say whether that very process still runs: one with its number began later."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            return (
                process.status() != psutil.STATUS_ZOMBIE
                and process.create_time() < self.began + _SLACK
            )
        except psutil.Error:
            return False

    @property
    def current(self) -> BuildStep | None:
        """The step with the seconds until now, as others see it."""
        if self.step is None:
            return None
        return replace(self.step, seconds=max(0.0, time.time() - self.began), is_joined=True)


class Notes:
    """The folder of notes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Note | None:
        """Return a note, None where there is none or it cannot be read."""
        try:
            return from_wire(Note, json.loads((self._folder / f"{name}.json").read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, name: str, note: Note) -> None:
        """Put a note where others see it."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            files.write_text(
                self._folder / f"{name}.json", json.dumps(to_wire(note)), durable=False
            )

    def remove(self, name: str) -> None:
        """Take a note away."""
        with suppress(OSError):
            (self._folder / f"{name}.json").unlink()


def failure_of(error: ModelOpError) -> BuildFailure:
    """Return what is kept of an error."""
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


def error_of(failure: BuildFailure) -> EnvironmentBuildError:
    """Return the error again, for somebody who has waited for the attempt that failed."""
    return EnvironmentBuildError(
        failure.reason,
        remedy=failure.remedy,
        asset=failure.asset,
        line=failure.line,
        requirement=failure.requirement,
        log=failure.log,
    )
