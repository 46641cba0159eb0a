"""Kill workers, nannies, the scheduler and supervisors at random, and see that jobs come right.

    python tests/workspace/torture_cluster.py [KILLS [SEED]]

The cluster is real processes with homes of their own. Workers come and go besides: some are added,
some are asked to leave. Outputs of chunks come back through the engine, by a place in object storage,
or stay below a prefix there. A job whose supervisor was killed or that was cancelled goes on with ``job
retry``, on the cluster or on this machine. The output and the bad records must then be byte for byte
those of a job on this machine that nobody disturbed, and no process of a job may be left, nor an
object that is no output.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import Progress
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.settings import Settings

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.clusters import DaskCluster, dask_cluster, family, runners_of, wait_until
from tests.object_store import ObjectStore, running, used

MODEL = """\
import time
# modelop.init
def begin():
    global factor
    factor = 3
# modelop.score
def score(record):
    time.sleep(PAUSE)
    x = int(record["x"])
    for n in range(x % 4):
        yield {"x": x, "n": n, "y": x * factor}
    if x % 50 == 7:
        raise ValueError(x)
"""
PAUSE = 0.0015
RECORDS = 8000
MOST_NODES = 3
WAYS = ("worker", "nanny", "both", "leave", "scheduler", "supervisor", "cancel", "join")
OUTPUTS = ("file", "place", "prefix")
WAIT_SECONDS = 180


class Torture:
    """A workspace, a cluster, object storage and dice."""

    def __init__(
        self,
        workspace: Workspace,
        cluster: DaskCluster,
        store: ObjectStore,
        dice: random.Random,
        records: int,
    ) -> None:
        self.workspace = workspace
        self.cluster = cluster
        self.store = store
        self.bucket = store.new_bucket()
        self.dice = dice
        self.kills: Counter[str] = Counter()
        folder = cluster.folder
        (folder / "code.py").write_text(MODEL.replace("PAUSE", str(PAUSE)))
        lines = [f'{{"x": {n}}}' if n % 90 else "no JSON" for n in range(records)]
        self.input = folder / "in.json"
        self.input.write_text("\n".join(lines))
        workspace.register("m", folder / "code.py")
        job = workspace.batch("m", [self.input], workers=2).wait(WAIT_SECONDS)
        self.wanted = self.left_by(job)

    def left_by(self, job: Job) -> tuple[bytes, bytes, object]:
        keys = self.store.keys(self.bucket)
        if job.output is None:
            assert [part.state.address for part in job.parts] == [
                f"s3://{self.bucket}/{key}" for key in keys
            ], job.log()
            output = b"".join(self.store.get(self.bucket, key) for key in keys)
        else:
            assert keys == [], job.log()
            output = job.output.read_bytes()
        return output, job.folder.errors_file.read_bytes(), job.counts

    def begin(self) -> Job:
        """Start a job with one of the ways for the outputs of its chunks."""
        way = self.dice.choice(OUTPUTS)
        self.bucket = self.store.new_bucket()
        place = f"s3://{self.bucket}/chunks/" if way == "place" else "none"
        self.workspace.config.set("chunks-url", place)
        output = f"s3://{self.bucket}/scores/" if way == "prefix" else None
        print(f"outputs: {way}", flush=True)
        return self.workspace.batch("m", [self.input], output=output, engine=self.cluster.engine)

    def survive(self, *, most: int, deadline: float) -> int:
        """Disturb one job to its end; raises :class:`AssertionError` where that is not the wanted one.

        The first kill of all is made however late it is.
        """
        job, count = self.begin(), 0
        while count < most and (not self.kills or time.monotonic() < deadline):
            time.sleep(self.dice.uniform(0.0, 2.0))
            if job.status is JobStatus.COMPLETE:
                break
            way = self.dice.choice(WAYS)
            self.kills[way] += 1
            count += way != "join"
            self.disturb(job, way)
            print(f"{count}: {way}, {len(self.cluster.running)} nodes", flush=True)
            job = self.go_on(job)
        self.finish(job)
        return count

    def disturb(self, job: Job, way: str) -> None:
        cluster = self.cluster
        if not cluster.running:
            cluster.add_node()
        node = self.dice.choice(cluster.running)
        if way == "supervisor":
            process = job.folder.read(SupervisorProcess)
            with contextlib.suppress(ProcessLookupError):
                if process:
                    os.kill(process.pid, signal.SIGKILL)
        elif way == "cancel":
            job.cancel()
        elif way == "scheduler":
            cluster.kill_scheduler()
            time.sleep(self.dice.uniform(0.0, 1.0))
            cluster.start_scheduler()
        elif way == "worker":
            # The nanny, if there is one, starts another; without one this is its only process.
            workers = [p for p in family(node.process.pid) if "spawn_main" in " ".join(words(p))]
            _kill(self.dice.choice(workers).pid if workers else node.process.pid)
        elif way == "nanny":
            _kill(node.process.pid)
        elif way == "both":
            node.kill()
        elif way == "leave":
            node.process.terminate()
        elif len(cluster.running) < MOST_NODES:
            cluster.add_node(has_nanny=self.dice.random() < 0.5)
        # Workers end when they lose their scheduler.
        if not cluster.running or way == "scheduler":
            cluster.add_node(has_nanny=self.dice.random() < 0.5)

    def go_on(self, job: Job) -> Job:
        """Retry a job that has ended early, on the cluster or here."""
        if not job.status.is_done or job.status is JobStatus.COMPLETE:
            return job
        engine = self.dice.choice([self.cluster.engine, self.cluster.engine, "local"])
        return self.workspace.job_retry(job.id, engine=engine)

    def finish(self, job: Job) -> None:
        tries, deadline = 0, time.monotonic() + WAIT_SECONDS
        while job.status is not JobStatus.COMPLETE:
            assert time.monotonic() < deadline, job.log()
            if not self.cluster.running:
                self.cluster.add_node()
            time.sleep(0.1)
            if not job.status.is_done:
                continue
            if job.status is JobStatus.COMPLETE:
                break
            tries += 1
            assert tries < 5, (job.folder.root, job.record.error)
            job = self.go_on(job)
        assert self.left_by(job) == self.wanted, job.folder.root
        shown = job.folder.last_event(Progress)
        assert shown is not None
        assert shown.counts == job.counts, job.folder.root
        wait_until(lambda: not runners_of(job))


def words(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def torture(
    kills: int,
    seed: int,
    folder: Path,
    environments: Path,
    *,
    seconds: float = float("inf"),
    records: int = RECORDS,
) -> Counter[str]:
    """Kill so many times, or for so many seconds; returns how often which way."""
    home = folder / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}")
    with (
        Workspace(settings) as workspace,
        running() as store,
        used(store),
        dask_cluster(folder / "cluster", environments, nodes=2) as cluster,
    ):
        torture = Torture(workspace, cluster, store, random.Random(seed), records)
        done, deadline = 0, time.monotonic() + seconds
        while done < kills and (not torture.kills or time.monotonic() < deadline):
            done += torture.survive(most=kills - done, deadline=deadline)
            print(f"{done} of {kills} kills survived: {dict(torture.kills)}", flush=True)
        return torture.kills


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    print(f"seed {chosen}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"MODELOP_PREPARE": "off", "MODELOP_WARM": "off"}
        (Path(place) / "environments").mkdir()
        print(dict(torture(number, chosen, Path(place), Path(place) / "environments")), flush=True)
