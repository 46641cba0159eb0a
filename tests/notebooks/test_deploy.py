"""The notebook about deploying: asked in three ways, replaced, and nothing of it left running."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator

import pandas as pd
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.deployments import DeploymentState
from modelop_jupyter.settings import Settings

from .conftest import Run, executed

pytestmark = pytest.mark.slow

REFUSAL = "Field 'worst texture' missing for record 'inferred_schema'"
RECORDS = 171


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once; a deployment that a cell's error has left is stopped."""
    folder = tmp_path_factory.getbasetemp()
    try:
        with executed("deploy", tmp_path_factory) as run:
            yield run
    finally:
        for home in folder.glob("deploy*/home"):
            with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
                for deployment in workspace.deployments():
                    workspace.deployment_stop(deployment.name)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("deploy-model", "breast-cancer@1  ready"),
        ("ask-function", "'diagnosis': 'benign'"),
        ("ask-modelop", "'id': 346"),
        ("ask-mlflow", "'predictions': [{'id': 448"),
        ("ask-bad", f"422 input_schema\n{REFUSAL}"),
        ("batch-bad", REFUSAL),
        ("list-errors", REFUSAL),
        ("list-errors", "%%modelop run breast-cancer --record deployment:0"),
        ("open-error", "['worst texture']"),
        ("deploy-shadow", "shadow breast-cancer@2"),
        ("show-shadow", f"{RECORDS} compared, 2 different"),
        ("deploy-new", "breast-cancer@2  ready"),
        ("roll-back", "breast-cancer@1  ready"),
        ("stop-deployment", "breast-cancer@1  stopped"),
        ("measure-drift", "Verdict: passed, by 1 rule."),
        ("compare-fields", "No field differs"),
        ("challenge", "benign           malignant              4"),
    ],
)
def test_cells_say_what_was_done(run: Run, cell: str, said: str) -> None:
    """As the text beside them promises."""
    assert said in run.outputs(cell)


def test_the_new_snapshot_answers_otherwise(run: Run) -> None:
    """Two more tumours are malignant by its threshold."""
    assert "malignant     61" in run.outputs("ask-all")
    assert "malignant     63" in run.outputs("count-new")


def test_what_was_answered_is_what_the_classifier_gives(run: Run) -> None:
    """All captured records, with the pickled pipeline itself."""
    lines = (run.folder / "live.outputs.jsonl").read_text().splitlines()
    records = pd.read_json(run.folder / "live.jsonl", lines=True)
    pipeline = pickle.loads((run.folder / "model.pkl").read_bytes())
    expected = pipeline.predict_proba(records[pipeline.feature_names_in_])[:, 1]

    assert len(records) == 6 + 2 * RECORDS
    assert [json.loads(line)["score"] for line in lines] == pytest.approx(list(expected), abs=6e-5)


def test_nothing_is_left_running(run: Run) -> None:
    """The deployment was stopped by its last cells."""
    with Workspace(Settings(run.home, f"sqlite:///{run.home / 'registry.db'}")) as workspace:
        (deployment,) = workspace.deployments()

        assert deployment.state is DeploymentState.STOPPED
