"""Why two jobs differ: the one change among several that moves the result is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import ConflictError, InvalidError
from modelop_jupyter.jobs.job import Job

pytestmark = pytest.mark.slow

# Its answers move with the version of a library.
SOURCE = """
import json
from pathlib import Path
from importlib.metadata import version

factor = {factor}

# modelop.score
def score(record):
    weights = json.loads(Path("weights.json").read_text())
    is_new = version("iniconfig").startswith("2")
    yield {{"y": record["x"] * factor + weights["b"] + 100 * is_new}}

# modelop.metrics
def metrics(data):
    is_new = version("iniconfig").startswith("2")
    yield {{"sum": int(data.x.sum()) * factor + 1000 * is_new, "rows": len(data)}}
"""


def register(
    workspace: Workspace, *, factor: int = 1, b: int = 0, iniconfig: str = "1.1.1", more: str = ""
) -> None:
    Path("model.py").write_text(SOURCE.format(factor=factor) + more)
    Path("weights.json").write_text(f'{{"b": {b}}}')
    Path("requirements.txt").write_text(
        f"iniconfig=={iniconfig}\npyparsing==3.1.{min(len(more), 4)}\n"
    )
    Path("in.json").write_text('{"x": 1}\n{"x": 2}\n')
    workspace.register("m", "model.py", assets=["weights.json", "requirements.txt"])


def ended(job: Job) -> Job:
    job = job.wait(300)
    assert job.record.error is None, job.log()
    return job


def test_the_package_that_moves_a_metric_is_named(workspace: Workspace) -> None:
    """By how much; the source, an asset and another package have changed, too."""
    register(workspace)
    first = ended(workspace.metrics("m", "in.json"))
    register(workspace, b=5, iniconfig="2.0.0", more="# a\n")
    other = ended(workspace.metrics("m", "in.json"))
    found = workspace.compare_why(first.id, other.id)

    ((cause,)) = found.causes
    assert cause.changes == ("iniconfig 1.1.1 → 2.0.0",)
    assert cause.moved == {"sum": 1000}
    assert found.others == (
        "model.py has other content",
        "weights.json has other content",
        "pyparsing 3.1.0 → 3.1.4",
    )
    assert len(workspace.jobs()) == 2


def test_each_of_two_causes_is_named(workspace: Workspace) -> None:
    """With how many answers of the sample it moves."""
    register(workspace)
    first = ended(workspace.batch("m", "in.json"))
    register(workspace, factor=2, b=5)
    other = ended(workspace.batch("m", "in.json"))
    found = workspace.compare_why(first.id, other.id)

    assert {(cause.changes, cause.records) for cause in found.causes} == {
        (("model.py has other content",), 2),
        (("weights.json has other content",), 2),
    }
    assert found.others == ()


def test_equal_jobs_have_nothing_to_search(workspace: Workspace) -> None:
    register(workspace)
    first, other = (ended(workspace.batch("m", "in.json")) for _ in range(2))

    with pytest.raises(ConflictError, match="ran the same model"):
        workspace.compare_why(first.id, other.id)


def test_a_difference_that_does_not_show_again_is_said(workspace: Workspace) -> None:
    register(workspace)
    first = ended(workspace.batch("m", "in.json"))
    register(workspace, more="# nothing else\n", b=0)
    other = ended(workspace.batch("m", "in.json"))

    with pytest.raises(ConflictError, match="does not show again"):
        workspace.compare_why(first.id, other.id)


def test_a_batch_is_not_compared_with_a_metrics_job(workspace: Workspace) -> None:
    register(workspace)
    first = ended(workspace.batch("m", "in.json"))
    other = ended(workspace.metrics("m", "in.json"))

    with pytest.raises(InvalidError, match="two batches, or two metrics jobs"):
        workspace.compare_why(first.id, other.id)
