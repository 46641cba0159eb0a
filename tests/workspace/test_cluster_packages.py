"""Packages on the nodes of a cluster: of their own index, or wheels that this machine sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.environments import PackageSource
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import NodeTasks

from ..clusters import DaskCluster, Node, dask_cluster, wait_until
from ..conftest import SlowPackages
from .jobs import numbers

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path: Path, environments: Path, packages: SlowPackages) -> Iterator[DaskCluster]:
    """A scheduler; nodes started now know the index."""
    with dask_cluster(tmp_path / "cluster", environments) as cluster:
        yield cluster


@pytest.fixture
def packages(slow_packages: SlowPackages) -> SlowPackages:
    for name in ("alpha", "beta"):
        slow_packages.add(name, 100_000)
    return slow_packages


def add_node(cluster: DaskCluster, *, is_offline: bool, threads: int = 1) -> Node:
    """Start a node with neither an environment nor a package cache."""
    variables = {"UV_CACHE_DIR": str(cluster.folder / f"cache-{len(cluster.nodes)}")}
    variables |= {"MODELOP_OFFLINE": "1"} if is_offline else {}
    return cluster.add_node(variables=variables, shares_environments=False, threads=threads)


def register(workspace: Workspace) -> str:
    """Register a model that has a package of the index, and waits until it may go on."""
    go = Path("go").absolute()
    Path("requirements.txt").write_text("alpha\n")
    Path("code.py").write_text(
        "import os, time, alpha\n# modelop.score\ndef score(r):\n"
        f"    while r['x'] % 500 == 499 and not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        "    return r\n"
    )
    workspace.register("m", "code.py", assets=["requirements.txt"])
    return "m"


def packages_of(job: Job) -> Mapping[str, PackageSource]:
    return job.folder.require(NodeTasks).packages_from


def test_a_node_without_an_index_gets_the_wheels_once(
    workspace: Workspace, cluster: DaskCluster, packages: SlowPackages
) -> None:
    """Issue 14: however many tasks it runs at once; the log says for each node what it was made of."""
    add_node(cluster, is_offline=False)
    offline = add_node(cluster, is_offline=True, threads=2)
    cluster.ready()
    job = workspace.batch(register(workspace), [numbers(8000)], engine=cluster.engine)
    wheels = offline.home / "environments/wheels"
    wait_until(lambda: wheels.is_dir() and (offline.home / "tasks").is_dir())
    Path("go").touch()
    job.wait(300)
    log = job.log()

    assert job.status is JobStatus.COMPLETE, log
    assert [record["x"] for record in job.records()] == list(range(8000))
    assert job.record.proof is not None
    assert job.record.proof.is_exact
    assert sorted(packages_of(job).values()) == [PackageSource.INDEX, PackageSource.WHEELS]
    assert re.search(
        r"environment by node: \S+ \(tcp\S+\): from (its index|wheels sent with the job),"
        r" \S+ \(tcp\S+\): from (its index|wheels sent with the job)",
        log,
    )
    assert log.count("cannot fetch the model's packages (alpha is not in the package cache") == 1
    assert log.count("it is sent 1 wheel of the lock") == 1
    assert len(list(wheels.iterdir())) == 1
    assert not (job.folder.root / "wheels").exists()


def test_wheels_that_cannot_be_downloaded_end_the_job_with_a_sentence(
    workspace: Workspace, cluster: DaskCluster, packages: SlowPackages
) -> None:
    """Issue 14: which node lacks what and why, and why this machine cannot help."""
    add_node(cluster, is_offline=True)
    cluster.ready()
    model = register(workspace)
    workspace.env_build(model)
    (packages.folder / "alpha-1.0-py3-none-any.whl").unlink()
    job = workspace.batch(model, [numbers(10)], engine=cluster.engine).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "environment_build"
    assert re.search(
        r"\(tcp\S+\) cannot fetch the model's packages \(alpha is not in the package cache.*\),"
        r" nor can this machine, to send them: there is no file at http\S+alpha",
        job.record.error.message,
    )


def test_a_node_that_ends_with_the_wheels_is_not_waited_for(
    workspace: Workspace, cluster: DaskCluster, packages: SlowPackages
) -> None:
    """Issue 14: another one without an index gets them."""
    first = add_node(cluster, is_offline=True)
    cluster.ready()
    model = register(workspace)
    workspace.env_build(model)
    packages.hold()
    job = workspace.batch(model, [numbers(8000)], engine=cluster.engine)
    wait_until(lambda: "it is sent 1 wheel of the lock" in job.log())
    first.kill()
    add_node(cluster, is_offline=True)
    packages.release()
    Path("go").touch()
    job.wait(300)

    assert job.status is JobStatus.COMPLETE, job.log()
    assert list(packages_of(job).values()) == [PackageSource.WHEELS]
