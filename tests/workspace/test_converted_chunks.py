"""Parquet and Avro files are converted where their chunks are scored, and give what one worker gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import fastavro
import pyarrow
import pyarrow.parquet
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.errors import InputError
from modelop_jupyter.files import FAULT_VARIABLE
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import Checkpoint, Conversion, ConversionEnd, Conversions
from modelop_jupyter.jobs.sharding.chunks import chunk_folder
from modelop_jupyter.jobs.supervision.launch import launch_conversion

from ..clusters import kill_supervisor
from ..waiting import PATIENCE, wait_until
from .jobs import register

pytestmark = pytest.mark.slow

BODY = "print('at', r['x'])\nyield {'part': r['x']}\n1 / ((r['x'] + 1) % 100)\nyield {'y': r['x']}"
SCHEMA = {
    "type": "record",
    "name": "r",
    "fields": [{"name": "x", "type": "long"}, {"name": "text", "type": ["null", "string"]}],
}


def write_parquet(name: str, rows: range, *, group: int) -> None:
    table = pyarrow.table({"x": rows, "text": [f"row {n}" if n % 3 else None for n in rows]})
    pyarrow.parquet.write_table(table, name, row_group_size=group)


def write_avro(name: str, rows: range) -> None:
    records = [{"x": n, "text": f"row {n}" if n % 3 else None} for n in rows]
    with Path(name).open("wb") as file:
        fastavro.writer(file, SCHEMA, records, sync_interval=500)


def left_by(job: Job) -> tuple[object, ...]:
    assert job.output is not None, job.log()
    return job.output.read_bytes(), job.folder.errors_file.read_bytes(), job.counts, job.status


@pytest.mark.parametrize("output", ["out.json", "out.csv"])
@pytest.mark.parametrize("name", ["in.parquet", "in.avro"])
def test_chunks_give_what_one_worker_gives(workspace: Workspace, name: str, output: str) -> None:
    """Issue 14: output, bad records with their places in the whole, and counts; no copy is left."""
    model = register(workspace, BODY.replace("'y'", "'part'"))
    write_parquet("in.parquet", range(1500), group=400)
    write_avro("in.avro", range(1500))
    one = workspace.batch(model, [name], output=f"one-{output}").wait(PATIENCE)
    several = workspace.batch(model, [name], workers=3, output=output).wait(PATIENCE)

    assert several.record.options.workers.count == 3
    assert left_by(several) == left_by(one)
    assert "is converted by one process" not in several.log()
    assert list(several.folder.inputs.iterdir()) == []


def test_files_are_cut_one_by_one(workspace: Workspace) -> None:
    """Issue 14: a file of one row group is one chunk; places of bad records are those in their file."""
    model = register(workspace, BODY)
    Path("in").mkdir()
    write_parquet("in/a.parquet", range(500), group=500)
    write_parquet("in/b.parquet", range(500, 1400), group=300)
    write_parquet("in/c.parquet", range(1400, 1500), group=100)
    one = workspace.batch(model, ["in"], output="one.json").wait(PATIENCE)
    several = workspace.batch(model, ["in"], workers=2, output="out.json").wait(PATIENCE)

    assert left_by(several) == left_by(one)
    assert list(several.folder.inputs.iterdir()) == []


def test_a_file_of_too_few_row_groups_is_converted_first_and_shared_by_lines(
    workspace: Workspace,
) -> None:
    """Issue 14: so that all workers have their share, and the log says why."""
    model = register(workspace, BODY)
    write_parquet("in.parquet", range(700), group=700)
    one = workspace.batch(model, ["in.parquet"], output="one.json").wait(PATIENCE)
    several = workspace.batch(model, ["in.parquet"], workers=2, output="out.json").wait(PATIENCE)

    assert several.record.options.workers.count == 2
    assert left_by(several) == left_by(one)
    assert (
        "input in.parquet is converted by one process before it is shared: it has fewer row groups"
        in several.log()
    )


def test_bad_records_of_chunks_are_scored_again(workspace: Workspace) -> None:
    """Issue 14: their places are those of the whole file, which is converted for that."""
    model = register(workspace, "if not os.path.exists(FLAG): 1 / (r['x'] % 100)\nreturn r")
    source = Path("code.py").read_text()
    Path("code.py").write_text(f"FLAG = {str(Path('flag').absolute())!r}\n{source}")
    workspace.register("m", "code.py")
    write_parquet("in.parquet", range(1000), group=250)
    first = workspace.batch(model, ["in.parquet"], workers=2, output="out.json").wait(PATIENCE)
    Path("flag").touch()
    job = workspace.job_retry(first.id, failed=True).wait(PATIENCE)

    assert first.counts.failed == 10
    assert job.status is JobStatus.COMPLETE, job.log()
    assert [record["x"] for record in job.records()] == list(range(1000))


def test_a_killed_job_goes_on_in_its_chunks(workspace: Workspace) -> None:
    """Issue 14: at the checkpoints of its runners, though their texts are made anew."""
    go = Path("go").absolute()
    wait = f"while r['x'] == 950 and not os.path.exists({str(go)!r}): time.sleep(0.01)"
    # A checkpoint is due a second after the start.
    model = register(workspace, f"{wait}\nif r['x'] == 800: time.sleep(1.2)\n{BODY}")
    write_parquet("in.parquet", range(1000), group=250)
    job = workspace.batch(model, ["in.parquet"], workers=2, output="out.json")
    second = chunk_folder(job.folder, Chunk("1", 0, ByteRange(0, 0)))
    wait_until(lambda: second.read_if_whole(Checkpoint))
    kill_supervisor(job)
    assert job.wait(PATIENCE).status is JobStatus.ERROR
    go.touch()
    again = workspace.job_retry(job.id).wait(PATIENCE)
    whole = workspace.batch(model, ["in.parquet"], output="one.json").wait(PATIENCE)

    assert f"resumes job {job.id[:8]}: " in again.log()
    assert left_by(again) == left_by(whole)


def test_what_cannot_be_read_ends_the_job_with_its_file(workspace: Workspace) -> None:
    """Issue 14: a damaged row group is found by who reads it."""
    model = register(workspace, "return r")
    write_parquet("in.parquet", range(1000), group=250)
    data = bytearray(Path("in.parquet").read_bytes())
    data[4:40] = bytes(36)
    Path("in.parquet").write_bytes(data)
    job = workspace.batch(model, ["in.parquet"], workers=2).wait(PATIENCE)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert "in.parquet: cannot be read as parquet" in job.record.error.message


def test_a_damaged_file_is_refused_where_one_worker_reads_it(workspace: Workspace) -> None:
    """With its own name: libraries raise for it what a full disk raises."""
    model = register(workspace, "return r")
    write_parquet("in.parquet", range(1000), group=250)
    data = bytearray(Path("in.parquet").read_bytes())
    data[4:40] = bytes(36)
    Path("in.parquet").write_bytes(data)

    with pytest.raises(InputError, match=r"in\.parquet: cannot be read as parquet"):
        workspace.batch(model, ["in.parquet"])


def test_a_conversion_that_dies_ends_the_job(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: by the system's hand, for one, where memory runs out."""
    model = register(workspace, "return r")
    write_parquet("in.parquet", range(1000), group=250)
    monkeypatch.setenv(FAULT_VARIABLE, "converted.json:1:before")
    job = workspace.batch(model, ["in.parquet"], workers=2).wait(PATIENCE)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "conversion_died"
    assert "the process that read in.parquet ended (signal SIGKILL)" in job.record.error.message


def test_a_conversion_ends_with_who_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: no process is left, whoever is killed."""
    monkeypatch.chdir(tmp_path)
    folder = JobFolder(tmp_path / "job")
    folder.create()
    source, target = str(tmp_path / "in.parquet"), str(folder.inputs / "0.jsonl")
    write_parquet(source, range(300_000), group=300_000)
    conversion = Conversion("in", source, "parquet", target)
    folder.write(Conversions((conversion,)))
    handle = launch_conversion(folder, "mark")
    assert handle.lifeline is not None
    handle.lifeline.close()

    assert handle.wait(PATIENCE) == 1
    assert not folder.has(ConversionEnd)
    shutil.rmtree(folder.root)
