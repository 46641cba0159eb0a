"""A job on machines that share no disk: what they have in common is an S3 server and a switch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.environments import PackageSource
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import NodeProof, NodeTasks

from .. import object_store as object_stores
from ..clusters import DaskCluster, runs_on, wait_until
from ..conftest import SlowPackages, only_packages
from ..object_store import ObjectStore
from ..separate_hosts import Network, network, why_not

pytestmark = pytest.mark.slow

LINES = [b'{"x": %d}\n' % number if number % 700 else b"no JSON\n" for number in range(12_000)]
# Nodes that have the index wait in some records until the one that has none has scored a chunk.
MODEL = """\
import errno
import time
import urllib.error
import urllib.request

import alpha

def may_go_on():
    try:
        urllib.request.urlopen("{url}", timeout=10).close()
    except urllib.error.HTTPError:
        return False
    except OSError as error:
        # The index may be slow to answer, which is no answer.
        return getattr(getattr(error, "reason", error), "errno", None) == errno.EHOSTUNREACH
    return True

# modelop.score
def score(r):
    while r["x"] % 400 == 399 and not may_go_on():
        time.sleep(0.05)
    1 / (r["x"] % 1000)
    yield {{"y": r["x"] * 2}}
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Machines that see none of the tests' folders."""
    folder = tmp_path_factory.mktemp("hosts")
    reason = why_not(folder)
    if reason is not None:
        pytest.skip(f"this machine permits no namespaces of network and mounts: {reason}")
    with network(tmp_path_factory.getbasetemp(), folder) as hosts:
        yield hosts


@pytest.fixture(scope="module")
def store(hosts: Network) -> Iterator[ObjectStore]:
    """An S3 server on a machine of its own."""
    host = hosts.add("store")
    with (
        object_stores.running(address=host.address, before=host.words) as store,
        object_stores.used(store),
    ):
        yield store


@pytest.fixture(scope="module")
def packages(hosts: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowPackages]:
    """The only package index, at an address of its own."""
    folder = tmp_path_factory.mktemp("index")
    with (
        pytest.MonkeyPatch.context() as patch,
        only_packages(folder, patch, address=hosts.index_address) as packages,
    ):
        packages.add("alpha", 50_000)
        yield packages


@pytest.fixture(scope="module")
def cluster(
    hosts: Network,
    store: ObjectStore,
    packages: SlowPackages,
    environments: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DaskCluster]:
    """A scheduler and three workers, each a machine; the last one does not reach the index."""
    scheduler = hosts.add("scheduler")
    folder = tmp_path_factory.mktemp("logs")
    cluster = DaskCluster(folder, environments, address=scheduler.address)
    try:
        cluster.start_scheduler(before=scheduler.words)
        for name in ("first", "second", "third"):
            host = hosts.add(name)
            own = {"HOME": "home", "TMPDIR": "tmp", "UV_CACHE_DIR": "cache"}
            variables = {variable: str(host.folder / path) for variable, path in own.items()}
            # An index that is out of reach is not asked again and again.
            variables["PIP_RETRIES"] = "0"
            (host.folder / "tmp").mkdir()
            cluster.add_node(
                before=host.words,
                address=host.address,
                folder=host.folder,
                shares_environments=False,
                variables=variables,
            )
        hosts.hosts[-1].refuse(hosts.index_address)
        cluster.ready()
        yield cluster
    finally:
        cluster.close()


def scored_by(job: Job, host: str) -> bool:
    proofs = [folder.read_if_whole(NodeProof) for folder in job.folder.workers]
    return any(proof is not None and proof.host == host for proof in proofs)


@dataclass
class Team:
    """The machines, with a model and its input, which lies in the store.

    ``meanwhile`` are the objects that were there while the job that was run last still ran.
    """

    workspace: Workspace
    store: ObjectStore
    packages: SlowPackages
    cluster: DaskCluster
    bucket: str
    meanwhile: list[str] = field(default_factory=list)

    def score(self, output: str) -> Job:
        """Run the model on all machines; the others wait in a chunk until the third has scored one."""
        go = self.packages.folder / "go"
        go.unlink(missing_ok=True)
        given = f"s3://{self.bucket}/in/"
        job = self.workspace.batch("m", given, output=output, engine=self.cluster.engine)
        first, second, _ = self.cluster.nodes
        wait_until(
            lambda: (
                job.status.is_done
                or (scored_by(job, "third") and runs_on(first, job) and runs_on(second, job))
            )
        )
        self.meanwhile = self.store.keys(self.bucket)
        go.touch()
        return job.wait(300)

    def score_here(self) -> Job:
        """Run the model by one runner on this machine."""
        job = self.workspace.batch("m", f"s3://{self.bucket}/in/", output="local.json").wait(300)
        assert job.status is JobStatus.COMPLETE, job.log()
        return job

    def objects_below(self, prefix: str) -> list[bytes]:
        """Return the objects of the bucket in the order of their names."""
        keys = sorted(key for key in self.store.keys(self.bucket) if key.startswith(prefix))
        return [self.store.get(self.bucket, key) for key in keys]


@pytest.fixture
def team(
    workspace: Workspace, store: ObjectStore, packages: SlowPackages, cluster: DaskCluster
) -> Team:
    bucket = store.new_bucket()
    store.put(bucket, "in/1.json", b"".join(LINES[:7_000]))
    store.put(bucket, "in/2.json", b"".join(LINES[7_000:]))
    Path("code.py").write_text(MODEL.format(url=packages.url.replace("simple/", "go")))
    Path("requirements.txt").write_text("alpha\n")
    workspace.register("m", "code.py", assets=["requirements.txt"])
    return Team(workspace, store, packages, cluster, bucket)


def require_same(job: Job, local: Job) -> None:
    """Check all but the output, and that each machine had a part in it."""
    assert job.status is JobStatus.COMPLETE, job.log()
    assert job.folder.errors_file.read_bytes() == local.folder.errors_file.read_bytes()
    assert job.counts == local.counts
    nodes = job.folder.require(NodeTasks)
    assert [name.partition(" ")[0] for name in sorted(nodes.tasks)] == ["first", "second", "third"]


def test_machines_without_a_shared_disk_write_what_one_writes(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: input, chunks and output through S3; the one without an index gets the packages."""
    monkeypatch.setenv("MODELOP_CHUNKS_URL", f"s3://{team.bucket}/chunks")
    job = team.score(f"s3://{team.bucket}/out/scores.json")
    local = team.score_here()
    sources = job.folder.require(NodeTasks).packages_from

    require_same(job, local)
    assert team.objects_below("out/scores.json") == [Path("local.json").read_bytes()]
    assert any(key.startswith(f"chunks/{job.id}/part-") for key in team.meanwhile)
    assert team.objects_below("chunks/") == []
    assert [source for _, source in sorted(sources.items())] == [
        PackageSource.INDEX,
        PackageSource.INDEX,
        PackageSource.WHEELS,
    ]


def test_machines_without_a_shared_disk_write_an_object_for_each_chunk(team: Team) -> None:
    """Issue 14: together they are the bytes of one machine, and none of these comes to it."""
    job = team.score(f"s3://{team.bucket}/out/")
    local = team.score_here()
    objects = team.objects_below("out/")

    require_same(job, local)
    assert b"".join(objects) == Path("local.json").read_bytes()
    assert len(objects) > 3
    assert list(job.folder.outputs.iterdir()) == []


def test_machines_are_as_separate_as_the_tests_say(
    workspace: Workspace, hosts: Network, packages: SlowPackages, cluster: DaskCluster
) -> None:
    """Issue 14: no file of this process's, nor of another host's; one does not reach the index."""
    *others, first, second, third = hosts.hosts
    own = [first.folder, second.folder, third.folder]
    index = packages.url + "alpha/"

    assert not any(host.sees(workspace.settings.home) for host in hosts.hosts)
    assert [[host.sees(path) for path in own] for host in (first, second, third)] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert [host.reaches(index) for host in (first, second, third)] == [True, True, False]
    assert not any(host.sees(each.home) for host in others for each in cluster.nodes)
