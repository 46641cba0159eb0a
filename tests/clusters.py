"""A Dask cluster for tests: scheduler and workers are processes, each worker with a home of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from modelop_jupyter.domain.process_mark import MARK
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.start import SupervisorProcess

from .ports import free_port
from .waiting import PATIENCE, wait_until

# Hides a folder from a command, but for some folders in it: words for "sh -c".
_HIDE = """
base=$1 beside=$2 count=$3; shift 3
mount -t tmpfs none "$beside"
number=0
for kept in "${@:1:$count}"; do
    mkdir "$beside/$number" && mount --bind "$kept" "$beside/$number"
    number=$((number + 1))
done
mount -t tmpfs none "$base"
number=0
for kept in "${@:1:$count}"; do
    mkdir -p "$kept" && mount --bind "$beside/$number" "$kept"
    number=$((number + 1))
done
shift "$count"
exec "$@"
"""


def can_hide() -> bool:
    """Say whether this system lets us have mounts of our own."""
    return shutil.which("unshare") is not None and not subprocess.call(
        [*_unshare(), "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL
    )


def hiding(folder: Path, *kept: Path) -> list[str]:
    """Return the words before a command that is not to see a folder, but for those to be kept in it."""
    beside = tempfile.mkdtemp()
    words = ["bash", "-ec", _HIDE, "bash", str(folder), beside, str(len(kept)), *map(str, kept)]
    return [*_unshare(), *words]


def _unshare() -> list[str]:
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]


@dataclass
class Node:
    """A worker: its process, the home of its tasks, and the file with what it prints."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    def kill(self) -> None:
        """Kill the worker and, if it has one, its nanny; what they started is not touched."""
        children = [
            child for child in family(self.process.pid) if "spawn_main" in _words(child.cmdline)
        ]
        for pid in [self.process.pid, *(child.pid for child in children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


@dataclass
class DaskCluster:
    """A scheduler and its workers; all end with :meth:`close`."""

    folder: Path
    environments: Path
    port: int = field(default_factory=free_port)
    nodes: list[Node] = field(default_factory=list)
    scheduler: subprocess.Popen[bytes] | None = None
    allowed_failures: int = 3
    address: str = "127.0.0.1"

    @property
    def engine(self) -> str:
        return f"dask://{self.address}:{self.port}"

    def start_scheduler(self, *, before: Sequence[str] = ()) -> None:
        arguments = ["--host", self.address, "--port", str(self.port), "--no-dashboard"]
        self.scheduler = _start(
            [
                *before,
                sys.executable,
                "-m",
                "distributed.cli.dask_scheduler",
                *arguments,
                "--no-show",
            ],
            self.folder / "scheduler.log",
            {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(self.allowed_failures)},
        )

    def kill_scheduler(self) -> None:
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait(PATIENCE)

    def add_node(
        self,
        *,
        has_nanny: bool = False,
        variables: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        python: Sequence[str] = (sys.executable,),
        shares_environments: bool = True,
        threads: int = 1,
        address: str = "127.0.0.1",
        folder: Path | None = None,
    ) -> Node:
        """Start a worker; ``before`` are words to be put before its command, ``folder`` is for its files."""
        number = len(self.nodes)
        folder = folder or self.folder
        home = folder / f"home-{number}"
        home.mkdir(parents=True)
        if shares_environments:
            (home / "environments").symlink_to(self.environments)
        arguments = [
            f"tcp://{self.address}:{self.port}",
            *("--nthreads", str(threads), "--memory-limit", "0", "--host", address),
            *("--no-dashboard", "--nanny" if has_nanny else "--no-nanny"),
            *("--local-directory", str(folder / f"dask-{number}")),
        ]
        log = self.folder / f"node-{number}.log"
        process = _start(
            [*before, *python, "-m", "distributed.cli.dask_worker", *arguments],
            log,
            {"MODELOP_HOME": str(home), **(variables or {})},
        )
        self.nodes.append(Node(process, home, log))
        return self.nodes[-1]

    @property
    def running(self) -> list[Node]:
        return [node for node in self.nodes if node.process.poll() is None]

    def repair(self) -> None:
        """Have a scheduler and two nodes, one of them with a nanny, whatever was killed before."""
        assert self.scheduler is not None
        if self.scheduler.poll() is not None:
            # Nodes that have lost theirs end, sooner or later.
            for node in self.running:
                node.kill()
            self.start_scheduler()
        while len(self.running) < 2:
            self.add_node(has_nanny=not self.running)
        self.ready()

    def ready(self) -> None:
        """Wait until all workers that run have reached the scheduler."""
        wait_until(lambda: all("Registered to" in node.log.read_text() for node in self.running))

    def close(self) -> None:
        processes = [node.process for node in self.nodes] + [self.scheduler]
        everyone = [
            child for process in processes if process for child in family(process.pid, itself=True)
        ]
        for process in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for popen in processes:
            if popen is not None:
                popen.wait(PATIENCE)


@contextlib.contextmanager
def dask_cluster(
    folder: Path, environments: Path, *, nodes: int = 0, allowed_failures: int = 3
) -> Iterator[DaskCluster]:
    """Run a scheduler with so many workers, which gives a task up that so many have ended with."""
    folder.mkdir(exist_ok=True)
    cluster = DaskCluster(folder, environments, allowed_failures=allowed_failures)
    try:
        cluster.start_scheduler()
        for _ in range(nodes):
            cluster.add_node()
        cluster.ready()
        yield cluster
    finally:
        cluster.close()


def runners_of(job: Job) -> list[psutil.Process]:
    """Return the processes of a job's runners, on whatever node of this machine."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            mark = process.environ().get(MARK, "")
            if mark.partition("/")[0] == job.id and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def runs_on(node: Node, job: Job) -> bool:
    """Say whether a node has a runner of a job."""
    pids = {process.pid for process in family(node.process.pid)}
    return any(runner.pid in pids for runner in runners_of(job))


def kill_supervisor(job: Job) -> None:
    """Kill the supervisor of a job, as when its machine is switched off; its runners end with it."""
    os.kill(job.folder.require(SupervisorProcess).pid, signal.SIGKILL)
    wait_until(lambda: not runners_of(job))


def family(pid: int, *, itself: bool = False) -> list[psutil.Process]:
    """Return the descendants of a process."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [*process.children(recursive=True), *([process] if itself else [])]
    return []


def _words(command: Callable[[], list[str]]) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(command())
    return ""


def _start(
    arguments: Sequence[str], log: Path, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    variables = {
        **os.environ,
        "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "0",
        "MODELOP_WARM": "off",
        **(variables or {}),
    }
    with log.open("ab") as file:
        return subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=variables
        )
