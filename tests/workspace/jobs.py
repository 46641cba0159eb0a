"""What the tests of jobs share: a registered model, records in a file, a job caught in the middle."""

from __future__ import annotations

from pathlib import Path

import psutil

from modelop_jupyter import Workspace
from modelop_jupyter.jobs.job import Job

from ..waiting import PATIENCE, wait_until


def register(workspace: Workspace, body: str, *, before: str = "") -> str:
    """Register a model whose score function has this body; returns its name."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    Path("code.py").write_text(
        f"import os, time\n{before}\n# modelop.score\ndef score(r):\n{lines}"
    )
    return workspace.register("m", "code.py").model.name


def numbers(count: int, *, name: str = "in.json") -> str:
    """Write records ``{"x": 0}``, ``{"x": 1}`` and so on; returns the file's name."""
    Path(name).write_text("".join(f'{{"x": {n}}}\n' for n in range(count)))
    return name


# A checkpoint is due a second after the start, with the next record.
_HALTING = """\
calls = 0
def halt():
    global calls
    calls += 1
    while not os.path.exists({go!r}):
        time.sleep({seconds})
        if calls <= {after}:
            break
"""


def halting(*, after: int) -> tuple[str, Path]:
    """Return the definition of ``halt``, which a score function calls for each record, and a file.

    Unless the file is there, a runner's first records, so many of them, take long enough that there
    is a checkpoint after them, and the next one waits for the file.
    """
    go = Path("go").absolute()
    return _HALTING.format(go=str(go), after=after, seconds=1.25 / after), go


def when_checkpointed(job: Job, *, workers: int = 0) -> Job:
    """Wait until a running job has something that a retry can take over."""

    def is_so() -> bool:
        assert not job.status.is_done, job.log()
        folders = job.folder.workers if workers else [job.folder]
        return len(folders) >= workers and all(
            (each.root / "checkpoint.json").exists() for each in folders
        )

    wait_until(is_so)
    return job


def when_supervisors_are_gone(workspace: Workspace) -> None:
    """Wait for the processes that have just written the ends of their jobs.

    Until then they make and rename files in the home, which whoever lists it may find gone.
    """
    home = str(workspace.settings.jobs)
    theirs = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(home in part for part in process.info["cmdline"] or [])
    ]
    _, left = psutil.wait_procs(theirs, timeout=PATIENCE)
    assert left == []
