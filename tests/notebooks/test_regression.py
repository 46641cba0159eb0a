"""The notebook about regression says what is true: scikit-learn computes it here again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind

from .conftest import Run, executed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed("regression", tmp_path_factory) as run:
        yield run


@pytest.mark.parametrize(
    ("snapshot", "model"),
    [(1, LinearRegression()), (2, RandomForestRegressor(n_estimators=100, random_state=7))],
)
@pytest.mark.usefixtures("run")
def test_the_metrics_are_scikit_learns_own(
    snapshot: int, model: LinearRegression | RandomForestRegressor
) -> None:
    """Of both versions of the model; predictions are rounded to a tenth."""
    data = load_diabetes(as_frame=True)
    train_x, test_x, train_y, test_y = train_test_split(data.data, data.target, random_state=7)
    predicted = model.fit(train_x, train_y).predict(test_x)
    with Workspace() as workspace:
        result = next(
            workspace.job(job.id).metrics
            for job in workspace.jobs(model="diabetes")
            if (job.kind, job.snapshot) == (JobKind.METRICS, snapshot)
        )

    assert result["r2"] == pytest.approx(r2_score(test_y, predicted), abs=1e-3)
    assert result["mean_absolute_error"] == pytest.approx(
        mean_absolute_error(test_y, predicted), abs=0.1
    )
    assert len(result["residuals"]["data"]["patient"]) == len(test_x)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("register-model", "diabetes  created"),
        ("run-batch", "111 in, 111 scored, 111 out"),
        ("run-metrics", "Verdict: passed, by 1 rule."),
        ("second-version", "metrics diabetes@2"),
        ("second-version", "ref.r2 is 0."),
        ("compare-jobs", "mean_absolute_error"),
    ],
)
def test_cells_say_what_was_done(run: Run, cell: str, said: str) -> None:
    """As the text beside them promises."""
    assert said in run.outputs(cell)
