"""A registered model, and the home of a node, whose tasks run in the process of the tests."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.chunks import Chunk
from modelop_jupyter.domain.job_options import OutputTarget, Workers
from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines.base import Task
from modelop_jupyter.jobs import staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes import task_files
from modelop_jupyter.jobs.nodes.messages import NodeOutcome, NodeReport, decode
from modelop_jupyter.jobs.nodes.node import run_task

from ...workspace.jobs import register

BODY = "x = r['x']\nif x % 5 == 3: yield {'part': x}\n1 / (x % 5 - 4)\nyield {'y': x, 'text': r.get('t')}"


class Stage:
    """A registered model, and the home of a node."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace = workspace
        self.folder = folder
        self.reports: list[NodeReport] = []
        register(workspace, BODY)

    def job(self, content: bytes) -> tuple[Plan, JobFolder]:
        """Stage the folder of a batch of JSON lines, as a submission does."""
        identity = str(uuid.uuid4())
        path = self.folder / f"{identity}.json"
        path.write_bytes(content)
        model, snapshot = self.workspace.models.resolve_snapshot("m")
        plan = Plan(
            id=identity,
            kind=JobKind.BATCH,
            model=model,
            snapshot=snapshot,
            inputs=(JobInput("in.json", str(path), "json"),),
            output=OutputTarget("output.json", "json"),
            created=time.time(),
            can_resume=True,
            engine="dask",
            workers=Workers(),
        )
        folder = JobFolder(self.folder / identity)
        folder.create()
        staging.stage(plan, folder, self.workspace.blobs)
        return plan, folder

    def task(self, plan: Plan, folder: JobFolder, chunk: Chunk | None, *, sends: bool) -> Task:
        digests = [asset.digest for asset in plan.snapshot.state.assets]
        blobs = (*digests, plan.snapshot.lock) if plan.snapshot.lock else digests
        return task_files.task_of(
            plan,
            folder,
            self.workspace.blobs,
            chunk=chunk,
            blobs_to_send=tuple(blobs) if sends else (),
            sends_input=sends,
        )

    def run(
        self, task: Task, is_cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[NodeOutcome, dict[str, bytes]]:
        result = run_task(
            task, lambda text: self.reports.append(decode(NodeReport, text)), is_cancelled
        )
        return decode(NodeOutcome, result.document), dict(result.files)


@pytest.fixture
def stage(
    workspace: Workspace, tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    home = tmp_path / "node"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    monkeypatch.setenv("MODELOP_HOME", str(home))
    jobs = tmp_path / "staged"
    jobs.mkdir()
    return Stage(workspace, jobs)
