"""Outputs of chunks that the nodes of an engine write to object storage themselves.

Either they are the output, below a prefix that the user named, or they lie at the place for chunks
until the job joins them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.errors import InvalidError, ObjectNotFoundError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import StoredOutput
from modelop_jupyter.jobs.supervision.ownership import is_in_charge
from tests.clusters import (
    DaskCluster,
    dask_cluster,
    family,
    kill_supervisor,
    runners_of,
    wait_until,
)
from tests.object_store import ObjectStore, used

from .jobs import numbers, register

pytestmark = pytest.mark.slow

RECORDS, CHUNKS = 6_000, 4
BODY = "if r['x'] % 500 == 7: raise ValueError(r['x'])\nreturn {'x': r['x'], 'y': r['x'] * 2}"
KILLS = "if r['x'] == 3000:\n    os.kill(os.getppid(), 9)\n    time.sleep(60)\n"


@pytest.fixture(scope="module")
def clusters(
    tmp_path_factory: pytest.TempPathFactory, environments: Path, object_store_server: ObjectStore
) -> Iterator[DaskCluster]:
    """A cluster that gives a task up at once when a worker ends with it; its nodes use the S3 server."""
    folder = tmp_path_factory.mktemp("cluster")
    with (
        used(object_store_server),
        dask_cluster(folder, environments, allowed_failures=0) as cluster,
    ):
        yield cluster


@pytest.fixture
def cluster(clusters: DaskCluster, object_store: ObjectStore) -> DaskCluster:
    """That cluster with a scheduler and two nodes, whatever the test before has killed."""
    clusters.repair()
    return clusters


@pytest.fixture
def place(bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The configured place for the outputs of chunks."""
    monkeypatch.setenv("MODELOP_CHUNKS_URL", f"s3://{bucket}/chunks")
    return f"s3://{bucket}/chunks/"


def here(workspace: Workspace, model: str, output: str | None = None) -> Job:
    """Return the job of one runner on this machine, with the whole output in a file."""
    job = workspace.batch(model, ["in.json"], output=output).wait(300)
    assert job.output is not None, job.log()
    return job


def content(store: ObjectStore, bucket: str, prefix: str) -> bytes:
    """Return what the objects below a prefix hold together, in the order of their names."""
    keys = [key for key in store.keys(bucket) if key.startswith(prefix)]
    return b"".join(store.get(bucket, key) for key in sorted(keys))


def begin(workspace: Workspace, engine: str, output: str | None = None) -> tuple[Job, Path]:
    """Start a job that waits in a record for a file, with all other chunks stored; returns both."""
    go = Path("go").absolute()
    waits = f"while r['x'] == 4000 and not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    model = register(workspace, waits + BODY)
    job = workspace.batch(model, [numbers(RECORDS)], engine=engine, output=output)
    wait_until(lambda: len(stored(job)) == CHUNKS - 1 and runners_of(job))
    return job, go


def stored(job: Job) -> list[str]:
    """Return the addresses of the objects that chunks of a job have left."""
    found = [folder.read(StoredOutput) for folder in job.folder.workers]
    return [each.state.address for each in found if each is not None]


def require_same(store: ObjectStore, bucket: str, job: Job, whole: Job) -> None:
    """Check that the parts of a job are the output of another one, and that nothing else is there."""
    assert job.status is JobStatus.COMPLETE, job.log()
    assert whole.output is not None
    assert content(store, bucket, "scores/") == whole.output.read_bytes()
    assert [part.state.address for part in job.parts] == [
        f"s3://{bucket}/{key}" for key in store.keys(bucket) if key.startswith("scores/")
    ]
    assert job.counts == whole.counts
    assert job.folder.errors_file.read_bytes() == whole.folder.errors_file.read_bytes()


def test_nodes_write_an_object_for_each_chunk(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: together they are the bytes of the local job, and none of these comes to this machine."""
    model, prefix = register(workspace, BODY), f"s3://{bucket}/scores/"
    numbers(RECORDS)
    whole = here(workspace, model)
    job = workspace.batch(model, ["in.json"], output=prefix, engine=cluster.engine).wait(300)
    again = workspace.batch(model, prefix, engine=cluster.engine).wait(300)

    require_same(object_store, bucket, job, whole)
    assert len(job.parts) == CHUNKS
    assert list(job.folder.outputs.iterdir()) == []
    assert again.counts.records_in == whole.counts.records_out


def test_parts_of_csv_have_a_header_each(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: and positions of bad records are those in the joined output."""
    model, prefix = register(workspace, BODY), f"s3://{bucket}/scores.csv/"
    numbers(RECORDS)
    whole = here(workspace, model, "scores.csv")
    job = workspace.batch(model, ["in.json"], output=prefix, engine=cluster.engine).wait(300)

    assert job.status is JobStatus.COMPLETE, job.log()
    assert all(
        object_store.get(bucket, key).startswith(b"x,y") for key in object_store.keys(bucket)
    )
    assert list(job.records()) == list(whole.records())
    assert job.folder.errors_file.read_bytes() == whole.folder.errors_file.read_bytes()


def test_other_columns_in_a_part_are_an_error(
    workspace: Workspace, cluster: DaskCluster, bucket: str
) -> None:
    """Issue 14: as in a joined output; what is done stays."""
    # A runner's first record names the columns of its chunk.
    model = register(
        workspace, "return {globals().setdefault('name', 'x' if r['x'] < 1000 else 'y'): 1}"
    )
    job = workspace.batch(
        model, [numbers(RECORDS)], output=f"s3://{bucket}/scores.csv/", engine=cluster.engine
    ).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "output_columns"
    assert job.parts


def test_a_chunk_whose_node_is_killed_is_written_in_pieces(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: the pieces stand where the chunk would."""
    job, go = begin(workspace, cluster.engine, f"s3://{bucket}/scores/")
    runners = {process.pid for process in runners_of(job)}
    node = next(
        node
        for node in cluster.running
        if runners & {process.pid for process in family(node.process.pid)}
    )
    node.kill()
    go.touch()
    job.wait(300)

    require_same(object_store, bucket, job, here(workspace, "m"))
    assert "is lost: the workers that had it ended" in job.log()
    assert any(address.count("-") > 2 for address in (part.state.address for part in job.parts))


def test_a_record_that_kills_its_node_costs_itself(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: with all pieces of its chunk in the order of records."""
    cluster.add_node(has_nanny=True)
    cluster.ready()
    model = register(workspace, KILLS + BODY)
    job = workspace.batch(
        model, [numbers(RECORDS)], output=f"s3://{bucket}/scores/", engine=cluster.engine
    ).wait(300)
    wanted = [n for n in range(RECORDS) if n % 500 != 7 and n != 3000]

    assert job.status is JobStatus.ERROR
    assert [record["x"] for record in job.records()] == wanted
    assert content(object_store, bucket, "scores/").count(b"\n") == len(wanted)


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_a_retry_goes_on_into_its_prefix_after_the_death_of_the_scheduler(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str, engine: str
) -> None:
    """Issue 14: on this machine or on another cluster; finished parts are not written again."""
    with Workspace(dataclasses.replace(workspace.settings, engine_wait=1.0)) as impatient:
        first, go = begin(impatient, cluster.engine, f"s3://{bucket}/scores/")
    cluster.kill_scheduler()
    assert first.wait(300).status is JobStatus.ERROR
    kept = {part.state.address: part.state for part in first.parts}
    go.touch()
    job = workspace.job_retry(first.id, engine=engine).wait(300)
    now = {part.state.address: part.state for part in job.parts}

    require_same(object_store, bucket, job, here(workspace, "m"))
    assert kept
    assert {address: now[address] for address in kept} == kept


def test_a_job_of_this_machine_goes_on_with_nodes(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: what a runner had done up to its checkpoint is uploaded from here."""
    go = Path("go").absolute()
    waits = f"while r['x'] == 2900 and not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    model = register(workspace, f"{waits}time.sleep(0.001)\n{BODY}")
    prefix = f"s3://{bucket}/scores/"
    first = workspace.batch(model, [numbers(RECORDS)], output=prefix, workers=2)
    wait_until(lambda: (first.folder.workers_folder / "0" / "checkpoint.json").exists())
    wait_until(lambda: len(stored(first)) == 1)
    first.cancel()
    go.touch()
    job = workspace.job_retry(first.id, engine=cluster.engine).wait(300)

    require_same(object_store, bucket, job, here(workspace, "m"))
    assert job.parts[0].state.address == f"{prefix}part-000000-000000.json"


@contextmanager
def readers(store: ObjectStore, environments: Path, folder: Path) -> Iterator[DaskCluster]:
    """Run a cluster whose node may only read, for a supervisor that may write, too."""
    writing = ("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    with (
        store.permissions(*writing) as ours,
        store.permissions("s3:GetObject") as theirs,
        pytest.MonkeyPatch.context() as patch,
        dask_cluster(folder, environments) as cluster,
    ):
        for name, value in ours.items():
            patch.setenv(name, value)
        cluster.add_node(variables=theirs)
        cluster.ready()
        yield cluster


@pytest.mark.parametrize("has_place", [False, True])
def test_a_node_that_may_not_write_is_named(
    workspace: Workspace,
    object_store: ObjectStore,
    bucket: str,
    environments: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_place: bool,
) -> None:
    """Issue 14: with the address and the permission; a retry on this machine needs no node."""
    if has_place:
        monkeypatch.setenv("MODELOP_CHUNKS_URL", f"s3://{bucket}/chunks/")
    output = None if has_place else f"s3://{bucket}/scores/"
    model = register(workspace, BODY)
    with readers(object_store, environments, tmp_path / "cluster") as cluster:
        job = workspace.batch(model, [numbers(RECORDS)], output=output, engine=cluster.engine).wait(
            300
        )
    again = workspace.job_retry(job.id, engine="local").wait(300)

    assert job.record.error is not None
    assert job.record.error.code == "access_denied"
    assert job.record.error.message.startswith("on node ")
    assert f": s3://{bucket}/{'chunks' if has_place else 'scores'}/" in job.record.error.message
    assert "cannot be written: your credentials lack the permission 's3:PutObject'" in (
        job.record.error.message
    )
    assert again.status is JobStatus.COMPLETE, again.log()
    assert len(list(again.records())) == again.counts.records_out


def test_outputs_come_by_the_place_for_chunks(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str, place: str
) -> None:
    """Issue 14: while the job runs they are there, and no more when it has joined them."""
    job, go = begin(workspace, cluster.engine)
    addresses, meanwhile = stored(job), object_store.keys(bucket)
    empty = [
        not any(folder.outputs.iterdir())
        for folder in job.folder.workers
        if folder.has(StoredOutput)
    ]
    go.touch()
    job.wait(300)
    whole = here(workspace, "m")

    assert job.status is JobStatus.COMPLETE, job.log()
    assert job.output is not None and whole.output is not None
    assert job.output.read_bytes() == whole.output.read_bytes()
    assert job.folder.errors_file.read_bytes() == whole.folder.errors_file.read_bytes()
    assert addresses and all(each.startswith(f"{place}{job.id}/part-") for each in addresses)
    assert {each.removeprefix(f"s3://{bucket}/") for each in addresses} <= set(meanwhile)
    assert all(empty)
    assert object_store.keys(bucket) == []


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_what_a_killed_supervisor_leaves_at_the_place_is_taken_by_a_retry(
    workspace: Workspace,
    cluster: DaskCluster,
    object_store: ObjectStore,
    bucket: str,
    place: str,
    engine: str,
) -> None:
    """Issue 14: and removed when that has joined all of it."""
    first, go = begin(workspace, cluster.engine)
    kept = stored(first)
    kill_supervisor(first)
    assert first.wait(300).status is JobStatus.ERROR
    job = workspace.job_retry(first.id, engine=engine)
    taken = stored(job)
    go.touch()
    job.wait(300)
    whole = here(workspace, "m")

    assert job.status is JobStatus.COMPLETE, job.log()
    assert set(kept) <= set(taken)
    assert job.output is not None and whole.output is not None
    assert job.output.read_bytes() == whole.output.read_bytes()
    assert object_store.keys(bucket) == []


def test_what_a_killed_supervisor_leaves_at_the_place_goes_with_its_job(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str, place: str
) -> None:
    """Issue 14: with job gc and job remove, unless a retry goes on with it."""
    first, _ = begin(workspace, cluster.engine)
    kill_supervisor(first)
    # As when it is killed while it joins them.
    (first.folder.outputs / "output.json.part").write_text('{"x": 0, "y')
    first.wait(300)
    partial = first.output
    second = workspace.job_retry(first.id, engine=cluster.engine)
    second.cancel()
    workspace.job_remove(first.id)
    kept = object_store.keys(bucket)
    wait_until(lambda: not is_in_charge(second.folder))
    workspace.job_gc(older=0)

    assert partial is None
    assert len(kept) > 1
    assert workspace.jobs() == []
    assert object_store.keys(bucket) == []


def test_a_place_that_cannot_be_used_is_refused_at_submission(
    workspace: Workspace, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: before a record is scored, by the name of the setting or of the bucket."""
    model = register(workspace, BODY)
    numbers(3)
    monkeypatch.setenv("MODELOP_CHUNKS_URL", "s4://bucket/chunks")
    with pytest.raises(InvalidError, match="MODELOP_CHUNKS_URL: "):
        workspace.batch(model, ["in.json"], engine="dask")
    monkeypatch.setenv("MODELOP_CHUNKS_URL", "s3://no-such-bucket/chunks")
    with pytest.raises(ObjectNotFoundError, match="there is no bucket named 'no-such-bucket'"):
        workspace.batch(model, ["in.json"], engine="dask")

    assert workspace.jobs() == []
