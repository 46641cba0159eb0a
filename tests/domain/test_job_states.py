"""The plain words for what became of a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain import job_states
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.job_states import JobState, state_of_phase
from modelop_jupyter.domain.jobs import Counts, JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.results.verdicts import Verdict
from modelop_jupyter.domain.wire import from_wire, to_wire

JOB = JobRecord(
    id="3f2a1c00-0000-4000-8000-000000000000",
    kind=JobKind.BATCH,
    model="churn",
    snapshot=2,
    status=JobStatus.COMPLETE,
    result=JobResult.SUCCESS,
    created=datetime(2026, 11, 29, tzinfo=timezone.utc),
)
_BAD = {"status": JobStatus.COMPLETE, "result": JobResult.FAILURE}


@pytest.mark.parametrize(
    ("changes", "text", "tone"),
    [
        ({"status": JobStatus.CREATED, "result": JobResult.UNKNOWN}, "Waiting", "busy"),
        ({"status": JobStatus.WAITING, "result": JobResult.UNKNOWN}, "Waiting", "busy"),
        ({"status": JobStatus.RUNNING, "result": JobResult.UNKNOWN}, "Running", "busy"),
        ({}, "Succeeded", "good"),
        ({**_BAD, "counts": Counts(9, failed=1)}, "Finished with 1 failed record", "bad"),
        (
            {**_BAD, "counts": Counts(9_000, rejected=1_000, failed=234)},
            "Finished with 1,234 failed records",
            "bad",
        ),
        (_BAD, "Failed", "bad"),
        ({"status": JobStatus.ERROR, "result": JobResult.FAILURE}, "Failed", "bad"),
        ({"status": JobStatus.CANCELLED, "result": JobResult.UNKNOWN}, "Cancelled", "warn"),
    ],
)
def test_each_end_has_plain_words(changes: dict[str, object], text: str, tone: str) -> None:
    """One table has the words and the colour of every status and result."""
    assert replace(JOB, **changes).state == JobState(text, tone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("passed", "state"),
    [
        (True, JobState("Succeeded", "good")),
        (False, JobState("Verdict failed", "bad")),
        (None, JobState("Verdict not decided", "warn")),
    ],
)
def test_a_verdict_takes_the_place_of_succeeded(passed: bool | None, state: JobState) -> None:
    """A job that went well is red all the same if its result failed a rule."""
    options = JobOptions().with_verdicts([Verdict("auc >= 0.9", passed, "auc is 0.8")])

    assert replace(JOB, options=options).state == state


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        ("waiting", "Waiting"),
        ("environment", "Preparing the environment"),
        ("running", "Running"),
    ],
)
def test_a_running_job_says_what_it_does(phase: str, text: str) -> None:
    """Each phase of a job that has not ended has its words."""
    assert state_of_phase(phase) == JobState(text, "busy")


def test_the_documentation_has_every_word() -> None:
    """Whoever reads one can look it up."""
    text = (Path(__file__).parents[2] / "docs/how-to/errors.md").read_text()
    named = [
        job_states.WAITING,
        job_states.PREPARING,
        job_states.RUNNING,
        job_states.SUCCEEDED,
        job_states.FAILED,
        job_states.CANCELLED,
        job_states.VERDICT_FAILED,
        job_states.VERDICT_OPEN,
    ]

    assert [state.text for state in named if f"| {state.text} |" not in text] == []


def test_json_has_the_words_beside_those_of_modelop() -> None:
    """``status`` and ``result`` keep ModelOp's words, ``state`` has the plain ones."""
    wire = to_wire(JOB)

    assert (wire["status"], wire["result"]) == ("COMPLETE", "SUCCESS")
    assert wire["state"] == {"text": "Succeeded", "tone": "good"}
    assert from_wire(JobRecord, wire) == JOB
