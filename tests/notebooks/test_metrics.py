"""The notebook about metrics says what is true: scikit-learn and scipy count it here again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import accuracy_score, auc, confusion_matrix, roc_auc_score

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind

from .conftest import Run, executed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed("metrics", tmp_path_factory) as run:
        yield run


@pytest.fixture(scope="module")
def results(run: Run) -> dict[str, Any]:
    """The results by the names of the files they were made of."""
    with Workspace() as workspace:
        jobs = [job for job in workspace.jobs() if job.kind is JobKind.METRICS]
        return {
            ", ".join(data.name for data in job.inputs): workspace.job(job.id).metrics
            for job in jobs
        }


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("metrics-past", "roc: AUC 0.98"),
        ("metrics-later", "Verdict: passed, by 3 rules."),
        ("metrics-later", "ref.auc is 0.98"),
        ("metrics-thresholds", "Verdict: failed by 1 of 1 rule."),
        ("metrics-thresholds", "More than 4 % are classified wrongly"),
        ("run-monitor", "failed   min_p_value > 0.001"),
        ("run-monitor", "passed   max_PSI < 0.25"),
        ("run-monitor-past", "Verdict: passed, by 1 rule."),
        ("compare-jobs", "Possible causes: input; everything else is the same."),
        ("show-history", "@2 "),
    ],
)
def test_cells_say_what_was_done(run: Run, cell: str, said: str) -> None:
    """As the text beside them promises."""
    assert said in run.outputs(cell)


@pytest.mark.parametrize("name", ["past_scored.csv", "later_scored.csv"])
def test_the_quality_is_scikit_learns(run: Run, results: dict[str, Any], name: str) -> None:
    """The figures, the curve's area and the matrix, of the files that the notebook wrote."""
    scored, result = pd.read_csv(run.folder / name), results[name]
    said = (scored.score >= 0.5).astype(int)
    curve = [[each["fpr"], each["tpr"]] for each in result["roc"]]
    matrix = [list(row.values()) for row in result["confusion_matrix"]]

    assert result["auc"] == pytest.approx(roc_auc_score(scored.label, scored.score))
    assert result["auc"] == pytest.approx(auc(*np.array(curve).T))
    assert result["accuracy"] == pytest.approx(accuracy_score(scored.label, said))
    assert matrix == confusion_matrix(scored.label, said).tolist()


@pytest.mark.parametrize("names", [("baseline", "later"), ("first_half", "second_half")])
def test_the_drift_is_scipys(run: Run, results: dict[str, Any], names: tuple[str, str]) -> None:
    """The p-values of the test, and the index from shares that numpy counts."""
    before, now = (pd.read_csv(run.folder / f"{name}.csv") for name in names)
    result = results[", ".join(f"{name}.csv" for name in names)]
    edges = np.quantile(before.worst_area, np.linspace(0, 1, 11))[1:-1]
    shares = [
        np.maximum(
            np.bincount(np.searchsorted(edges, each.worst_area), minlength=10) / len(each), 1e-4
        )
        for each in (before, now)
    ]
    index = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    values = result["data_drift"][0]["values"]

    assert values == pytest.approx(
        {name: ks_2samp(before[name], now[name]).pvalue for name in before.columns}
    )
    assert result["stability"][0]["values"]["worst_area"]["stability_index"] == pytest.approx(index)


def test_the_exported_page_shows_every_result(run: Run) -> None:
    """nbconvert's HTML has each chart as a picture, each verdict, and the numbers beneath."""
    page = run.page

    assert (
        page.count('src="data:image/svg+xml,%3Csvg')
        == page.count('<figure class="mo-chart">')
        >= 20
    )
    assert page.count("Verdict: ") >= 4
    assert "AUC 0.98" in page
