"""The quickstart does what it says: every figure is checked against scikit-learn itself."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator

import pandas as pd
import pytest
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from tests.chromium import chromium

from .conftest import Run
from .hosts import HOSTS, look

pytestmark = pytest.mark.slow

METRICS = {
    "precision": precision_score,
    "recall": recall_score,
    "f1_score": f1_score,
    "accuracy": accuracy_score,
}


@pytest.fixture
def workspace(quickstart: Run) -> Iterator[Workspace]:
    """Open the registry that the notebook left."""
    with Workspace() as workspace:
        yield workspace


@pytest.fixture
def held_back() -> tuple[pd.DataFrame, pd.Series]:
    """The test part of the data, made again from scikit-learn's copy."""
    data = load_breast_cancer(as_frame=True)
    malignant = (data.target == 0).astype(int)
    _, features, _, labels = train_test_split(
        data.data, malignant, test_size=0.3, stratify=malignant, random_state=42
    )
    return features, labels


@pytest.fixture
def expected_scores(quickstart: Run, held_back: tuple[pd.DataFrame, pd.Series]) -> pd.Series:
    """The probabilities that the pickled pipeline itself gives for the test part."""
    pipeline = pickle.loads((quickstart.folder / "model.pkl").read_bytes())
    features, _ = held_back
    return pd.Series(pipeline.predict_proba(features)[:, 1], index=features.index)


def job(workspace: Workspace, kind: JobKind) -> JobRecord:
    return next(record for record in workspace.jobs(model="breast-cancer") if record.kind is kind)


def test_every_held_back_record_is_scored_in_order(
    quickstart: Run, expected_scores: pd.Series
) -> None:
    """The scores are those that the pipeline gives in this process, record by record."""
    lines = (quickstart.folder / "scores.json").read_text().splitlines()
    scores = [json.loads(line) for line in lines]

    assert [score["id"] for score in scores] == list(expected_scores.index)
    assert [score["score"] for score in scores] == pytest.approx(list(expected_scores), abs=6e-5)
    assert {score["diagnosis"] for score in scores} == {"malignant", "benign"}


@pytest.mark.parametrize("name", METRICS)
def test_metrics_are_scikit_learns_own(
    workspace: Workspace,
    held_back: tuple[pd.DataFrame, pd.Series],
    expected_scores: pd.Series,
    name: str,
) -> None:
    """What the metrics job found is what scikit-learn says of the same data here."""
    result = workspace.job(job(workspace, JobKind.METRICS).id).metrics
    expected = METRICS[name](held_back[1], expected_scores >= 0.5)

    assert result[name] == pytest.approx(expected)


def test_the_area_under_the_curve_is_scikit_learns_own(
    workspace: Workspace, held_back: tuple[pd.DataFrame, pd.Series], expected_scores: pd.Series
) -> None:
    """The one figure that needs the scores themselves survives the way through CSV."""
    result = workspace.job(job(workspace, JobKind.METRICS).id).metrics

    assert result["auc"] == pytest.approx(roc_auc_score(held_back[1], expected_scores))
    assert result["record_count"] == len(expected_scores)


@pytest.mark.parametrize("kind", [JobKind.BATCH, JobKind.METRICS])
def test_jobs_end_well_and_point_at_the_snapshot(workspace: Workspace, kind: JobKind) -> None:
    """Both jobs ran the same immutable snapshot in one environment."""
    record = job(workspace, kind)
    snapshots = workspace.snapshots("breast-cancer")

    assert (record.status, record.result) == (JobStatus.COMPLETE, JobResult.SUCCESS)
    assert [snapshot.number for snapshot in snapshots] == [record.snapshot]
    assert len(workspace.env_list()) == 1


def test_the_batch_job_counts_every_record(
    workspace: Workspace, expected_scores: pd.Series
) -> None:
    """Records in = scored = out, none rejected, none failed."""
    counts = job(workspace, JobKind.BATCH).counts
    total = len(expected_scores)

    assert (counts.records_in, counts.scored, counts.records_out) == (total, total, total)
    assert (counts.rejected, counts.failed) == (0, 0)


def test_the_environment_holds_the_models_libraries_only(workspace: Workspace) -> None:
    """It has the pinned versions, nothing of this project, and its proof is exact."""
    view = workspace.env_show("breast-cancer")
    proof = workspace.env_prove("breast-cancer")
    versions = {package.name: package.version for package in view.packages}

    assert versions["scikit-learn"] == sklearn.__version__
    assert versions["pandas"] == pd.__version__
    assert not versions.keys() & {"modelop-jupyter", "ipykernel", "pip", "setuptools"}
    assert proof.proof.is_exact


def test_the_source_holds_the_model_and_not_the_training(workspace: Workspace) -> None:
    """What the tagged functions need is taken, and no more."""
    source = workspace.show("breast-cancer").source or ""

    assert "THRESHOLD = 0.5" in source
    assert "def stability_index(" in source
    assert "# modelop.score" in source
    assert "LogisticRegression" not in source
    assert "load_breast_cancer" not in source
    assert "%modelop" not in source


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("register-model", "breast-cancer"),
        ("run-batch", "Succeeded"),
        ("run-metrics", "SUCCESS"),
        ("run-metrics", "Verdict: passed, by 1 rule."),
        ("read-results", "accuracy"),
    ],
)
def test_cells_say_what_was_done(quickstart: Run, cell: str, word: str) -> None:
    """The plain text that a saved notebook shows is useful by itself."""
    assert word in quickstart.outputs(cell)


@pytest.mark.browser
def test_vscode_and_colab_show_its_outputs(quickstart: Run) -> None:
    """Light and dark, without scripts: legible, as wide as the window, with charts and tables."""
    with chromium() as browser:
        looks = {
            host.name: look(quickstart.notebook, host, browser, name="quickstart") for host in HOSTS
        }
    texts = [found.text for found in looks.values()]

    assert {name: found.issues for name, found in looks.items() if found.issues} == {}
    assert {name: found.overflow for name, found in looks.items() if found.overflow > 0} == {}
    assert [found.pictures > 0 for found in looks.values()] == [True] * len(HOSTS)
    assert [
        word for word in ("Succeeded", "auc", "malignant") for text in texts if word not in text
    ] == []
