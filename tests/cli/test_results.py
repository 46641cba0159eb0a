"""Results in a terminal: verdicts decide the exit code, so that the same line serves in CI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.slow

METRICS = (
    "# modelop.metrics\ndef metrics(d):\n    return {'auc': float(d['x'].mean()), 'n': len(d)}\n"
)


@pytest.fixture
def judged(run: Run, folder: Path) -> str:
    """The name of a model with metrics."""
    (folder / "judged.py").write_text(METRICS)
    assert run("register", "judged", "judged.py").returncode == 0
    return "judged"


def test_expectations_decide_the_exit_code(run: Run, judged: str) -> None:
    """0 met, 1 failed, 2 not to be read: that before any job; the jobs are compared, and have a history."""
    met = run("metrics", judged, "good.json", "--expect", "auc >= 1.5", "--expect", "n == 2")
    failed = run(
        "metrics",
        judged,
        "good.json",
        "--expect",
        "auc > ref",
        "--against",
        f"{judged}@1",
        "--json",
    )
    wrong = run("metrics", judged, "good.json", "--expect", "auc >")
    jobs = json.loads(run("jobs", "--json").stdout)
    shown = run("job", "show", jobs[0]["id"])
    compared = run("compare", jobs[0]["id"], jobs[1]["id"])
    history = json.loads(run("history", judged, "auc", "--json").stdout)

    assert (met.returncode, failed.returncode, wrong.returncode) == (0, 1, 2)
    assert "Verdict: passed, by 2 rules." in met.stdout
    assert json.loads(failed.stdout)["verdicts"] == [
        {
            "rule": "auc > ref",
            "passed": False,
            "reason": "auc is 1.5, ref.auc is 1.5",
            "category": "",
            "source": "",
        }
    ]
    assert "expectation 'auc >': it cannot be read" in wrong.stderr
    assert len(jobs) == 2
    assert "COMPLETE SUCCESS, verdict failed" in shown.stdout
    assert "Nothing differs: the same was asked for" in compared.stdout
    assert [each["value"] for each in history["measurements"]] == [1.5, 1.5]
