"""The state of a job in plain words: one table for magic, command line, panel and sidebar.

ModelOp's own words, ``COMPLETE`` and ``SUCCESS``, stay in the job's ``status`` and ``result``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class StateKind(str, Enum):
    """A kind of state, by which lists of jobs are filtered and sorted; the registry keeps it."""

    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHED_WITH_FAILED = "finished_with_failed_records"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    VERDICT_FAILED = "verdict_failed"
    VERDICT_OPEN = "verdict_not_decided"

    __str__ = str.__str__

    @property
    def label(self) -> str:
        """The words of the kind in a choice; those of one job say more."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class JobState:
    """What a job does or what became of it: ``text`` for people, ``tone`` for the colour."""

    text: str
    tone: Literal["good", "bad", "warn", "busy"]

    @property
    def kind(self) -> StateKind:
        """The kind of this state; a job that has not ended is RUNNING, whatever it does or awaits."""
        return _KINDS.get(self.text, StateKind.FINISHED_WITH_FAILED)


WAITING = JobState("Waiting", "busy")
PREPARING = JobState("Preparing the environment", "busy")
RUNNING = JobState("Running", "busy")
SUCCEEDED = JobState("Succeeded", "good")
FAILED = JobState("Failed", "bad")
CANCELLED = JobState("Cancelled", "warn")
VERDICT_FAILED = JobState("Verdict failed", "bad")
VERDICT_OPEN = JobState("Verdict not decided", "warn")

# By the text; the only one that is not here has a number in it.
_KINDS = {
    WAITING.text: StateKind.RUNNING,
    PREPARING.text: StateKind.RUNNING,
    RUNNING.text: StateKind.RUNNING,
    SUCCEEDED.text: StateKind.SUCCEEDED,
    FAILED.text: StateKind.FAILED,
    CANCELLED.text: StateKind.CANCELLED,
    VERDICT_FAILED.text: StateKind.VERDICT_FAILED,
    VERDICT_OPEN.text: StateKind.VERDICT_OPEN,
}

# By the status of ModelOp; COMPLETE needs a look at the result.
BY_STATUS = {
    "CREATED": WAITING,
    "WAITING": WAITING,
    "RUNNING": RUNNING,
    "ERROR": FAILED,
    "CANCELLED": CANCELLED,
}
_BY_PHASE = {"waiting": WAITING, "environment": PREPARING}


def state_of_phase(phase: str) -> JobState:
    """Return the state of a job that has not ended, by what it does now."""
    return _BY_PHASE.get(phase, RUNNING)


def completed(*, is_success: bool, bad_records: int, has_passed: bool | None) -> JobState:
    """Return the state of a job that went through all its records; ``has_passed`` is of its verdicts."""
    if has_passed is False:
        return VERDICT_FAILED
    if not is_success:
        return _with_bad(bad_records) if bad_records else FAILED
    return VERDICT_OPEN if has_passed is None else SUCCEEDED


def _with_bad(records: int) -> JobState:
    noun = "record" if records == 1 else "records"
    return JobState(f"Finished with {records:,} failed {noun}", "bad")
