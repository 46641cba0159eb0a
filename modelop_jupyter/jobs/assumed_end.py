"""The ends of jobs whose supervisor writes none, as it died or was never there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timezone

from modelop_jupyter.domain.jobs import Counts, JobError, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines import end_tree
from modelop_jupyter.jobs import fetched_inputs, job_errors
from modelop_jupyter.jobs.folder import UNREADABLE, JobFolder
from modelop_jupyter.jobs.live import live
from modelop_jupyter.jobs.outcome import Outcome, end_messages
from modelop_jupyter.jobs.protocol import ChunkList, RunnerResult
from modelop_jupyter.jobs.sharding.chunks import merge_results
from modelop_jupyter.jobs.supervision.ending import gather_partial


def assumed_end(
    record: JobRecord, folder: JobFolder, status: JobStatus, plan: Callable[[], Plan]
) -> Outcome:
    """Return the end of a job without a supervisor; processes that it left are killed."""
    end_tree(record.id)
    last, partial = record, None
    done: Counts | None = None
    # What cannot be read in its folder is missing in its end; a retry says what is damaged.
    with contextlib.suppress(*UNREADABLE):
        last = live(record, folder)
    with contextlib.suppress(*UNREADABLE):
        partial = gather_partial(plan(), folder)
    with contextlib.suppress(*UNREADABLE):
        done = _counts_of_nodes(plan(), folder)
    with contextlib.suppress(*UNREADABLE):
        fetched_inputs.remove_copies(plan(), folder)
    now, counts = datetime.now(timezone.utc), last.counts if done is None else done
    error = job_errors.of_dead_supervisor() if status is JobStatus.ERROR else None
    if error is not None and not folder.root.is_dir():
        error = job_errors.of_broken_folder(f"{folder.root} is gone")
    return Outcome(
        status=status,
        result=JobResult.FAILURE if error else JobResult.UNKNOWN,
        started=last.started or record.created,
        ended=now,
        counts=counts,
        messages=end_messages(
            received=record.created,
            started=last.started or record.created,
            ended=now,
            status=status,
            counts=counts,
            reason=error.message if error else None,
        ),
        output=partial,
        is_partial=partial is not None,
        error=error,
    )


def _counts_of_nodes(plan: Plan, folder: JobFolder) -> Counts | None:
    """Return the counts of the chunks that nodes have done, None for a job without such chunks.

    Records of unfinished chunks were reported while they ran, but their output stays on the nodes.
    """
    if plan.engine is None or not folder.has(ChunkList):
        return None
    results = [result for each in folder.workers if (result := each.read(RunnerResult))]
    return merge_results(results).counts.as_counts if results else Counts()


def broken_end(reason: str) -> Outcome:
    """Return the end of a job whose folder cannot be read."""
    return _failed(job_errors.of_broken_folder(reason))


def unstarted_end(reason: str) -> Outcome:
    """Return the end of a job whose supervisor could not be started."""
    return _failed(job_errors.of_failed_start(reason))


def _failed(error: JobError) -> Outcome:
    now = datetime.now(timezone.utc)
    return Outcome(JobStatus.ERROR, JobResult.FAILURE, started=now, ended=now, error=error)
