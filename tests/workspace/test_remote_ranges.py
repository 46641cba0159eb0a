"""Objects that the nodes of an engine read by ranges where they are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import fastavro
import pyarrow
import pyarrow.parquet
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.engines import end_tree
from modelop_jupyter.errors import InputError
from modelop_jupyter.jobs.start import SupervisorProcess
from tests.clusters import DaskCluster, dask_cluster, runs_on, wait_until
from tests.object_store import ObjectStore, used

from .jobs import register

pytestmark = pytest.mark.slow

LINES = [b'{"x": %d}\n' % number if number % 700 else b"no JSON\n" for number in range(12_000)]
HALVES = [b"".join(LINES[:7_000]), b"".join(LINES[7_000:])]
DOUBLE = "1 / (r['x'] % 1000)\nyield {'y': r['x'] * 2}"


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, environments: Path, object_store_server: ObjectStore
) -> Iterator[DaskCluster]:
    """Two nodes that read the object store with credentials of their own."""
    folder = tmp_path_factory.mktemp("cluster")
    with used(object_store_server), dask_cluster(folder, environments, nodes=2) as cluster:
        cluster.ready()
        yield cluster


def test_objects_are_read_by_ranges_and_give_the_bytes_of_a_local_file(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: several as one input in the order of names; the job's folder never holds them."""
    model = register(workspace, DOUBLE)
    for number, content in enumerate(HALVES):
        object_store.put(bucket, f"in-{number}.json", content)
        Path(f"in-{number}.json").write_bytes(content)
    local = workspace.batch(model, ["in-0.json"]).wait(300)
    both = workspace.batch(model, f"s3://{bucket}/in-*.json", engine=cluster.engine).wait(300)
    first = workspace.batch(model, f"s3://{bucket}/in-0.json", engine=cluster.engine).wait(300)

    assert both.status is JobStatus.COMPLETE, both.log()
    assert local.output is not None
    assert first.output is not None
    assert first.output.read_bytes() == local.output.read_bytes()
    assert first.folder.errors_file.read_bytes() == local.folder.errors_file.read_bytes()
    assert [record["y"] for record in both.records()] == [
        2 * n for n in range(12_000) if n % 700 and n % 1000
    ]
    assert both.counts.records_in == 12_000
    assert list(both.folder.inputs.iterdir()) == []


ROWS = [f'{n},"line one\nline ""two"", {n}"' if n % 700 else f'{n},"open' for n in range(1, 12_000)]
TEXT = [{"x": n, "text": "a\n" * (n % 3)} for n in range(12_000)]


def content_of(name: str) -> bytes:
    """Return a file of many rows, with some bad ones, in the format of a name."""
    target = io.BytesIO()
    if name == "in.csv":
        target.write(("\ufeffx;text\r\n" + "\r\n".join(ROWS).replace(",", ";")).encode())
    elif name == "in.parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(TEXT), target, row_group_size=1500)
    else:
        fields = [{"name": "x", "type": "long"}, {"name": "text", "type": "string"}]
        fastavro.writer(target, {"type": "record", "name": "r", "fields": fields}, TEXT)
    return target.getvalue()


@pytest.mark.parametrize("name", ["in.csv", "in.parquet", "in.avro"])
def test_rows_of_objects_are_read_by_ranges(
    workspace: Workspace,
    cluster: DaskCluster,
    object_store: ObjectStore,
    bucket: str,
    name: str,
) -> None:
    """Issue 14: CSV, Parquet and Avro, too; the job's folder never holds them."""
    model = register(workspace, DOUBLE)
    address = object_store.put(bucket, name, content_of(name))
    Path(name).write_bytes(content_of(name))
    local = workspace.batch(model, [name]).wait(300)
    job = workspace.batch(model, address, engine=cluster.engine).wait(300)

    assert local.output is not None
    assert job.output is not None, job.log()
    assert job.output.read_bytes() == local.output.read_bytes()
    assert job.folder.errors_file.read_bytes() == local.folder.errors_file.read_bytes()
    assert job.counts == local.counts
    assert job.counts.failed > 0
    assert "instead of many" not in job.log()
    assert list(job.folder.inputs.iterdir()) == []


def test_bad_rows_of_objects_are_scored_again(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: on this machine, which fetches the object for that."""
    model = register(workspace, DOUBLE)
    for number in range(2):
        object_store.put(bucket, f"in-{number}.parquet", content_of("in.parquet"))
    address = f"s3://{bucket}/in-*.parquet"
    first = workspace.batch(model, address, engine=cluster.engine).wait(300)
    job = workspace.job_retry(first.id, failed=True).wait(300)

    assert first.counts.failed == 24
    assert job.status is JobStatus.COMPLETE, job.log()
    assert job.counts == first.counts
    assert job.output is not None
    assert first.output is not None
    assert job.output.read_bytes() == first.output.read_bytes()


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_one_task_reads_an_object_as_a_whole(
    workspace: Workspace,
    cluster: DaskCluster,
    object_store: ObjectStore,
    bucket: str,
    name: str,
) -> None:
    """Issue 14: where a job cannot be shared; the node converts what its runner cannot read."""
    model = register(workspace, DOUBLE)
    address = object_store.put(bucket, name, content_of(name))
    Path(name).write_bytes(content_of(name))
    local = workspace.batch(model, [name], limit=2000).wait(300)
    job = workspace.batch(model, address, limit=2000, engine=cluster.engine).wait(300)

    assert "instead of many: --limit counts" in job.log()
    assert local.output is not None
    assert job.output is not None
    assert job.output.read_bytes() == local.output.read_bytes()


def test_what_cannot_be_cut_where_it_is_is_fetched(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: a single row group, for one, is shared by lines when it has been converted."""
    model = register(workspace, DOUBLE)
    target = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(TEXT), target)
    address = object_store.put(bucket, "in.parquet", target.getvalue())
    job = workspace.batch(model, address, engine=cluster.engine).wait(300)

    assert job.counts.records_in == 12_000
    assert (
        "is converted by one process before it is shared: it has one or no row groups" in job.log()
    )


def test_columns_of_objects_have_to_agree(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: as those of files."""
    model = register(workspace, DOUBLE)
    object_store.put(bucket, "in-0.csv", b"x,y\n1,2\n")
    object_store.put(bucket, "in-1.csv", b"x,z\n1,2\n")

    with pytest.raises(InputError, match="holds CSV files that do not agree"):
        workspace.batch(model, f"s3://{bucket}/in-*.csv", engine=cluster.engine)


def register_held(workspace: Workspace) -> tuple[str, Path]:
    """Register a model one of whose first records waits for a file, and return both."""
    go = Path("go").absolute()
    wait = f"while r['x'] == 1 and not os.path.exists({str(go)!r}): time.sleep(0.01)"
    return register(workspace, f"{wait}\n{DOUBLE}"), go


def test_a_job_on_objects_goes_on_here(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: what nodes have finished is kept, and the rest is fetched and scored on this machine."""
    model, go = register_held(workspace)
    address = object_store.put(bucket, "in.json", HALVES[0])
    first = workspace.batch(model, address, engine=cluster.engine)
    wait_until(lambda: any((one.root / "result.json").exists() for one in first.folder.workers))
    supervisor = first.folder.read(SupervisorProcess)
    assert supervisor is not None
    end_tree(first.id, root=supervisor.pid, at_once=True)
    assert first.wait(300).status is JobStatus.ERROR
    go.touch()

    job = workspace.job_retry(first.id, engine="local").wait(300)

    assert job.status is JobStatus.COMPLETE, job.log()
    assert "resumes job" in job.log()
    assert [record["y"] for record in job.records()] == [
        2 * n for n in range(7_000) if n % 700 and n % 1000
    ]


def test_an_object_that_is_changed_underneath_ends_the_job(
    workspace: Workspace, cluster: DaskCluster, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: by its ETag, with a sentence that names the object."""
    go = Path("go").absolute()
    wait = f"while not os.path.exists({str(go)!r}): time.sleep(0.01)"
    model = register(workspace, f"{wait}\n{DOUBLE}")
    address = object_store.put(bucket, "in.json", HALVES[0])
    job = workspace.batch(model, address, engine=cluster.engine)
    # Each node waits in a chunk, and the others are not read yet.
    wait_until(lambda: all(runs_on(node, job) for node in cluster.nodes))
    object_store.put(bucket, "in.json", HALVES[0].replace(b"1", b"2"))
    go.touch()
    job.wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "object_changed"
    assert address in job.record.error.message
