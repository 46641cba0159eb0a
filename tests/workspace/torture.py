"""Kill whatever belongs to a job, at random moments and at every rename, and see that it comes right.

    python tests/workspace/torture.py [KILLS [SEED]]

Half of the kills come at random moments, to a job's runner, its supervisor, both, or by ``job
cancel``. The other half come before and after each rename of each process of a job, including the
one that submits it: ``MODELOP_FAULT`` does that (``modelop_jupyter/files.py``). What was left is
gone on with by ``job retry``. The output and the bad records must then be byte for byte those of a
job that nobody disturbed, each job of the registry must be what its folder says, no process may be
left, and no list of jobs or models may fail at any time. Inputs are JSON lines, CSV and gzip; one
worker and two. Runners of the first half are forks of a warm process as soon as there is one.
"""

from __future__ import annotations

import contextlib
import difflib
import gzip
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.process_mark import MARK
from modelop_jupyter.engines import end_tree
from modelop_jupyter.files import FAULT_VARIABLE
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.settings import Settings

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
RECORDS = 1200
PAUSE = 0.002
OUTPUT = "scores.json"
# Input and workers: gzip and CSV always have one.
SHAPES: tuple[tuple[str, int], ...] = (
    ("in.json", 1),
    ("in.json", 2),
    ("in.csv", 1),
    ("in.json.gz", 1),
)
# Of a file that is written again and again, the first times are as good as any.
MOST_RENAMES = 3
WAIT_SECONDS = 120


@dataclass
class Torture:
    """A workspace, the model and inputs in its folder, and dice."""

    workspace: Workspace
    folder: Path
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    last: dict[Path, int] = field(default_factory=dict)
    wanted: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Register the model, and run a job of each input that nobody disturbs."""
        (self.folder / "code.py").write_text(MODEL.replace("PAUSE", str(PAUSE)))
        lines = [f'{{"x": {n}}}' if n % 90 else "no JSON" for n in range(RECORDS)]
        (self.folder / "in.json").write_text("\n".join(lines))
        (self.folder / "in.json.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
        rows = [f"{n}" if n % 90 else "no number" for n in range(RECORDS)]
        (self.folder / "in.csv").write_text("\n".join(["x", *rows]))
        self.workspace.register("m", self.folder / "code.py")
        for name in ("in.json", "in.csv", "in.json.gz"):
            job = self.start(name, 1).wait(WAIT_SECONDS)
            assert job.status is JobStatus.COMPLETE, job.log()
            assert job.counts.failed, job.log()
            self.wanted[name] = left_by(job)

    def start(self, name: str, workers: int) -> Job:
        return self.workspace.batch(
            "m", [self.folder / name], workers=workers, output=self.folder / OUTPUT
        )

    # Kills at random moments

    def survive(self, name: str, workers: int, *, most: int) -> int:
        """Disturb one job to its end; raises :class:`AssertionError` if that is not the wanted one."""
        job, count = self.start(name, workers), 0
        while count < most:
            time.sleep(self.dice.uniform(0.0, 1.6))
            if job.status is JobStatus.COMPLETE:
                break
            self.disturb(job)
            self.look()
            count += 1
            if job.status.is_done and job.status is not JobStatus.COMPLETE:
                job = self.workspace.job_retry(job.id)
        self.finish(job, name)
        return count

    def disturb(self, job: Job) -> None:
        """Kill something of a job, or cancel it."""
        way = self.dice.choice(["runner", "supervisor", "both", "cancel"])
        self.kills[way] += 1
        if way == "cancel":
            job.cancel()
            return
        if way in ("supervisor", "both"):
            supervisor = job.folder.read(SupervisorProcess)
            with contextlib.suppress(ProcessLookupError):
                if supervisor:
                    os.kill(supervisor.pid, signal.SIGKILL)
        if way == "both":
            end_tree(job.id, at_once=True)
        if way == "runner":
            for folder in [job.folder, *job.folder.workers]:
                self.kill_runner(folder)

    def kill_runner(self, folder: JobFolder) -> None:
        """Kill the runner of a folder, but not a second time in the same record.

        Twice in one record in a row is taken for that record's doing, and it would be passed over.
        """
        runner = next((each for each in psutil.process_iter() if _runs(each, folder)), None)
        deadline = time.monotonic() + 1
        while runner is not None and time.monotonic() < deadline:
            with contextlib.suppress(psutil.NoSuchProcess):
                runner.suspend()
                if folder.position().index != self.last.get(folder.root):
                    self.last[folder.root] = folder.position().index
                    runner.kill()
                    return
                runner.resume()
            time.sleep(PAUSE)

    # Kills at renames

    def renames(self, name: str, workers: int) -> Iterator[str]:
        """Yield a switch for each moment of each rename that a job's processes make."""
        trace = self.folder / "renames"
        trace.unlink(missing_ok=True)
        self.command(name, workers, f"trace:{trace}")
        found = Counter(trace.read_text().split("\n")[:-1])
        for each, count in sorted(found.items()):
            for number in range(1, min(count, MOST_RENAMES) + 1):
                yield from (f"{each}:{number}:{moment}" for moment in ("before", "after"))

    def command(self, name: str, workers: int, fault: str) -> int:
        """Run a batch as a user does, in a process that has the switch."""
        words = ["batch", "m", str(self.folder / name), "--workers", str(workers)]
        environment = {
            **os.environ,
            FAULT_VARIABLE: fault,
            "MODELOP_HOME": str(self.workspace.settings.home),
            "MODELOP_PREPARE": "off",
            # Each fault would have a warm process of its own, which nobody uses again.
            "MODELOP_WARM": "off",
        }
        return subprocess.run(
            [sys.executable, "-m", "modelop_jupyter", *words, "-o", str(self.folder / OUTPUT)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=WAIT_SECONDS,
            check=False,
        ).returncode

    def interrupt(self, name: str, workers: int, fault: str) -> bool:
        """Submit a job in a process with a fault, and bring it to its end; say whether it was killed."""
        before = {each.id for each in self.workspace.registry.list_jobs(limit=5)}
        code = self.command(name, workers, fault)
        self.look()
        new = [j for j in self.workspace.registry.list_jobs(limit=5) if j.id not in before]
        assert len(new) <= 1, new
        was_killed = code == -signal.SIGKILL
        for record in new:
            job = self.workspace.job(record.id).wait(WAIT_SECONDS)
            was_killed = was_killed or job.status is not JobStatus.COMPLETE
            was_killed = was_killed or "SIGKILL" in job.log()
            self.finish(job, name)
        self.kills["rename" if was_killed else "rename that no process made"] += 1
        return was_killed

    # What must hold

    def look(self) -> None:
        """Look at all lists: none may fail, whatever was killed."""
        self.workspace.jobs()
        self.workspace.models()
        self.workspace.overview()

    def finish(self, job: Job, name: str) -> None:
        """Retry a job until it is through, and compare what it has left."""
        tries = 0
        while job.wait(WAIT_SECONDS).status is not JobStatus.COMPLETE:
            tries += 1
            assert tries < 5, (job.folder.root, job.record.error)
            job = self.workspace.job_retry(job.id)
        found = left_by(job)
        for kind, ours, theirs in zip(
            ("output", "bad records"), found, self.wanted[name], strict=True
        ):
            assert ours == theirs, f"{job.folder.root}: {kind}: {_difference(ours, theirs)}"
        self.look()

    def require_true_registry(self) -> None:
        """See that every job is what its folder says, and that nothing of one runs any more."""
        for record in self.workspace.registry.list_jobs(limit=None):
            folder = JobFolder(self.workspace.settings.jobs / record.id)
            outcome = json.loads((folder.root / "outcome.json").read_text())
            assert outcome["status"] == record.status.value, (folder.root, record.status)
        left = list(marked(self.workspace))
        assert not left, left


def left_by(job: Job) -> tuple[bytes, bytes]:
    """Return a job's output and bad records."""
    assert job.output is not None, job.log()
    return job.output.read_bytes(), job.folder.errors_file.read_bytes()


def _difference(found: bytes, wanted: bytes) -> str:
    """Show the lines that differ, few of them: they tell a lost record from one written twice."""
    lines = difflib.unified_diff(
        wanted.decode().splitlines(),
        found.decode().splitlines(),
        "wanted",
        "found",
        n=1,
        lineterm="",
    )
    return "\n".join(itertools.islice(lines, 20))


def marked(workspace: Workspace) -> Iterator[list[str]]:
    """Yield the commands of processes that belong to a job of this home."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            job = process.environ().get(MARK, "").partition("/")[0]
            is_ours = bool(job) and (workspace.settings.jobs / job).exists()
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                yield process.cmdline()


def _runs(process: psutil.Process, folder: JobFolder) -> bool:
    with contextlib.suppress(psutil.Error):
        worn = process.environ().get(MARK, "")
        return worn.partition("/")[0] in folder.root.parts and process.cwd() == str(folder.work)
    return False


def torture(
    kills: int,
    seed: int,
    folder: Path,
    environments: Path | None = None,
    *,
    seconds: float = float("inf"),
) -> Counter[str]:
    """Kill so many times, or for so many seconds; returns how many of which kind."""
    home = folder / "home"
    home.mkdir()
    if environments is not None:
        (home / "environments").symlink_to(environments)
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}", warms=True)
    with Workspace(settings) as workspace:
        torture = Torture(workspace, folder, random.Random(seed))
        torture.prepare()
        deadline = time.monotonic() + seconds
        _at_random(torture, kills // 2, time.monotonic() + seconds / 3)
        _at_renames(torture, kills - kills // 2, deadline)
        torture.require_true_registry()
        return torture.kills


def _at_random(torture: Torture, kills: int, deadline: float) -> None:
    """Kill so many times, once at least, as long as there is time for."""
    done = 0
    while done < kills and (not done or time.monotonic() < deadline):
        name, workers = torture.dice.choice(SHAPES)
        done += torture.survive(name, workers, most=kills - done)
        print(f"{done} of {kills} kills survived: {dict(torture.kills)}", flush=True)


def _at_renames(torture: Torture, kills: int, deadline: float) -> None:
    """Go through all renames of all shapes, in an order of the dice, as often as there is time for.

    One of them is interrupted at least.
    """
    done = 0
    traced = time.monotonic() + (deadline - time.monotonic()) / 4
    shapes = list(SHAPES)
    torture.dice.shuffle(shapes)
    points: list[tuple[str, int, str]] = []
    for name, workers in shapes:
        points += [(name, workers, fault) for fault in torture.renames(name, workers)]
        if time.monotonic() > traced:
            break
    print(f"{len(points)} moments at renames", flush=True)
    while done < kills and (not done or time.monotonic() < deadline):
        torture.dice.shuffle(points)
        for point in points:
            if done >= kills or (done and time.monotonic() >= deadline):
                return
            done += torture.interrupt(*point)
            print(f"{done} of {kills} at renames: {point} {dict(torture.kills)}", flush=True)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    print(f"seed {chosen}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        print(dict(torture(number, chosen, Path(place))), flush=True)
