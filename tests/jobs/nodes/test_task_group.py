"""In which order an engine gets the tasks of a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus

from ...engines import nearby
from ...workspace.jobs import numbers, register

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
