"""In which order an engine gets the tasks of a job, and when it is asked for a cluster."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.engines.base import EngineSession
from modelop_jupyter.errors import EngineError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes import task_group

from ...engines import nearby
from ...workspace.jobs import numbers, register
from .conftest import Stage

# Says of each task once that its node lacks something, of all at the same time; then runs them one
# by one, and notes their names.
ENGINE = """
from pathlib import Path

from modelop_jupyter.engines.base import Cluster, TaskEnded, TaskResult
from modelop_jupyter.jobs.nodes.messages import NodeOutcome, TaskStatus, encode


class Nearby:
    def open(self, address, run, *, workers=None):
        return Session(run)


class Session:
    def __init__(self, run):
        self.run, self.new, self.known = run, [], set()

    def cluster(self):
        return Cluster(("node",), 8)

    def submit(self, task, *, avoid=frozenset()):
        self.new.append(task)

    def poll(self, seconds):
        if self.known:
            task = self.new.pop(0)
            with Path(__file__).with_name("names").open("a") as names:
                names.write(task.name.partition(":")[2] + "\\n")
            result = self.run(task, lambda text: None, lambda: False)
            return [TaskEnded(task.name, "node", result)]
        tasks, self.new = self.new, []
        self.known = {task.name for task in tasks}
        missing = TaskResult(encode(NodeOutcome(TaskStatus.MISSING, "node")))
        return [TaskEnded(task.name, "node", missing) for task in tasks]

    def cancel(self, names):
        pass

    def close(self):
        pass
"""


@pytest.mark.slow
def test_tasks_whose_nodes_lack_something_are_sent_again_in_order(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: the first chunks are the first ones done."""
    nearby.install(tmp_path / "packages", monkeypatch)
    (tmp_path / "packages" / "nearby_engine.py").write_text(ENGINE)
    model = register(workspace, "return r")
    job = workspace.batch(model, [numbers(6000)], engine="nearby://1x8").wait(300)
    names = (tmp_path / "packages" / "names").read_text().split()

    assert job.status is JobStatus.COMPLETE, job.log()
    assert len(names) > 3
    assert names == sorted(names, key=int)


class Uploads:
    """Uploads that tell of their end."""

    error = None

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def __enter__(self) -> Uploads:
        return self

    def __exit__(self, *_: object) -> None:
        self.seen.append("uploaded")

    def add(self, chunk: JobFolder) -> None:
        """Do nothing."""


class NoEngine:
    """An engine that cannot be used, which tells when it is asked for."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def open(self, *_: object, **__: object) -> EngineSession:
        self.seen.append("opened")
        raise EngineError("dask", "there is none")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "order"),
    [("dask", ["uploaded", "opened"]), ("dask://host:8786", ["opened", "uploaded"])],
)
def test_what_was_scored_here_is_uploaded_before_a_cluster_is_made_for_the_job(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, engine: str, order: list[str]
) -> None:
    """Making one takes the credentials out of this process; uploads go on beside any other."""
    plan, folder = stage.job(b'{"x": 1}\n')
    seen: list[str] = []
    monkeypatch.setattr(task_group, "load_engine", lambda _: NoEngine(seen))
    workspace = stage.workspace
    group = task_group.TaskGroup(
        dataclasses.replace(plan, engine=engine),
        folder,
        workspace.blobs,
        workspace.settings,
        parts=[Chunk("0", 0, ByteRange(0, 9))],
        uploads=Uploads(seen),  # type: ignore[arg-type]
    )

    with pytest.raises(EngineError):
        group.watch()
    assert seen == order
