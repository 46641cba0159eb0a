"""What becomes of a job when workers, the scheduler or the supervisor are killed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.cleanup import task_folders
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import Progress
from modelop_jupyter.jobs.start import SupervisorProcess

from ..clusters import (
    DaskCluster,
    Node,
    dask_cluster,
    family,
    kill_supervisor,
    runners_of,
    wait_until,
)
from .jobs import numbers, register

pytestmark = pytest.mark.slow

RECORDS = 6000
WANTED = "".join(f'{{"x":{n}}}\n' for n in range(RECORDS))


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[DaskCluster]:
    """A cluster that gives a task up at once when a worker ends with it."""
    folder = tmp_path_factory.mktemp("cluster")
    with dask_cluster(folder, environments, allowed_failures=0) as cluster:
        yield cluster


@pytest.fixture
def cluster(clusters: DaskCluster) -> DaskCluster:
    """That cluster with a scheduler and two nodes, whatever the test before has killed."""
    clusters.repair()
    return clusters


def begin(workspace: Workspace, engine: str, *, at: int = 4000) -> tuple[Job, Path]:
    """Start a job that waits in a record for a file, with some chunks done; returns both."""
    go, held = Path("go").absolute(), Path("held").absolute()
    # A model that writes files would be one task.
    body = f"""\
if r['x'] == {at} and not os.path.lexists({str(held)!r}): os.symlink(str(os.getpid()), {str(held)!r})
while r['x'] == {at} and not os.path.exists({str(go)!r}): time.sleep(0.01)
return r"""
    job = workspace.batch(register(workspace, body), [numbers(RECORDS)], engine=engine)
    wait_until(lambda: len(job.folder.workers) > 1 and held.is_symlink())
    return job, go


def node_of_held(cluster: DaskCluster) -> Node:
    """Return the node whose runner waits in the record."""
    pid = int(Path("held").readlink().name)
    return next(node for node in cluster.running if pid in _pids(node))


def require_whole(job: Job) -> None:
    assert job.wait(300).status is JobStatus.COMPLETE, job.log()
    assert job.output is not None
    assert job.output.read_text() == WANTED
    shown = job.folder.last_event(Progress)
    assert shown is not None
    assert shown.records_in == job.counts.records_in == RECORDS


def test_a_chunk_whose_node_is_killed_runs_elsewhere(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: its runner ends; the chunk is cut, as it may be the cause, and joined in order."""
    job, go = begin(workspace, cluster.engine)
    node = node_of_held(cluster)
    pids = [process.pid for process in runners_of(job) if process.pid in _pids(node)]
    node.kill()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    go.touch()
    require_whole(job)

    assert "is lost: the workers that had it ended" in job.log()
    left = list(task_folders.leftovers(node.home / "tasks", older=0))
    assert "folder of a task" in [leftover.kind for leftover in left]


def _pids(node: Node) -> set[int]:
    return {process.pid for process in family(node.process.pid)}


def test_a_record_that_kills_its_node_costs_itself(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: the chunk is cut into pieces until the record is found, and the node comes back."""
    cluster.add_node(has_nanny=True)
    cluster.ready()
    model = register(
        workspace, "if r['x'] == 3:\n    os.kill(os.getppid(), 9)\n    time.sleep(60)\nreturn r"
    )
    # No cut by size falls between the third and the fourth.
    lines = [json.dumps({"x": n, "text": "long" * 500 * (n == 4)}) for n in range(6)]
    Path("in.json").write_text("\n".join(lines))
    job = workspace.batch(model, ["in.json"], engine=cluster.engine).wait(300)

    assert job.status is JobStatus.ERROR
    assert [record["x"] for record in job.records()] == [0, 1, 2, 4, 5]
    assert [(e.index, e.exception, e.record) for e in job.errors()] == [
        (3, "ProcessDied", '{"x": 3, "text": ""}')
    ]
    assert job.record.error is not None
    assert "in record 3" in job.record.error.message


def test_a_job_goes_on_when_its_scheduler_is_back(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: it waits, says so, and keeps the chunks that are done."""
    job, go = begin(workspace, cluster.engine)
    cluster.kill_scheduler()
    wait_until(lambda: "; the job waits for it" in job.log())
    wait_until(lambda: not runners_of(job))
    go.touch()
    cluster.repair()
    require_whole(job)

    assert f"the engine {cluster.engine} answers again; the job continues" in job.log()


def test_a_job_ends_when_its_scheduler_does_not_come_back(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: as an ERROR with all finished chunks, which a retry on this machine goes on with."""
    with Workspace(dataclasses.replace(workspace.settings, engine_wait=1.0)) as impatient:
        first, go = begin(impatient, cluster.engine)
    cluster.kill_scheduler()
    assert first.wait(300).status is JobStatus.ERROR
    done, partial = len(first.folder.workers), list(first.records())
    go.touch()
    job = workspace.job_retry(first.id, engine="local").wait(300)

    assert first.record.error is not None
    assert first.record.error.code == "engine_lost"
    assert "it has not come back within 1 s" in first.record.error.message
    assert "'job retry' goes on with what is done" in (first.record.error.hint or "")
    assert done > 1
    assert partial
    assert f"resumes job {first.id[:8]}: " in job.log()
    require_whole(job)


def is_worker(process: psutil.Process) -> bool:
    """Say whether a process is one of those that a cluster on this machine consists of."""
    with contextlib.suppress(psutil.Error):
        runs = process.status() != psutil.STATUS_ZOMBIE
        return runs and "spawn_main" in " ".join(process.cmdline())
    return False


@pytest.mark.parametrize("end", ["cancel", "kill"])
def test_a_cluster_that_was_made_for_a_job_ends_with_it(workspace: Workspace, end: str) -> None:
    """Issue 14: no runner and no worker is left, however the job ends."""
    job, _ = begin(workspace, "dask")
    workers = list(filter(is_worker, family(job.folder.require(SupervisorProcess).pid)))
    if end == "cancel":
        job.cancel()
    else:
        kill_supervisor(job)
    wait_until(lambda: not any(map(is_worker, workers)))

    assert workers
    wait_until(lambda: not runners_of(job))
    assert job.wait(300).status is (JobStatus.CANCELLED if end == "cancel" else JobStatus.ERROR)


def test_a_job_whose_scheduler_hangs_can_be_cancelled(
    workspace: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: whatever state the cluster is in."""
    job, _ = begin(workspace, cluster.engine)
    assert cluster.scheduler is not None
    cluster.scheduler.send_signal(signal.SIGSTOP)
    try:
        job.cancel()
    finally:
        cluster.scheduler.send_signal(signal.SIGCONT)

    assert job.status is JobStatus.CANCELLED
    wait_until(lambda: not runners_of(job))
