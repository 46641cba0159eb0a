"""The examples that come with the package: two that succeed, and one whose faults can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobResult
from modelop_jupyter.examples import copy_example

from .conftest import WAITS, Run, executed_in

pytestmark = pytest.mark.slow


@contextmanager
def executed_example(name: str, factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute an example where the verb writes it."""
    path = Path(copy_example(name, factory.mktemp(name)).path)
    with executed_in(path.parent, nbformat.read(path, as_version=4)) as run:
        yield run


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed_example("regression", tmp_path_factory) as run:
        yield run


@pytest.fixture(scope="module")
def classification(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed_example("classification", tmp_path_factory) as run:
        yield run


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("train", "300 apartments to learn from, 100 to predict"),
        ("register-model", "apartment-rents  created"),
        ("register-model", "model.pkl           Weights file"),
        ("register-model", "requirements.txt    Required libraries"),
        ("run-batch", "Succeeded"),
        ("run-batch", "100 in, 100 scored, 100 out"),
        ("run-metrics", "Verdict: passed, by 1 rule."),
        ("look", "error"),
    ],
)
def test_the_regression_says_what_was_done(regression: Run, cell: str, said: str) -> None:
    """From training to measured predictions."""
    assert said in regression.outputs(cell)


def test_the_regression_finds_what_the_rents_were_made_of(regression: Run) -> None:
    """The errors are those of chance alone: 60 on average squared, so 48 on average."""
    with Workspace() as workspace:
        newest, _ = workspace.jobs(model="apartment-rents")
        metrics = workspace.job(newest.id).metrics

    assert 40 < metrics["mean_absolute_error"] < 56
    assert metrics["r2"] > 0.95


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("train", "106 wines to learn from; the other 72 are in wines.jsonl"),
        ("register-model", "wine-growers  created"),
        ("run-batch", "72 in, 72 scored, 72 out"),
        ("run-metrics", "Verdict: passed, by 1 rule."),
        ("run-metrics", "actual / predicted"),
        ("look", "probability"),
    ],
)
def test_the_classification_says_what_was_done(classification: Run, cell: str, said: str) -> None:
    """From training to a confusion matrix."""
    assert said in classification.outputs(cell)


def test_the_accuracy_is_scikit_learns_own(classification: Run) -> None:
    """What the metrics job found is what scikit-learn says of the same wines here."""
    data = load_wine(as_frame=True)
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, data.target, test_size=0.4, stratify=data.target, random_state=7
    )
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(train_x, train_y)
    with Workspace() as workspace:
        newest, _ = workspace.jobs(model="wine-growers")
        metrics = workspace.job(newest.id).metrics

    assert metrics["accuracy"] == pytest.approx(pipeline.score(test_x, test_y))


@pytest.mark.parametrize("name", ["regression", "classification"])
def test_a_missing_package_is_told_with_what_installs_it(tmp_path: Path, name: str) -> None:
    """The first cell says it, before anything is trained or written."""
    path = Path(copy_example(name, tmp_path).path)
    notebook = nbformat.read(path, as_version=4)
    # An environment without scikit-learn, as far as the cell can see.
    hidden = "import importlib.util\nimportlib.util.find_spec = lambda name: name != 'sklearn'"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(hidden))
    client = NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}, **WAITS)
    with pytest.raises(CellExecutionError) as caught:
        client.execute()

    assert caught.value.ename == "ImportError"
    assert "needs pandas and scikit-learn" in caught.value.evalue
    assert "%pip install pandas scikit-learn" in caught.value.evalue
    assert [file.name for file in path.parent.iterdir()] == [path.name]


class Learner:
    """Somebody who runs the cells one after the other, reads what they show, and edits them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notebook = nbformat.read(path, as_version=4)
        resources = {"metadata": {"path": str(path.parent)}}
        self.client = NotebookClient(self.notebook, resources=resources, **WAITS)

    def run(self, cell_id: str) -> str:
        """Run a cell and return what it shows."""
        index, cell = self._find(cell_id)
        # As JupyterLab says it, and nbclient does not: the kernel can tell which cell was edited.
        self.client.kc.session.metadata = {"cellId": cell_id}
        self.client.execute_cell(cell, index)
        return "\n".join(
            output.get("text") or output["data"].get("text/plain", "") for output in cell.outputs
        )

    def edit(self, cell_id: str, before: str, after: str) -> None:
        """Replace a part of a cell's text, and save the notebook."""
        _, cell = self._find(cell_id)
        assert before in cell.source
        cell.source = cell.source.replace(before, after)
        nbformat.write(self.notebook, self.path)

    def _find(self, cell_id: str) -> tuple[int, Any]:
        return next(
            (index, cell) for index, cell in enumerate(self.notebook.cells) if cell.id == cell_id
        )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the outputs of the faults tell, one step after the other, each mended as it says."""
    path = Path(copy_example("faults", tmp_path_factory.mktemp("faults")).path)
    learner = Learner(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(path.parent / "home"))
        patch.setenv("JPY_SESSION_NAME", str(path))
        with learner.client.setup_kernel():
            yield mend_all(learner)


def mend_all(learner: Learner) -> dict[str, str]:
    """Go through the notebook as its text says; return what each step shows."""
    told: dict[str, str] = {}

    def step(name: str, cell_id: str) -> None:
        told[name] = learner.run(cell_id)

    step("claims", "write-claims")
    step("model", "model")
    step("missing library", "run-first")
    shown = [line.strip() for line in told["missing library"].splitlines()]
    lines = [line for line in shown if line.startswith("%modelop")][-2:]
    learner.edit("mend-library", learner.notebook.cells[5].source, "\n".join(lines))
    step("library mended", "mend-library")
    learner.edit("write-claims", '"unknown"', "300.0")
    step("claims mended", "write-claims")
    step("record mended", "run-again")
    learner.edit("model", "warnings.warn(", "print(")
    learner.edit("model", ", stacklevel=2", "")
    step("model mended", "model")
    step("all mended", "run-again")
    learner.edit("model", "LIMIT = 4000", "LIMIT = 1000")
    step("edited", "run-edited")
    step("model run", "model")
    step("edit taken", "run-edited")
    return told


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("claims", "4 claims are in claims.jsonl"),
        ("missing library", "None of its requirements provides dateutil"),
        ("missing library", "ModuleNotFoundError: No module named 'dateutil'"),
        ("missing library", "%modelop requirements faulty-claims --infer --write"),
        ("library mended", "python-dateutil"),
        ("library mended", "4 in, 2 scored, 1 rejected, 1 failed, 2 out"),
        ("library mended", "1  input schema"),
        ("library mended", "in 'amount'"),
        ("library mended", "UserWarning: claim 4 is a large one"),
        ("record mended", "4 in, 3 scored, 1 failed, 3 out"),
        ("all mended", "Succeeded"),
        ("all mended", "4 in, 4 scored, 4 out"),
        ("edited", "LIMIT = 4000"),
        ("edited", "+LIMIT = 1000"),
        ("edited", "Succeeded"),
        ("edit taken", "changed"),
        ("edit taken", "Succeeded"),
    ],
)
def test_each_fault_is_told_and_can_be_mended(told: dict[str, str], step: str, said: str) -> None:
    """As the notebook promises."""
    assert said in told[step]


@pytest.mark.parametrize(
    ("step", "unsaid"), [("all mended", "LIMIT = 1000"), ("edit taken", "+LIMIT = 1000")]
)
def test_an_edit_is_told_until_it_was_run(told: dict[str, str], step: str, unsaid: str) -> None:
    """Neither before it was made, nor after."""
    assert unsaid not in told[step]


def test_the_last_job_runs_what_was_edited(told: dict[str, str]) -> None:
    """Claim 1 is a large one now; what the model prints is in the log."""
    with Workspace() as workspace:
        last, before, *_ = (
            workspace.job(record.id) for record in workspace.jobs(model="faulty-claims")
        )

        assert [record["large"] for record in before.records()] == [False, False, False, True]
        assert [record["large"] for record in last.records()] == [True, False, False, True]
        assert last.result is JobResult.SUCCESS
        assert "claim 1 is a large one" in last.console()
