"""What the tests of jobs share: a registered model, records in a file, a job caught in the middle."""

from __future__ import annotations

import time
from pathlib import Path

from modelop_jupyter import Workspace
from modelop_jupyter.jobs.job import Job


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


def when_checkpointed(job: Job, *, workers: int = 0) -> Job:
    """Wait until a running job has something that a retry can take over."""
    deadline = time.monotonic() + 60
    folders = [job.folder]
    while not all((each.root / "checkpoint.json").exists() for each in folders):
        assert time.monotonic() < deadline and not job.status.is_done, job.log()
        time.sleep(0.02)
        folders = job.folder.workers if workers else [job.folder]
        folders = folders if len(folders) >= workers else [job.folder]
    return job
