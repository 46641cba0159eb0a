"""A registry with as many jobs as a busy team has in a year."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from modelop_jupyter import Workspace
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.registry.rows import job_values
from modelop_jupyter.registry.tables import jobs

MODELS = ("churn", "diabetes", "fraud", "house-prices", "next-best-offer", "returns")
_FAILED_VERDICT = {"rule": "auc >= 0.9", "passed": False, "reason": "auc is 0.81"}


def record_jobs(workspace: Workspace, count: int, folder: Path) -> None:
    """Put jobs on record that ended in all the ways there are, ten minutes apart, the newest now.

    The sources of their models are written into the folder.
    """
    places = []
    for name in MODELS:
        (folder / f"{name}.py").write_text(
            f"# {name}\n# modelop.score\ndef score(r):\n    yield r\n"
        )
        model = workspace.register(name, folder / f"{name}.py").model
        places.append({"model_id": model.id, "snapshot_id": workspace.snapshot(name).id})
    now = datetime.now(timezone.utc)
    rows = [
        {**job_values(_job(number, now)), **places[number % len(MODELS)]} for number in range(count)
    ]
    # One transaction: thousands would wait for the disk.
    with workspace.registry._database.writing() as connection:
        connection.execute(jobs.insert(), rows)


def _job(number: int, now: datetime) -> JobRecord:
    created = now - timedelta(minutes=10 * number + 1)
    name = f"customers-{number % 500:03}.csv"
    read = 1_000 + number % 9_000
    job = JobRecord(
        f"{number:08x}-0000-4000-8000-000000000000",
        JobKind.BATCH,
        MODELS[number % len(MODELS)],
        1,
        JobStatus.COMPLETE,
        JobResult.SUCCESS,
        created,
        created,
        created + timedelta(seconds=1 + number * 7919 % 3600 / 10),
        (JobInput(name, f"/data/{name}", "csv", 1000 * read),),
        counts=Counts(read, read, 0, 0, read),
    )
    if number % 10 == 3:
        counts = Counts(read, read - 12, 5, 7, read - 12)
        return replace(job, result=JobResult.FAILURE, counts=counts)
    if number % 10 == 5:
        options = JobOptions({"verdicts": [_FAILED_VERDICT]})
        return replace(job, kind=JobKind.METRICS, options=options, counts=Counts())
    if number % 10 == 7:
        return replace(job, status=JobStatus.ERROR, result=JobResult.FAILURE, counts=Counts())
    if number % 50 == 9:
        return replace(job, status=JobStatus.CANCELLED, result=JobResult.UNKNOWN)
    return job
