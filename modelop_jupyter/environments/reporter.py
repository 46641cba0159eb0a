"""Where a build is at: told to whoever asked for it, and noted for those who wait for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.environments.notes import Note, Notes, failure_of
from modelop_jupyter.environments.telling import Telling
from modelop_jupyter.errors import ModelOpError

_NOTE_SECONDS = 0.2

Progress = Callable[[BuildStep], None]


class Reporter:
    """The progress of one attempt, made by the holder of the guard of that name."""

    def __init__(self, name: str, notes: Notes, progress: Progress) -> None:
        self._name = name
        self._notes = notes
        self._progress = progress
        self._began = time.time()
        self._step = BuildStep("starting", "")
        self._written: BuildStep | None = None
        self._noted = 0.0
        self._telling = Telling()

    def say(self, step: str, text: str) -> None:
        """Begin a step."""
        self._telling = Telling()
        self._noted = 0.0
        self._tell(BuildStep(step, text))

    def hear(self, line: str | None) -> None:
        """Take in a line of a tool's output; None is a second in which it was silent."""
        told = self._telling.hear(line) if line else None
        if told is not None and told != self._step:
            self._tell(told)
        elif line is None:
            # What was passed over lately is caught up with: a download may have come to a halt.
            self._publish()

    def fail(self, error: ModelOpError) -> None:
        """Leave a note of the failure, until the next attempt."""
        self._notes.write(self._name, Note(os.getpid(), self._began, failure=failure_of(error)))

    def close(self) -> None:
        """Take the note away, as nothing is being done."""
        self._notes.remove(self._name)

    def _tell(self, step: BuildStep) -> None:
        is_new = step.step != self._step.step
        self._step = step
        now = time.monotonic()
        # A download tells of itself many times a second, and so does what puts packages in place.
        if is_new or now - self._noted >= _NOTE_SECONDS:
            self._noted = now
            self._publish()

    def _publish(self) -> None:
        if self._step is not self._written:
            self._written = self._step
            self._notes.write(self._name, Note(os.getpid(), self._began, self._step))
        seconds = max(0.0, time.time() - self._began)
        self._progress(replace(self._step, seconds=seconds))
