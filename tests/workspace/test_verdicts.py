"""A metrics job is judged when it ends, whoever looks, and its verdicts stay with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.results.verdicts import Verdict
from modelop_jupyter.errors import ExpectationError, InvalidError, JobNotFoundError

pytestmark = pytest.mark.slow

SOURCE = """\
# modelop.metrics
def metrics(data):
    yield {"auc": float(data["auc"].mean()), "rows": len(data)}
"""
THRESHOLDS = """\
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn">
<decision id="d" name="Comparator"><decisionTable hitPolicy="COLLECT">
<input label="auc" camunda:inputVariable="auc"><inputExpression typeRef="double"><text/></inputExpression></input>
<output name="passes" typeRef="boolean"/><output name="reason" typeRef="string"/>
<rule><inputEntry><text>&lt; 0.7</text></inputEntry><outputEntry><text>false</text></outputEntry>
<outputEntry><text>"AUC is low"</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""


@pytest.fixture
def judged(workspace: Workspace) -> str:
    """The name of a model that has metrics and thresholds."""
    Path("m.py").write_text(SOURCE)
    Path("limits.dmn").write_text(THRESHOLDS)
    Path("good.json").write_text('{"auc": 0.9}\n')
    Path("poor.json").write_text('{"auc": 0.6}\n')
    workspace.register("m", "m.py", assets=["limits.dmn"])
    return "m"


def test_the_models_own_thresholds_judge(workspace: Workspace, judged: str) -> None:
    """The asset's role is enough; the verdict is on record."""
    job = workspace.metrics(judged, "poor.json").wait()

    assert job.verdicts == (Verdict("Comparator", False, "AUC is low", source="limits.dmn"),)
    assert workspace.registry.get_job(job.id).verdicts == job.verdicts


def test_a_reference_is_a_job_or_a_snapshot(workspace: Workspace, judged: str) -> None:
    """``ref`` is its metric of the same name; the last good job of NAME@N is meant by that."""
    first = workspace.metrics(judged, "good.json").wait()
    rules = ["auc >= ref", "rows == ref"]
    by_job = workspace.metrics(judged, "poor.json", expect=rules, against=first.id[:8]).wait()
    by_snapshot = workspace.metrics(judged, "good.json", expect=rules, against="m@1").wait()

    assert [each.passed for each in by_job.verdicts[1:]] == [False, True]
    assert by_job.verdicts[1].reason == "auc is 0.6, ref.auc is 0.9"
    assert [each.passed for each in by_snapshot.verdicts[1:]] == [True, True]


def test_a_rerun_is_judged_by_the_same(workspace: Workspace, judged: str) -> None:
    """What was expected is part of what was asked for."""
    job = workspace.metrics(judged, "good.json", expect="auc > 0.95").wait()
    again = workspace.job_rerun(job.id).wait()

    assert again.verdicts == job.verdicts
    assert again.verdicts[-1].passed is False


@pytest.mark.parametrize(
    ("expect", "against", "error"),
    [
        ("auc >", None, ExpectationError),
        ("auc > ref", None, ExpectationError),
        ("auc > ref", "m@1", InvalidError),
        ("auc > ref", "ffffffff", JobNotFoundError),
        ((), "m@1", InvalidError),
    ],
)
def test_what_cannot_be_expected_is_refused_before_the_job(
    workspace: Workspace, judged: str, expect: str, against: str | None, error: type[Exception]
) -> None:
    """Nothing is started."""
    workspace.snapshot(judged)
    with pytest.raises(error):
        workspace.metrics(judged, "good.json", expect=expect, against=against)

    assert workspace.jobs() == []
