"""A model's metrics over time and its differences over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE

MEASURED = """\
# modelop.metrics
def metrics(data):
    yield {"rows": len(data), "auc": AUC, "curve": [{"data": {"points": [[0, 1], [1, 2]]}}]}
"""


def write_source(root: Path, auc: float) -> Path:
    (root / "churn.py").write_text(MEASURED.replace("AUC", str(auc)))
    return root / "churn.py"


@pytest.fixture
def measured(workspace: Workspace, root: Path) -> str:
    """The name of a model whose ``auc`` went from 0.7 to 0.8 with its second snapshot."""
    (root / "scored.csv").write_text("a\n1\n2\n")
    for auc in (0.7, 0.8):
        workspace.register("churn", write_source(root, auc))
        workspace.metrics("churn", root / "scored.csv").wait(PATIENCE)
    return "churn"


@pytest.mark.slow
async def test_metrics_are_charted_over_the_jobs_of_a_model(api: ApiCall, measured: str) -> None:
    """Each is a chart with a table of its jobs; points of graphs are no metrics of their own."""
    status, page = await api("GET", f"models/{measured}/history")

    assert (status, [row["title"] for row in page["rows"]]) == (200, ["rows", "auc"])
    (chart,) = page["rows"][1]["charts"]
    assert chart["$schema"].endswith("v5.json")
    assert "churn@2" in page["rows"][1]["html"]
    assert "+0.1" in page["rows"][1]["html"]
    # And a diff has those of the last job of each snapshot.
    _, found = await api("GET", f"models/{measured}@1/diff?to={measured}")
    _, same = await api("GET", f"models/{measured}@2/diff")
    metrics = [(row["path"], row["values"]) for row in found["diff"]["metrics"]]
    assert metrics == [("rows", [2.0, 2.0]), ("auc", [0.7, 0.8])]
    assert [job["snapshot"] for job in found["diff"]["jobs"]] == [1, 2]
    assert "metrics of the last jobs" in found["html"]
    assert same["is_equal"]


@pytest.mark.slow
async def test_compare_and_history_are_what_the_verbs_return(
    api: ApiCall, workspace: Workspace, measured: str
) -> None:
    """The values that ``--json`` prints; what moves a result is looked for in the background."""
    last, first = (record.id for record in workspace.jobs())
    _, history = await api("GET", f"models/{measured}/history/auc")
    missing, _ = await api("GET", f"models/{measured}/history/acu")
    _, compared = await api("POST", "comparisons", {"jobs": [first, last[:8]]})
    path = f"jobs/{first}/comparison/{last}/why"
    status, why = await api("POST", path)
    while why["is_running"]:
        await asyncio.sleep(0.1)
        _, why = await api("GET", path)

    assert [each["value"] for each in history["measurements"]] == [0.7, 0.8]
    assert missing == 404
    assert {"path": "auc", "values": [0.7, 0.8]} in compared["metrics"]
    assert (status, why.get("failure")) == (202, None)
    assert why["last"]["causes"][0]["moved"]["auc"] == pytest.approx(0.1)


@pytest.mark.slow
async def test_metrics_are_found_by_a_part_of_their_names(api: ApiCall, measured: str) -> None:
    """A model may have hundreds of them."""
    _, found = await api("GET", f"models/{measured}/history?match=AU&limit=1")
    _, none = await api("GET", f"models/{measured}/history?match=zzz")

    assert ([row["title"] for row in found["rows"]], found["total"]) == (["auc"], 1)
    assert (none["rows"], none["total"]) == ([], 0)


async def test_a_model_without_metrics_has_no_history(api: ApiCall, model: str) -> None:
    """Nothing was measured, which is no error."""
    status, page = await api("GET", f"models/{model}/history")

    assert (status, page["rows"], page["total"]) == (200, [], 0)


async def test_snapshots_are_compared_with_each_other_and_with_now(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """What differs is said in a sentence and shown line by line."""
    for auc in (0.7, 0.8):
        workspace.register("churn", write_source(root, auc))
        workspace.snapshot("churn")
    status, found = await api("GET", "models/churn@1/diff?to=churn@2")
    _, short = await api("GET", "models/churn@1/diff?to=churn@2&texts=false")
    _, now = await api("GET", "models/churn@2/diff")
    diff = found["diff"]

    assert (status, diff["before"], diff["after"]) == (200, "churn@1", "churn@2")
    assert not found["is_equal"]
    assert "differ in source" in diff["sentence"]
    assert "mo-good" in found["html"]
    assert ": 0.8," in found["html"]
    assert ": 0.8," not in short["html"]
    assert "0.8" in diff["assets"][0]["after_text"]
    assert (now["diff"]["after"], now["is_equal"], now["html"]) == ("churn", True, "")


async def test_a_snapshot_that_is_not_there_is_not_compared(api: ApiCall, model: str) -> None:
    """It is named."""
    status, problem = await api("GET", f"models/{model}/diff?to={model}@7")

    assert (status, problem["code"]) == (404, "snapshot_not_found")
