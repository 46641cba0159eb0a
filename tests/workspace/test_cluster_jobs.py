"""Jobs on a Dask cluster are those of this machine: the same bytes, bad records, counts and reasons."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pyarrow
import pyarrow.parquet
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import Checkpoint, ClusterEvent, NodeTasks
from modelop_jupyter.jobs.sharding.chunks import chunk_folder

from ..clusters import (
    DaskCluster,
    can_hide,
    dask_cluster,
    hiding,
    kill_supervisor,
    runners_of,
    runs_on,
    wait_until,
)
from .jobs import numbers, register

pytestmark = pytest.mark.slow

BODY = """\
x = r["x"]
if x % 50 == 7:
    raise ValueError(x)
print("at", x)
for n in range(x % 3):
    yield {"x": x, "n": n}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[DaskCluster]:
    """Two nodes with homes of their own; the second does not see the folders of the tests."""
    folder = tmp_path_factory.mktemp("cluster")
    with dask_cluster(folder, environments, nodes=1) as cluster:
        base = tmp_path_factory.getbasetemp()
        cluster.add_node(before=hiding(base, folder, environments) if can_hide() else ())
        cluster.ready()
        yield cluster


def write_files(folder: str, *names: str) -> None:
    """Write the records of in.json to three files of a folder."""
    lines = Path("in.json").read_bytes().splitlines(keepends=True)
    Path(folder).mkdir()
    for number, name in enumerate(names):
        text = b"".join(lines[3000 * number : 3000 * (number + 1)])
        Path(folder, name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)


def left_by(job: Job) -> tuple[bytes, bytes, object, object, list[str]]:
    """Return all that two jobs with the same result have in common."""
    assert job.output is not None, job.log()
    reasons = [line.partition(" jobResult ")[2] for line in job.record.messages if "Result" in line]
    return (
        job.output.read_bytes(),
        job.folder.errors_file.read_bytes(),
        job.counts,
        (job.status, job.result),
        reasons,
    )


def write_input(count: int = 8000) -> str:
    """Write records, empty lines and what is no JSON, with no newline at the end."""
    numbers(count)
    lines = Path("in.json").read_text().splitlines()
    lines[50:50], lines[600:600] = ["", "no JSON"], ["  ", "{", ""]
    Path("in.json").write_text("\n".join(lines))
    return "in.json"


def on_both(workspace: Workspace, cluster: DaskCluster, name: str) -> tuple[Job, Job]:
    """Score a file here, and on a cluster whose nodes all have a part in it; returns both jobs."""
    go = cluster.folder / "go"
    go.touch()
    wait = f"while r['x'] % 400 == 399 and not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    model = register(workspace, wait + BODY)
    local = workspace.batch(model, [name]).wait(300)
    go.unlink()
    job = workspace.batch(model, [name], engine=cluster.engine)
    # Each chunk waits, so that no node is done with all of them before another one begins.
    wait_until(lambda: all(runs_on(node, job) for node in cluster.nodes))
    go.touch()
    return local, job.wait(300)


def tasks_of(job: Job) -> dict[str, int]:
    return dict(job.folder.require(NodeTasks).tasks)


def test_a_batch_on_a_cluster_is_that_of_this_machine(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: the same bytes; the job knows what the cluster was and which node did what."""
    local, job = on_both(workspace, cluster, write_input())

    assert left_by(job) == left_by(local)
    assert job.record.proof is not None
    assert job.record.proof.is_exact
    assert sum(tasks_of(job).values()) > 4
    assert len(tasks_of(job)) == 2
    assert "chunks by node: " in job.log()
    shown = job.folder.last_event(ClusterEvent)
    assert shown is not None
    assert not can_hide() or any((cluster.nodes[1].home / "blobs").rglob("*"))
    assert (shown.engine, shown.nodes, shown.slots) == (cluster.engine, 2, 2)


def write_columnar(name: str) -> str:
    """Write as many records as :func:`write_input` does, in row groups or blocks of some hundreds."""
    rows = [{"x": n, "text": f"row {n}"} for n in range(8000)]
    if name == "in.parquet":
        table = pyarrow.Table.from_pylist(rows)
        pyarrow.parquet.write_table(table, name, row_group_size=500)
    else:
        fields = [{"name": "x", "type": "long"}, {"name": "text", "type": "string"}]
        with Path(name).open("wb") as file:
            fastavro.writer(file, {"type": "record", "name": "r", "fields": fields}, rows)
    return name


@pytest.mark.parametrize("name", ["in.parquet", "in.avro"])
def test_nodes_convert_what_they_score(
    workspace: Workspace, cluster: DaskCluster, name: str
) -> None:
    """Issue 14: also the node that does not see the file, and is sent the row groups of its chunks."""
    local, job = on_both(workspace, cluster, write_columnar(name))

    assert left_by(job) == left_by(local)
    assert len(tasks_of(job)) == 2
    assert list(job.folder.inputs.iterdir()) == []


def test_a_node_that_cannot_read_a_file_is_named(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: with the file, and what is wrong."""
    model = register(workspace, BODY)
    data = bytearray(Path(write_columnar("in.parquet")).read_bytes())
    data[4:40] = bytes(36)
    Path("in.parquet").write_bytes(data)
    job = workspace.batch(model, ["in.parquet"], engine=cluster.engine).wait(300)

    assert job.record.error is not None
    assert job.record.error.message.startswith("on node ")
    assert "input in.parquet: cannot be read as parquet" in job.record.error.message


def test_records_that_hang_end_their_process_or_take_too_much_cost_themselves(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: --record-timeout, --memory and deaths mean what they mean here."""
    model = register(
        workspace,
        "if r['x'] == 2: time.sleep(60)\n"
        "if r['x'] == 3: os._exit(2)\n"
        "if r['x'] == 5: os.kill(os.getpid(), 9)\n"
        "if r['x'] == 6:\n    x = bytearray(300 << 20)\n    time.sleep(60)\n"
        "return r",
    )
    # Both at the same time: a limit that a busy machine does not pass by itself is long.
    job, local = (
        workspace.batch(model, [numbers(9)], engine=engine, record_timeout=15, memory=200 << 20)
        for engine in (cluster.engine, None)
    )
    job.wait(300)
    local.wait(300)

    assert [(e.index, e.exception) for e in job.errors()] == [
        (2, "TimeoutError"),
        (3, "ProcessDied"),
        (5, "ProcessDied"),
        (6, "MemoryError"),
    ]
    assert left_by(job)[0] == left_by(local)[0]
    assert left_by(job)[2:] == left_by(local)[2:]
    assert job.record.error is not None
    assert job.record.error == local.record.error


def test_records_are_tried_again_on_a_cluster(workspace: Workspace, cluster: DaskCluster) -> None:
    """Issue 8, 42: the options travel with the chunks, and the tries of all are counted."""
    body = "print('at', r['x'])\nn.append(r)\nif r['x'] == 5 and n.count(r) < 3: raise ConnectionError\nreturn r"
    model = register(workspace, body, before="n = []")
    job, local = (
        workspace.batch(model, [numbers(9)], engine=engine, retry_on="OSError").wait(300)
        for engine in (cluster.engine, None)
    )

    assert left_by(job) == left_by(local)
    assert (job.counts.failed, job.counts.retried, job.counts.retries) == (0, 1, 2)
    assert [job.log(record=index) for index in (5, 8)] == ["at 5\nat 5\nat 5", "at 8"]


def test_max_errors_and_timeout_stop_a_job_on_a_cluster(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: all nodes together, and the chunks that are done by then are kept and counted."""
    # Four bad records in a chunk: with two nodes, one chunk at least is done before the eleventh.
    model = register(workspace, "time.sleep(0.001)\n1 / (r['x'] % 400 - 399)\nreturn r")
    numbers(9000)
    stopped = workspace.batch(
        model, ["in.json"], engine=cluster.engine, max_errors={"count": 10}
    ).wait(300)
    late = workspace.batch(model, ["in.json"], engine=cluster.engine, timeout=1).wait(300)

    assert stopped.status is JobStatus.COMPLETE
    assert 0 < stopped.counts.records_in < 9000
    assert stopped.output is not None
    assert len(stopped.output.read_text().splitlines()) == stopped.counts.records_out
    assert late.status is JobStatus.ERROR
    assert late.record.error is not None
    assert late.record.error.message == "stopped after 1 s, as --timeout asked"


ONE_TASK = {
    "limit": ("# modelop.score\ndef score(r):\n    return r\n", "--limit counts records"),
    "sequence": (
        "# modelop.score\ndef score(r, slot, number):\n    return [r['x'], number]\n",
        "its function takes the record's number",
    ),
    "inputs": (
        "# modelop.slot.0: in-use\n# modelop.slot.2: in-use\n# modelop.slot.1: in-use\n"
        "# modelop.score\ndef score(r, slot):\n    yield [slot, r]\n",
        "it has several inputs",
    ),
    "outputs": (
        "# modelop.slot.1: in-use\n# modelop.slot.3: in-use\n# modelop.score\n"
        "def score(r):\n    yield 1, r\n    yield 3, r\n",
        "it has several outputs",
    ),
}


@pytest.mark.parametrize("what", ONE_TASK)
def test_what_cannot_be_shared_is_one_task(
    workspace: Workspace, cluster: DaskCluster, what: str
) -> None:
    """Issue 14: and the log says why."""
    source, reason = ONE_TASK[what]
    Path("code.py").write_text(source)
    workspace.register("m", "code.py")
    inputs = [numbers(40), numbers(30, name="more.json")] if what == "inputs" else [numbers(40)]
    outputs = ["a.json", "b.json"] if what == "outputs" else ["a.json"]
    limit = 7 if what == "limit" else None
    found = []
    for engine in (None, cluster.engine):
        job = workspace.batch("m", inputs, output=outputs, limit=limit, engine=engine).wait(300)
        found.append((*left_by(job), *(Path(path).read_bytes() for path in outputs)))

    assert found[0] == found[1]
    assert f"one task on {cluster.engine} instead of many: {reason}" in job.log()
    assert sum(tasks_of(job).values()) == 1


def test_metrics_and_training_run_on_a_node(workspace: Workspace, cluster: DaskCluster) -> None:
    """Issue 14: one task; what a train function leaves in outputDir/ comes back."""
    Path("code.py").write_text(
        "import os\n"
        "# modelop.metrics\ndef metrics(records):\n    yield {'count': len(records)}\n"
        "# modelop.train\ndef train(records):\n"
        "    os.makedirs('outputDir/deep/tests')\n"
        "    open('outputDir/deep/tests/new.bin', 'wb').write(bytes(range(256)))\n"
    )
    workspace.register("m", "code.py")
    numbers(50)
    measured = workspace.metrics("m", ["in.json"], engine=cluster.engine).wait(300)
    trained = workspace.train("m", ["in.json"], engine=cluster.engine).wait(300)

    assert measured.metrics == workspace.metrics("m", ["in.json"]).wait(300).metrics
    assert trained.status is JobStatus.COMPLETE, trained.log()
    written = trained.folder.work / "outputDir/deep/tests/new.bin"
    assert written.read_bytes() == bytes(range(256))
    assert "a train function is called once with all records" in trained.log()


# Cancelling and retrying: a record waits until a file is there


def held(cluster: DaskCluster, *, at: int = 7500) -> tuple[str, Path]:
    """Return a body that waits in a record for a file, which all nodes see, and the file.

    Before that it is slow enough that there is a checkpoint.
    """
    go = cluster.folder / "go"
    go.unlink(missing_ok=True)
    wait = f"while r['x'] == {at} and not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    return f"{wait}if r['x'] > {at - 1500}: time.sleep(0.001)\n{BODY}", go


_undisturbed: dict[str, object] = {}


def undisturbed(workspace: Workspace, cluster: DaskCluster, name: str) -> object:
    """Return what is left by a job on this machine whose record need not wait."""
    if name not in _undisturbed:
        body, go = held(cluster)
        go.touch()
        _undisturbed[name] = left_by(workspace.batch(register(workspace, body), [name]).wait(300))
    return _undisturbed[name]


@pytest.mark.parametrize(
    ("name", "workers"),
    [
        ("in.json", None),
        ("in.json", 2),
        ("in.json.gz", None),
        ("in.parquet", None),
        ("in.parquet", 2),
        ("plain", None),
        ("zipped", None),
    ],
)
def test_a_local_job_goes_on_on_a_cluster(
    workspace: Workspace, cluster: DaskCluster, name: str, workers: int | None
) -> None:
    """Issue 14: killed midway; what its runners had done up to their checkpoints is kept."""
    write_columnar("in.parquet")
    Path("in.json.gz").write_bytes(gzip.compress(Path(write_input()).read_bytes()))
    write_files("plain", "a.json", "b.json.gz", "c.json")
    write_files("zipped", "a.json", "b.json", "c.json.gz")
    whole = undisturbed(workspace, cluster, name)
    body, go = held(cluster)
    model = register(workspace, body)
    first = workspace.batch(model, [name], workers=workers)
    last = chunk_folder(first.folder, Chunk("1", 0, ByteRange(0, 0))) if workers else first.folder
    wait_until(lambda: last.read_if_whole(Checkpoint))
    kill_supervisor(first)
    assert first.wait(300).status is JobStatus.ERROR
    go.touch()
    job = workspace.job_retry(first.id, engine=cluster.engine).wait(300)

    assert left_by(job) == whole
    assert f"resumes job {first.id[:8]}: " in job.log()


@pytest.mark.parametrize("name", ["in.json", "in.parquet"])
def test_a_job_of_a_cluster_goes_on_here(
    workspace: Workspace, cluster: DaskCluster, name: str
) -> None:
    """Issue 14: its supervisor was killed midway; finished chunks are kept, and no runner is left."""
    write_input()
    write_columnar("in.parquet")
    whole = undisturbed(workspace, cluster, name)
    body, go = held(cluster)
    model = register(workspace, body)
    first = workspace.batch(model, [name], engine=cluster.engine)
    wait_until(lambda: len(first.folder.workers) > 1)
    kill_supervisor(first)
    assert first.wait(300).status is JobStatus.ERROR
    go.touch()
    job = workspace.job_retry(first.id, engine="local").wait(300)

    assert left_by(job) == whole
    assert job.record.options.engine is None
    assert f"resumes job {first.id[:8]}: " in job.log()


def test_several_files_go_on_on_a_cluster_and_back_here(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: one runner began them, and what it had done stays done."""
    write_input()
    write_files("plain", "a.json", "b.json.gz", "c.json")
    whole = undisturbed(workspace, cluster, "plain")
    body, go = held(cluster)
    first = workspace.batch(register(workspace, body), ["plain"])
    wait_until(lambda: first.folder.read_if_whole(Checkpoint))
    kill_supervisor(first)
    first.wait(300)
    second = workspace.job_retry(first.id, engine=cluster.engine)
    wait_until(lambda: runners_of(second))
    kill_supervisor(second)
    second.wait(300)
    go.touch()
    job = workspace.job_retry(second.id, engine="local").wait(300)

    assert left_by(job) == whole
    assert f"resumes job {second.id[:8]}: " in job.log()


def test_a_cancelled_job_leaves_nothing_on_the_cluster(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: no runner, no task and no task's folder."""
    from distributed import Client

    body, _ = held(cluster, at=1)
    job = workspace.batch(register(workspace, body), [write_input()], engine=cluster.engine)
    wait_until(lambda: len(job.folder.workers) > 1)
    with Client(cluster.engine.replace("dask://", "tcp://"), set_as_default=False) as client:
        has_tasks = bool(client.run_on_scheduler(_tasks))
        job.cancel()
        wait_until(lambda: not runners_of(job) and not client.run_on_scheduler(_tasks))

    assert has_tasks
    assert job.status is JobStatus.CANCELLED
    assert job.output is not None
    # What unfinished chunks had scored is on their nodes, and not counted.
    assert job.counts.records_out == job.output.read_bytes().count(b"\n")


def _tasks(dask_scheduler: Any) -> list[str]:
    return [str(key) for key in dask_scheduler.tasks]


def test_a_model_cannot_read_what_is_private_from_the_cluster_made_for_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: passwords of indexes are in no environment that /proc shows."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:drowssap@127.0.0.1:9/simple")
    model = register(
        workspace,
        "shown = [read(f'/proc/{pid}/environ') for pid in os.listdir('/proc') if pid.isdigit()]\n"
        "parent = read(f'/proc/{os.getppid()}/cmdline')\n"
        "secrets = [each for each in shown if b'drow' + b'ssap' in each]\n"
        "return {'shown': sum(map(bool, shown)), 'is_on_worker': b'spawn_main' in parent,\n"
        "        'secrets': len(secrets)}",
        before="def read(path):\n    try:\n        return open(path, 'rb').read()\n"
        "    except OSError:\n        return b''\n",
    )
    job = workspace.batch(model, [numbers(1)], engine="dask", workers=1).wait(300)

    assert job.status is JobStatus.COMPLETE, job.log()
    (found,) = job.records()
    assert found["shown"] > 1
    assert found["is_on_worker"]
    assert found["secrets"] == 0
