"""Outputs below a prefix: each chunk of a job is an object of its own, written when it is done."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.commands.jobs import summary
from modelop_jupyter.display import text
from modelop_jupyter.domain.jobs import JobResult, JobStatus
from modelop_jupyter.errors import ConflictError, InvalidError, ObjectChangedError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import StoredOutput
from tests.clusters import kill_supervisor, wait_until
from tests.object_store import ObjectStore

from .jobs import numbers, register

pytestmark = pytest.mark.slow

RECORDS = 3_000
BODY = "if r['x'] % 500 == 7: raise ValueError(r['x'])\nreturn {'x': r['x'], 'y': r['x'] * 2}"


def content(store: ObjectStore, bucket: str, prefix: str = "scores/") -> bytes:
    """Return what the objects below a prefix hold together, in the order of their names."""
    keys = [key for key in store.keys(bucket) if key.startswith(prefix)]
    return b"".join(store.get(bucket, key) for key in sorted(keys))


def joined(workspace: Workspace, model: str, **options: object) -> Job:
    """Return a job of one runner, whose output is one file."""
    job = workspace.batch(model, ["in.json"], **options).wait(300)  # type: ignore[arg-type]
    assert job.output is not None, job.log()
    return job


def names(job: Job) -> list[str]:
    return [part.state.address.rpartition("/")[2] for part in job.parts]


def test_each_chunk_is_an_object(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: together they are the joined output, also read again as an input."""
    model = register(workspace, BODY)
    numbers(RECORDS)
    whole = joined(workspace, model)
    prefix = f"s3://{bucket}/scores/"
    job = workspace.batch(model, ["in.json"], output=prefix, workers=3).wait(300)
    again = workspace.batch(model, prefix).wait(300)

    assert job.status is JobStatus.COMPLETE, job.log()
    assert whole.output is not None
    assert object_store.keys(bucket) == [f"scores/part-00000{n}.json" for n in range(3)]
    assert content(object_store, bucket) == whole.output.read_bytes()
    assert names(job) == ["part-000000.json", "part-000001.json", "part-000002.json"]
    assert job.record.output == prefix
    assert job.output is None
    assert "3 objects, one for each chunk" in text(summary(job, workspace), program="modelop")
    assert list(job.records()) == list(whole.records())
    assert job.counts == whole.counts
    assert job.folder.errors_file.read_bytes() == whole.folder.errors_file.read_bytes()
    assert again.counts.records_in == whole.counts.records_out
    assert not list(job.folder.outputs.iterdir())


def test_parts_of_csv_have_a_header_each(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: the name of the prefix asks for CSV; positions of bad records are those of the whole."""
    model = register(workspace, BODY)
    numbers(RECORDS)
    whole = joined(workspace, model, output="scores.csv")
    prefix = f"s3://{bucket}/scores.csv/"
    job = workspace.batch(model, ["in.json"], output=prefix, workers=2).wait(300)
    tables = [
        list(csv.DictReader(io.StringIO(object_store.get(bucket, key).decode())))
        for key in object_store.keys(bucket)
    ]

    assert names(job) == ["part-000000.csv", "part-000001.csv"], job.log()
    assert [table[0].keys() for table in tables] == [{"x": 0, "y": 0}.keys()] * 2
    assert list(job.records()) == list(whole.records())
    assert job.folder.errors_file.read_bytes() == whole.folder.errors_file.read_bytes()
    assert job.to_frame().equals(whole.to_frame())


def test_a_chunk_without_output_has_no_object(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: an empty file is no CSV, and names need not follow without a gap."""
    model = register(workspace, "if r['x'] > 2500: yield r")
    numbers(RECORDS)
    prefix = f"s3://{bucket}/scores/"
    job = workspace.batch(model, ["in.json"], output=prefix, workers=3).wait(300)
    none = workspace.batch(
        register(workspace, "if r['x'] < 0: yield r"),
        ["in.json"],
        output=f"{prefix}none/",
        workers=2,
    ).wait(300)

    assert names(job) == ["part-000002.json"], job.log()
    assert [record["x"] for record in job.records()] == list(range(2501, RECORDS))
    assert none.status is JobStatus.COMPLETE, none.log()
    assert list(none.records()) == []


def test_a_job_that_is_not_cut_puts_one_object_there(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: with the name of the output in the job's folder, in the format of the prefix."""
    model = register(workspace, BODY)
    numbers(20)
    job = workspace.batch(model, ["in.json"], output=f"s3://{bucket}/scores.csv/").wait(300)

    assert object_store.keys(bucket) == ["scores.csv/output.csv"], job.log()
    assert job.record.output == f"s3://{bucket}/scores.csv/output.csv"
    assert job.output is not None
    assert job.parts == ()


def test_pages_are_read_from_the_parts_that_have_them(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: the sidebar's table of records, and a comparison of two jobs."""
    model = register(workspace, "return r")
    numbers(RECORDS)
    whole = joined(workspace, model)
    prefix = f"s3://{bucket}/scores/"
    job = workspace.batch(model, ["in.json"], output=prefix, workers=3).wait(300)
    first = job.parts[0].records
    page = workspace.record_page(job.id, offset=first - 2, limit=4)
    compared = workspace.compare(whole.id, job.id)

    assert [row["x"] for row in page.rows] == [first - 2, first - 1, first, first + 1]
    assert page.total == RECORDS
    assert workspace.record_page(job.id, offset=RECORDS, limit=4).rows == ()
    assert compared.outputs[0].same == RECORDS


def test_a_part_that_was_replaced_is_not_read(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: the job knows each object by its ETag."""
    model = register(workspace, "return r")
    numbers(RECORDS)
    job = workspace.batch(model, ["in.json"], output=f"s3://{bucket}/scores/", workers=2).wait(300)
    object_store.put(bucket, "scores/part-000001.json", b'{"x": 1}\n')

    with pytest.raises(
        ObjectChangedError, match=f"s3://{bucket}/scores/part-000001.json has changed"
    ):
        list(job.records())


def test_parts_that_cannot_be_written_are_uploaded_by_a_retry(
    workspace: Workspace, object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: what was computed is not lost for a missing permission."""
    model = register(workspace, "return r")
    numbers(RECORDS)
    prefix = f"s3://{bucket}/scores/"
    with (
        object_store.permissions("s3:GetObject", "s3:ListBucket") as variables,
        monkeypatch.context() as patch,
    ):
        for name, value in variables.items():
            patch.setenv(name, value)
        job = workspace.batch(model, ["in.json"], output=prefix, workers=2).wait(300)
    error, keys = job.record.error, object_store.keys(bucket)
    again = workspace.job_retry(job.id).wait(300)

    assert (job.status, job.result) == (JobStatus.ERROR, JobResult.FAILURE)
    assert error is not None
    assert f"could not be written to {prefix}part-00000" in error.message
    assert "lack the permission 's3:PutObject'" in error.message
    assert f"'job retry {job.record.short_id}' uploads it again" in str(error.hint)
    assert keys == []
    assert again.status is JobStatus.COMPLETE, again.log()
    assert [record["x"] for record in again.records()] == list(range(RECORDS))


def begin(workspace: Workspace, prefix: str) -> tuple[Job, Path]:
    """Start a job whose last chunk waits for a file, with the first one uploaded; returns both."""
    go = Path("go").absolute()
    waits = f"while r['x'] == {RECORDS - 5} and not os.path.exists({str(go)!r}): time.sleep(0.01)"
    model = register(workspace, f"{waits}\nreturn r")
    numbers(RECORDS)
    job = workspace.batch(model, ["in.json"], output=prefix, workers=2)
    wait_until(lambda: (job.folder.workers_folder / "0" / StoredOutput.FILE).exists())
    return job, go


def test_finished_parts_stay_and_a_retry_makes_the_missing_ones(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: what a cancelled job has finished is not uploaded again."""
    job, go = begin(workspace, f"s3://{bucket}/scores/")
    job.cancel()
    first = object_store.client().head_object(Bucket=bucket, Key="scores/part-000000.json")
    kept, partial = object_store.keys(bucket), list(job.records())
    go.touch()
    again = workspace.job_retry(job.id).wait(300)
    now = object_store.client().head_object(Bucket=bucket, Key="scores/part-000000.json")

    assert job.status is JobStatus.CANCELLED
    assert kept == ["scores/part-000000.json"]
    assert partial == [{"x": n} for n in range(len(partial))]
    assert again.status is JobStatus.COMPLETE, again.log()
    assert f"resumes job {job.record.short_id}" in again.log()
    assert now["LastModified"] == first["LastModified"]
    assert [record["x"] for record in again.records()] == list(range(RECORDS))


def test_finished_parts_stay_where_too_many_records_are_bad(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: --max-errors."""
    go = Path("go").absolute()
    body = f"""\
while r['x'] > 2000 and not os.path.exists({str(go)!r}): time.sleep(0.01)
if r['x'] > 2100: time.sleep(0.2)
if r['x'] > 2000: raise ValueError(r['x'])
return r"""
    prefix = f"s3://{bucket}/scores/"
    job = workspace.batch(
        register(workspace, body),
        [numbers(RECORDS)],
        output=prefix,
        workers=2,
        max_errors={"count": 10},
    )
    wait_until(lambda: (job.folder.workers_folder / "0" / StoredOutput.FILE).exists())
    go.touch()
    job.wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE), job.log()
    assert job.record.output == prefix
    assert names(job) == ["part-000000.json"]
    assert [record["x"] for record in job.records()] == list(range(job.parts[0].records))


def test_a_part_that_is_gone_is_made_again(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: after the death of the supervisor, too."""
    job, go = begin(workspace, f"s3://{bucket}/scores/")
    kill_supervisor(job)
    assert job.wait(300).status is JobStatus.ERROR
    object_store.client().delete_object(Bucket=bucket, Key="scores/part-000000.json")
    go.touch()
    again = workspace.job_retry(job.id).wait(300)

    assert again.status is JobStatus.COMPLETE, again.log()
    assert [record["x"] for record in again.records()] == list(range(RECORDS))
    assert [json.loads(line)["x"] for line in content(object_store, bucket).splitlines()] == list(
        range(RECORDS)
    )


def test_objects_of_others_below_the_prefix_are_refused(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: of another job when it is submitted or run again, and in a retry those it cannot have made."""
    prefix = f"s3://{bucket}/scores/"
    job, go = begin(workspace, prefix)
    job.cancel()
    go.touch()
    with pytest.raises(InvalidError, match="holds another job's output: part-000000"):
        workspace.batch("m", ["in.json"], output=prefix, workers=2)
    with pytest.raises(InvalidError, match="holds another job's output: part-000000"):
        workspace.job_rerun(job.id)
    object_store.put(bucket, "scores/notes.txt", b"mine")
    with pytest.raises(InvalidError, match=f"{prefix} holds another job's output: notes.txt"):
        workspace.job_retry(job.id)
    with pytest.raises(ConflictError, match="it ended early"):
        workspace.job_retry(job.id, failed=True)

    assert object_store.keys(bucket) == ["scores/notes.txt", "scores/part-000000.json"]


def test_bad_records_of_parts_cannot_be_scored_alone(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: their places are within objects, which are written as wholes."""
    model = register(workspace, BODY)
    numbers(RECORDS)
    prefix = f"s3://{bucket}/scores/"
    job = workspace.batch(model, ["in.json"], output=prefix, workers=2).wait(300)

    with pytest.raises(ConflictError, match=f"its output is in several objects, below {prefix}"):
        workspace.job_retry(job.id, failed=True)
