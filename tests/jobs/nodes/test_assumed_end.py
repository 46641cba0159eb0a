"""The end of a job on a cluster whose supervisor was killed."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.domain.jobs import Counts, JobRecord, JobResult, JobStatus
from modelop_jupyter.jobs.assumed_end import assumed_end
from modelop_jupyter.jobs.nodes import task_files
from modelop_jupyter.jobs.nodes.messages import NodeOutcome, TaskStatus
from modelop_jupyter.jobs.protocol import Progress, ResultCounts, RunnerResult
from modelop_jupyter.jobs.sharding import chunks

from .conftest import Stage

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
LINE = b'{"x": 1}\n'


@pytest.mark.parametrize("status", [JobStatus.CANCELLED, JobStatus.ERROR])
def test_what_unfinished_chunks_had_scored_is_not_counted(stage: Stage, status: JobStatus) -> None:
    """It is on their nodes, though they have told of it."""
    plan, folder = stage.job(LINE * 6)
    sizes = range(0, 6 * len(LINE), 2 * len(LINE))
    parts = [
        Chunk(str(number), 0, ByteRange(start, start + 2 * len(LINE)))
        for number, start in enumerate(sizes)
    ]
    chunks.write_chunks(folder, parts)
    result = RunnerResult("COMPLETE", "SUCCESS", ResultCounts(2, 2, 0, 0, 2), {})
    done = NodeOutcome(TaskStatus.DONE, "node", result=result)
    task_files.store_outcome(folder, parts[1], done, {"outputs/output.json.part": LINE * 2})
    folder.append(Progress(time.time(), 5, 5, 0, 0, 5, 5 * len(LINE), 6 * len(LINE)))
    record = JobRecord(
        plan.id, plan.kind, "m", 1, JobStatus.RUNNING, JobResult.UNKNOWN, created=NOW
    )
    end = assumed_end(record, folder, status, lambda: plan)

    assert end.counts == Counts(records_in=2, scored=2, records_out=2)
    assert (folder.outputs / "partial-output.json").read_bytes() == LINE * 2
