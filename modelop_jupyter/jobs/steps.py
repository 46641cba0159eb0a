"""The environment's progress as events of a job: what is new, and not that it still goes on."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.jobs.folder import JobFolder

_SECONDS = 0.2


class StepEvents:
    """Called with every step of a build; the job is in the phase ``environment`` from the first on."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._last: BuildStep | None = None
        self._at = 0.0

    def __call__(self, step: BuildStep) -> None:
        if self._last is None:
            self._folder.append("phase", phase="environment")
        elif dataclasses.replace(step, seconds=self._last.seconds) == self._last or (
            step.step == self._last.step and time.monotonic() - self._at < _SECONDS
        ):
            return
        begins = self._last is None or step.step != self._last.step
        self._last, self._at = step, time.monotonic()
        self._folder.append("environment", begins=begins, **to_wire(step))


def step_of(event: dict[str, Any], *, until: float) -> BuildStep:
    """Return the step that an event tells of, with the seconds that have gone by since."""
    step = from_wire(BuildStep, event)
    return dataclasses.replace(step, seconds=step.seconds + max(0.0, until - event["t"]))
