"""The state of a job in plain words: one table for magic, command line, panel and sidebar.

ModelOp's own words, ``COMPLETE`` and ``SUCCESS``, stay in the job's ``status`` and ``result``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class JobState:
    """What a job does or what became of it: ``text`` for people, ``tone`` for the colour."""

    text: str
    tone: Literal["good", "bad", "warn", "busy"]


WAITING = JobState("Waiting", "busy")
PREPARING = JobState("Preparing the environment", "busy")
RUNNING = JobState("Running", "busy")
SUCCEEDED = JobState("Succeeded", "good")
FAILED = JobState("Failed", "bad")
CANCELLED = JobState("Cancelled", "warn")
VERDICT_FAILED = JobState("Verdict failed", "bad")
VERDICT_OPEN = JobState("Verdict not decided", "warn")

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
