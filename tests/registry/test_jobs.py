"""Jobs are recorded, followed, and ended once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import (
    SUPERVISOR_DIED,
    Counts,
    JobError,
    JobInput,
    JobKind,
    JobResult,
    JobStatus,
)
from modelop_jupyter.errors import (
    ConflictError,
    JobNotFoundError,
    ModelNotFoundError,
    SnapshotNotFoundError,
)

from .saving import save_model


def test_a_job_comes_back_as_it_was(churn, make, now):
    """Every field makes the round trip."""
    job = make.job(
        "0123456789",
        kind=JobKind.METRICS,
        status=JobStatus.ERROR,
        result=JobResult.FAILURE,
        started=now,
        ended=now + timedelta(microseconds=1),
        inputs=(JobInput("scored.csv", "/data/scored.csv", "csv", 12, "sha256:1"),),
        output="/data/out.json",
        parameters={"threshold": 0.5, "names": ["a", None]},
        options=JobOptions({"limit": 3}),
        counts=Counts(5, 2, 2, 1, 2),
        messages=("état", "two\nlines"),
        environment="abc",
        packages=12,
        error=JobError("x", "no", details={"stage": "init"}),
    )
    churn.add_job(job)

    assert churn.get_job(job.id) == job


def test_a_job_needs_its_snapshot(churn, make):
    """Every job points at an immutable snapshot (issue 2)."""
    with pytest.raises(SnapshotNotFoundError, match=r"'churn@2'\. Did you mean 'churn@1'"):
        churn.add_job(make.job("0123456789", snapshot=2))
    with pytest.raises(ModelNotFoundError):
        churn.add_job(make.job("0123456789", model="nobody"))
    assert churn.list_jobs() == []


def test_an_id_is_used_once(churn, make):
    """A second job of the same id is refused, and the first stays."""
    churn.add_job(make.job("0123456789"))

    with pytest.raises(ConflictError, match="the registry refused a change"):
        churn.add_job(make.job("0123456789", kind=JobKind.METRICS))
    assert churn.get_job("0123456789").kind is JobKind.BATCH


@pytest.mark.parametrize("prefix", ["01ab", "01ab-cd", "01AB-CDEF", "01ab-cdef-8"])
def test_the_beginning_of_an_id_names_a_job(churn, make, prefix):
    """Four digits are enough when no other job begins with them, in any case."""
    job = make.job("01ab-cdef-89")
    churn.add_job(job)
    churn.add_job(make.job("01ac-cdef-89"))

    assert churn.get_job(prefix) == job


@pytest.mark.parametrize("prefix", ["012", "", "9999", "0123456789a", "01_3", "01%"])
def test_what_begins_no_job_names_none(churn, make, prefix):
    """Fewer than four digits name nothing; nothing in them is a wildcard."""
    churn.add_job(make.job("0123456789"))

    with pytest.raises(JobNotFoundError):
        churn.get_job(prefix)


def test_an_ambiguous_beginning_is_a_conflict(churn, make):
    """The user must write more digits."""
    churn.add_job(make.job("01234aaa"))
    churn.add_job(make.job("01234bbb"))

    with pytest.raises(ConflictError, match="several jobs begin with '01234'"):
        churn.get_job("01234")


def test_a_whole_id_is_never_ambiguous(churn, make):
    """An id that is the beginning of another one names its own job."""
    churn.add_job(make.job("01234"))
    churn.add_job(make.job("012345"))

    assert churn.get_job("01234").id == "01234"


def test_the_end_of_a_job_needs_the_whole_id(churn, make):
    """Only users abbreviate."""
    churn.add_job(make.job("0123456789"))

    with pytest.raises(JobNotFoundError):
        churn.finish_job(make.job("01234567", status=JobStatus.COMPLETE))


def test_a_job_ends_once(churn, make, now):
    """Who comes second changes nothing: the end that is on record stays."""
    job = make.job("0123456789")
    churn.add_job(job)
    complete = replace(job, status=JobStatus.COMPLETE, result=JobResult.SUCCESS, ended=now)

    assert churn.finish_job(complete)
    assert not churn.finish_job(replace(job, status=JobStatus.CANCELLED))
    assert not churn.finish_job(complete)
    assert churn.get_job(job.id) == complete


@pytest.mark.parametrize(
    ("code", "is_corrected"), [(SUPERVISOR_DIED, True), ("model_error", False)]
)
def test_an_end_that_was_assumed_gives_way_to_one_that_is_known(
    churn, make, now, code, is_corrected
):
    """Issue 11, number 3: whoever took the supervisor for dead may have been wrong."""
    job = make.job("0123456789", status=JobStatus.RUNNING)
    churn.add_job(job)
    error = JobError(code, "gone")
    ended = replace(job, status=JobStatus.ERROR, ended=now, error=error)
    complete = replace(job, status=JobStatus.COMPLETE, result=JobResult.SUCCESS, ended=now)

    assert churn.finish_job(ended)
    assert not churn.finish_job(replace(ended, error=replace(error, code=SUPERVISOR_DIED)))
    assert churn.finish_job(complete) is is_corrected
    assert churn.get_job(job.id) == (complete if is_corrected else ended)


def test_only_a_final_status_ends_a_job(churn, make):
    """RUNNING is no end."""
    job = make.job("0123456789", status=JobStatus.RUNNING)
    churn.add_job(job)

    with pytest.raises(ValueError, match="RUNNING is not the end"):
        churn.finish_job(job)


def test_jobs_are_listed_newest_first(churn, make, now):
    """As many as are asked for."""
    for minute in range(4):
        churn.add_job(make.job(f"job-{minute}", created=now + timedelta(minutes=minute)))

    assert [job.id for job in churn.list_jobs(limit=3)] == ["job-3", "job-2", "job-1"]
    assert len(churn.list_jobs(limit=None)) == 4


def test_jobs_of_one_model_are_listed(churn, make, now):
    """`jobs --model NAME`; a name that never was is an error."""
    save_model(churn, "other", make.state(), now=now)
    churn.take_snapshot("other", now=now)
    churn.add_job(make.job("job-1"))
    churn.add_job(make.job("job-2", model="other"))

    assert [job.id for job in churn.list_jobs(model="other")] == ["job-2"]
    with pytest.raises(ModelNotFoundError):
        churn.list_jobs(model="nobody")


def test_running_jobs_are_all_that_have_not_ended(churn, make):
    """`jobs --running` shows those that wait, too."""
    for status in JobStatus:
        churn.add_job(make.job(f"job-{status.value}", status=status))

    assert {job.status for job in churn.list_jobs(running=True)} == {
        JobStatus.CREATED,
        JobStatus.WAITING,
        JobStatus.RUNNING,
    }
