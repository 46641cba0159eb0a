"""Records that fail transiently are tried again, in every way to run a job."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import Counts, JobResult, JobStatus
from modelop_jupyter.errors import InvalidError

from .jobs import numbers, register

pytestmark = pytest.mark.slow

FLAKY = """\
yield {'part': r['x']}
tries[r['x']] = tries.get(r['x'], 0) + 1
if r['x'] % 5 == 2 and tries[r['x']] == 1: raise ConnectionError('busy')
yield {'y': r['x']}"""


@pytest.mark.parametrize("workers", [None, 2])
def test_transient_failures_leave_no_trace_but_in_the_counts(
    workspace: Workspace, workers: int | None
) -> None:
    """Issue 8, 42: the output is that of a run without failures; a rerun has the same options."""
    steady = workspace.batch(
        register(workspace, "yield {'part': r['x']}\nyield {'y': r['x']}"), [numbers(10)]
    ).wait(300)
    model = register(workspace, FLAKY, before="tries = {}")
    job = workspace.batch(
        model, [numbers(10)], workers=workers, retry=2, retry_on=[ConnectionError]
    ).wait(300)
    again = workspace.job_rerun(job.id).wait(300)

    for each in (job, again):
        assert (each.status, each.result) == (JobStatus.COMPLETE, JobResult.SUCCESS), each.log()
        assert each.counts == Counts(10, 10, 0, 0, 20, retried=2, retries=2)
        assert each.output is not None
        assert steady.output is not None
        assert each.output.read_bytes() == steady.output.read_bytes()
    assert steady.counts == Counts(10, 10, 0, 0, 20)
    assert any(
        "2 records retried, in 2 further tries" in message for message in job.record.messages
    )
    assert "ConnectionError: busy; the record is tried again in" in job.log()
    assert "try 2 of 3" in job.log()


def test_a_limit_for_a_record_is_one_for_each_try(workspace: Workspace) -> None:
    """Two tries and the pause between them may take longer than --record-timeout together."""
    body = "global n\nn += 1\ntime.sleep(3)\nif n < 3: raise TimeoutError('late')\nreturn r"
    model = register(workspace, body, before="n = 0")
    job = workspace.batch(
        model, [numbers(1)], record_timeout=7, retry=2, retry_on="TimeoutError"
    ).wait(300)

    assert job.counts == Counts(1, 1, 0, 0, 1, retried=1, retries=2), job.log()


def test_failed_records_are_retried_with_tries_that_the_job_did_not_have(
    workspace: Workspace,
) -> None:
    """What still fails says how often it was tried."""
    body = "if r['x'] == 1 or not os.path.exists({!r}): raise ConnectionError('down')\nreturn r"
    up = Path("up").absolute()
    model = register(workspace, body.format(str(up)))
    job = workspace.batch(model, [numbers(3)]).wait(300)
    up.touch()
    again = workspace.job_retry(job.id, failed=True, retry=1).wait(300)

    assert [error.tries for error in job.errors()] == [None] * 3
    assert [(error.index, error.tries) for error in again.errors()] == [(1, 2)]
    assert again.errors()[0].reason == "ConnectionError: down (tried 2 times)"
    assert again.counts == Counts(3, 2, 0, 1, 2, retried=1, retries=1)


def test_a_job_is_cancelled_in_a_pause(workspace: Workspace) -> None:
    """Nobody waits for the next try."""
    model = register(workspace, "raise ConnectionError('down')")
    job = workspace.batch(model, [numbers(1)], retry=100)
    while not job.counts.retries or job.counts.retries < 4:
        assert not job.status.is_done, job.log()
        time.sleep(0.05)

    assert job.cancel().status is JobStatus.CANCELLED
    assert job.counts.retries == 4


def test_wrong_retries_are_refused_before_anything_runs(workspace: Workspace) -> None:
    """One clear sentence each."""
    model = register(workspace, "return r")
    with pytest.raises(InvalidError, match="a record cannot be tried again 0 times"):
        workspace.batch(model, [numbers(1)], retry=0)
    with pytest.raises(InvalidError, match="'not a name' is not the name of an exception"):
        workspace.batch(model, [numbers(1)], retry_on="not a name")
    assert workspace.jobs() == []
