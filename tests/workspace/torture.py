"""Kill whatever belongs to a job, again and again at random moments, and see that it comes right.

    python tests/workspace/torture.py [KILLS [SEED]]

Its runners are forks of a warm process as soon as there is one. Each job is killed until it has come to its end all the same: its runner, its supervisor, both, or
by ``job cancel``; what was left is gone on with by ``job retry``. The output and the bad records
must then be byte for byte those of a job that nobody disturbed.
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
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.marks import MARK
from modelop_jupyter.engines import end_tree
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.position import position
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace.job import Job

MODEL = """\
import time
# modelop.init
def begin():
    global factor
    factor = 3
# modelop.score
def score(record):
    time.sleep(PAUSE)
    for n in range(record["x"] % 4):
        yield {"x": record["x"], "n": n, "y": record["x"] * factor}
    if record["x"] % 50 == 7:
        raise ValueError(record["x"])
"""
RECORDS = 1200
PAUSE = 0.002


@dataclass
class Torture:
    """A workspace, the model and input in its folder, and dice."""

    workspace: Workspace
    folder: Path
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    last: dict[Path, int] = field(default_factory=dict)

    def prepare(self) -> Job:
        """Register the model and return a job that runs undisturbed."""
        (self.folder / "code.py").write_text(MODEL.replace("PAUSE", str(PAUSE)))
        lines = [f'{{"x": {n}}}' if n % 90 else "no JSON" for n in range(RECORDS)]
        (self.folder / "in.json").write_text("\n".join(lines))
        self.workspace.register("m", self.folder / "code.py")
        return self.start(None).wait(120)

    def start(self, workers: int | None) -> Job:
        return self.workspace.batch("m", [self.folder / "in.json"], workers=workers)

    def survive(self, wanted: Job, *, workers: int | None, most: int) -> int:
        """Disturb one job to its end; raises :class:`AssertionError` if that is not the wanted one."""
        job, count = self.start(workers), 0
        while count < most:
            time.sleep(self.dice.uniform(0.0, 1.6))
            if job.status is JobStatus.COMPLETE:
                break
            self.disturb(job)
            count += 1
            if job.status.is_done and job.status is not JobStatus.COMPLETE:
                job = self.workspace.job_retry(job.id)
        while job.wait(120).status is not JobStatus.COMPLETE:
            job = self.workspace.job_retry(job.id)
        for name in ("outputs/output.json", "errors.jsonl"):
            found = (job.folder.root / name).read_bytes()
            assert found == (wanted.folder.root / name).read_bytes(), f"{job.folder.root}: {name}"
        assert job.counts == wanted.counts, job.counts
        return count

    def disturb(self, job: Job) -> None:
        """Kill something of a job, or cancel it."""
        way = self.dice.choice(["runner", "supervisor", "both", "cancel"])
        self.kills[way] += 1
        if way == "cancel":
            job.cancel()
            return
        if way in ("supervisor", "both"):
            supervisor = job.folder.read("supervisor.json") or {}
            with contextlib.suppress(ProcessLookupError):
                os.kill(supervisor["pid"], signal.SIGKILL)
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
                if position(folder).index != self.last.get(folder.root):
                    self.last[folder.root] = position(folder).index
                    runner.kill()
                    return
                runner.resume()
            time.sleep(PAUSE)


def _runs(process: psutil.Process, folder: JobFolder) -> bool:
    with contextlib.suppress(psutil.Error):
        worn = process.environ().get(MARK, "")
        return worn.partition("/")[0] in folder.root.parts and process.cwd() == str(folder.work)
    return False


def torture(kills: int, seed: int, folder: Path, environments: Path | None = None) -> Counter[str]:
    """Disturb jobs until so many kills are done; returns how many of which kind."""
    home = folder / "home"
    home.mkdir()
    if environments is not None:
        (home / "environments").symlink_to(environments)
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}", warms=True)
    with Workspace(settings) as workspace:
        torture = Torture(workspace, folder, random.Random(seed))
        wanted = torture.prepare()
        assert wanted.counts.failed and wanted.counts.rejected, wanted.log()
        done = 0
        while done < kills:
            workers = torture.dice.choice([None, None, 2])
            done += torture.survive(wanted, workers=workers, most=kills - done)
            print(f"{done} of {kills} kills survived: {dict(torture.kills)}", flush=True)
        return torture.kills


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    print(f"seed {chosen}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        torture(number, chosen, Path(place))
