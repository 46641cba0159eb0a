"""Results in a terminal: verdicts decide the exit code, for use in CI."""

from __future__ import annotations

import json
import sys
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
    """0 met, 1 failed, 2 invalid, before any job; the jobs are compared, and have a history."""
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
    assert "Verdict failed" in shown.stdout
    assert "Nothing differs: the plans and the results" in compared.stdout
    assert [it["value"] for it in history["measurements"]] == [1.5, 1.5]


UNREADABLE = """\
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn">
<decision id="d" name="Comparator"><decisionTable hitPolicy="COLLECT">
<input label="auc" camunda:inputVariable="auc"><inputExpression typeRef="double"><text/></inputExpression></input>
<output name="passes" typeRef="boolean"/><output name="reason" typeRef="string"/>
<rule><inputEntry><text>&lt; §</text></inputEntry><outputEntry><text>false</text></outputEntry>
<outputEntry><text>"AUC is low"</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""


def test_a_rule_that_cannot_be_read_is_not_decided(run: Run, judged: str, folder: Path) -> None:
    """Neither passed nor failed, so the exit code is 0, and 1 with --strict only (spec 13.21)."""
    (folder / "limits.dmn").write_text(UNREADABLE, encoding="utf-8")
    run("asset", "add", judged, "limits.dmn")
    undecided = run("metrics", judged, "good.json")
    strict = run("metrics", judged, "good.json", "--strict")

    assert undecided.returncode == 0, undecided.stderr
    assert "Verdict: 1 rule not decided." in undecided.stdout
    assert "Verdict not decided" in undecided.stdout
    assert "the cell '< §' of column 'auc'" in undecided.stdout
    assert strict.returncode == 1
    assert "Verdict failed" in strict.stdout


@pytest.mark.parametrize(
    ("words", "listed", "remark"),
    [
        (["--limit", "2"], 2, "and 1 more: add --all, or --limit N"),
        (["--limit", "3"], 3, ""),
        (["--all"], 3, ""),
        ([], 3, ""),
    ],
)
def test_a_list_of_jobs_says_what_it_leaves_out(
    run: Run, judged: str, words: list[str], listed: int, remark: str
) -> None:
    """Issue 12, E4: a shortened list says so, in text and in JSON."""
    for _ in range(3):
        assert run("metrics", judged, "good.json").returncode == 0
    shown = run("jobs", *words)
    as_json = run("jobs", *words, "--json")

    assert len(json.loads(as_json.stdout)) == listed
    assert remark in shown.stdout
    assert remark in as_json.stderr
    assert ("more" in shown.stdout) == ("more" in as_json.stderr) == bool(remark)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a pipe has no name")
def test_records_are_piped_to_another_program(run: Run) -> None:
    """`-o /dev/stdout | head`: the pipe is written to, by the process that has the result."""
    assert run("register", "piped", "model.py").returncode == 0
    done = run("batch", "piped", "good.json", "-o", "/dev/stdout")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ['{"double":2}', '{"double":4}']


def test_a_challenge_decides_the_exit_code(run: Run, folder: Path) -> None:
    """0 met, 1 failed, 2 for a column that is not there; the page and the document are written."""
    (folder / "in.json").write_text("".join(f'{{"x": {x}, "y": {x}}}\n' for x in range(20)))
    for body in ("r['x'] + 1", "r['x']"):
        (folder / "m.py").write_text(f"# modelop.score\ndef score(r):\n    yield {body}\n")
        assert run("register", "m", "m.py").returncode == 0
        assert run("snapshot", "m").returncode == 0
    words = ("challenge", "m@1", "m@2", "in.json", "--label", "y")
    met = run(*words, "--expect", "accuracy > ref", "-o", "result.html")
    failed = run(*words, "--expect", "agreement == 1", "--json", "-o", "result.json")
    wrong = run("challenge", "m@1", "m@2", "in.json", "--label", "z")

    assert (met.returncode, failed.returncode, wrong.returncode) == (0, 1, 2)
    assert "m@2 is better than m@1: accuracy +1, p < 0.001." in met.stdout
    assert "Verdict: passed, by 1 rule." in met.stdout
    assert "<title>m@2 challenges m@1</title>" in (folder / "result.html").read_text()
    document = json.loads(failed.stdout)
    assert (document["agreement"], document["has_passed"]) == (0, False)
    assert json.loads((folder / "result.json").read_text())["changed"] == 20
    assert "--label: no record has a column 'z'" in wrong.stderr
