"""A home that an earlier commit wrote is read as that commit read it.

``tests/data/homes/COMMIT.tar.gz`` is a home filled by that commit's command line, with the folder its
user worked in. ``COMMIT.json.gz`` holds what the same command line answered about it, once it was
unpacked in another folder. The archive holds no path of the machine that made it: the text
``stored_homes.BASE`` stands in place of its folder in the JSON files of jobs and in the registry, and
is replaced on unpacking, so that the recorded paths lead to the unpacked files. Environments belong
to a machine and are left out; jobs that run again build theirs from a model's assets.
"""

from __future__ import annotations

import filecmp
import gzip
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace

from . import stored_homes as stored

COMMIT = "5319f2a"
BEFORE: dict[str, dict[str, Any]] = json.loads(
    gzip.decompress((stored.STORED / f"{COMMIT}.json.gz").read_bytes())
)
JOBS: dict[str, str] = BEFORE["jobs"]

# Hints that were worded anew since, by the code of their error.
NEW_WORDS = {
    "model_not_found": ("Known are", "Known models:"),
    "metric_not_found": ("Known are", "Known metrics:"),
    "job_not_found": (
        "The verb 'jobs' lists them; an id can be cut to its first four digits",
        "The first four digits of an id are enough",
    ),
}

# The sentence of a comparison, too.
NEW_SENTENCES = {
    "Of what was given, this differs": "Possible causes",
    "all else is the same": "everything else is the same",
    "the same was asked for, and the same came out": "the plans and the results are the same",
}

Ask = Callable[..., Any]


def without_new_fields(document: Any) -> Any:
    """Return a document without what is new: words of states, remedies, tags in lists, more in a diff."""
    if isinstance(document, list):
        return [without_new_fields(item) for item in document]
    if not isinstance(document, dict):
        return document
    new = {"remedies", "before_text", "after_text"}
    if {"aspects", "before", "after"} <= document.keys():
        new |= {"metrics", "jobs"}
    if {"last_job", "entry_points"} <= document.keys():
        new.add("tags")
    return {
        key: without_new_fields(value)
        for key, value in document.items()
        if key not in new and not (key == "state" and "tone" in value)
    }


needs_its_python = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) and shutil.which("python3.11") is None,
    reason="the locks of this home are for Python 3.11",
)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answers of this commit."""
    base = tmp_path_factory.mktemp("before")
    stored.unpack(COMMIT, base)
    return stored.answers(sys.executable, base, stored.questions(JOBS))


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answers of this commit when the home's registry was lost."""
    base = tmp_path_factory.mktemp("repaired")
    stored.unpack(COMMIT, base)
    return stored.repaired(sys.executable, base, JOBS)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The folder with the home and its user's files, unpacked for one test."""
    stored.unpack(COMMIT, tmp_path)
    return tmp_path


@pytest.fixture
def ask(base: Path) -> Ask:
    """Run one verb; returns its exit code and its document."""

    def call(*words: str, home: str = "home") -> Any:
        return stored.answers(sys.executable, base, {"": words}, home=home)[""]

    return call


@pytest.mark.parametrize("question", list(BEFORE["answers"]))
def test_it_is_read_as_before(answers: dict[str, Any], question: str) -> None:
    """Models, snapshots, jobs with their logs and errors, comparisons and histories: equal documents."""
    code, before = BEFORE["answers"][question]
    if "code" in before:
        before = before | {"hint": before["hint"].replace(*NEW_WORDS.get(before["code"], ("", "")))}
    if "sentence" in before:
        for old, new in NEW_SENTENCES.items():
            before = before | {"sentence": before["sentence"].replace(old, new)}

    assert without_new_fields(answers[question]) == [code, before]


def test_every_question_was_asked_before() -> None:
    """A question that was added needs an answer of the commit before: make the home again."""
    assert list(stored.questions(JOBS)) == list(BEFORE["answers"])


@pytest.mark.parametrize("question", list(BEFORE["repaired"]))
def test_a_registry_is_made_of_job_folders_as_before(
    repaired: dict[str, Any], question: str
) -> None:
    """All that `repair` needs is in the folders."""
    assert without_new_fields(repaired[question]) == BEFORE["repaired"][question]


@pytest.mark.parametrize(
    "words",
    [
        ("churn", "churn"),
        ("scorer", "scorer.py"),
        ("noted", "--notebook", "noted.ipynb"),
        ("monitor", "monitor.py", "--asset", "churn/data/comparator.json=Comparator data"),
    ],
)
def test_an_equal_source_changes_nothing(ask: Ask, words: tuple[str, ...]) -> None:
    """A folder, files and a notebook are the same state, and so the same snapshot."""
    before = BEFORE["answers"][f"snapshots {words[0]}"][1]

    code, registration = ask("register", *words)
    ask("snapshot", words[0])

    assert (code, registration["created"], registration["changes"]) == (0, False, [])
    assert ask("snapshots", words[0])[1] == before


@pytest.mark.parametrize("source", ["wheeled.zip", "wheeled-folder"])
def test_an_export_is_imported(ask: Ask, source: str) -> None:
    """The same state, the same lock and the same name in an empty home; a second time, nothing is new."""
    (_, before) = BEFORE["answers"]["snapshots wheeled"][1]

    code, taken = ask("import", f"exports/{source}", home="other")
    _, again = ask("import", f"exports/{source}", home="other")

    assert code == 0
    assert {key: taken["snapshot"][key] for key in ("name", "state", "lock", "number")} == {
        key: before[key] for key in ("name", "state", "lock", "number")
    }
    assert (taken["is_new"], again["is_new"]) == (True, False)
    assert again["snapshot"] == taken["snapshot"]


def test_an_exported_repository_is_registered(ask: Ask) -> None:
    """Assets keep their roles; what was written for ModelOp Center's import is an asset more."""
    before = {
        asset["path"]: asset["role"] for asset in BEFORE["answers"]["asset list wheeled@1"][1]
    }

    code, registration = ask("register", "wheeled", "exports/wheeled-git", home="other")
    roles = {asset["path"]: asset["role"] for asset in registration["model"]["state"]["assets"]}

    assert code == 0
    assert before.items() <= roles.items()


@pytest.mark.parametrize(("target", "format"), stored.EXPORTS.items())
def test_an_export_of_today_is_that_of_before(
    base: Path, ask: Ask, target: str, format: str
) -> None:
    """The same files with the same content; of MLflow's, but for the runner's own code and times."""
    before, now = base / "project" / "exports" / target, base / "project" / f"now-{target}"

    assert ask("export", "wheeled@1", now.name, "--format", format)[0] == 0

    assert differing(before, now) == []


def differing(before: Path, now: Path) -> list[str]:
    """Return which files are in one place only, or hold something else."""
    if before.is_file():
        return [] if before.read_bytes() == now.read_bytes() else [before.name]
    names = {
        str(path.relative_to(root))
        for root in (before, now)
        for path in root.rglob("*")
        if path.is_file() and "code" not in path.relative_to(root).parts
    }
    _, different, absent = filecmp.cmpfiles(before, now, sorted(names), shallow=False)
    return [*different, *absent]


@pytest.mark.slow
@needs_its_python
@pytest.mark.parametrize("name", ["cancelled", "timed_out"])
def test_a_retry_goes_on_from_the_checkpoint_of_before(base: Path, ask: Ask, name: str) -> None:
    """One runner or two: what it comes to is what a retry came to before, and nothing is begun anew."""
    project = base / "project"
    # The model waits for it, so that the job could be ended in the middle.
    (project / "gate").touch()

    _, job = ask("job", "retry", JOBS[name])
    log = ask("job", "log", job["id"])[1]["text"]

    assert (project / f"{name}.json").read_bytes() == (project / "stopped_once.json").read_bytes()
    assert job["counts"] == BEFORE["answers"]["job show {gone_on}"][1]["counts"]
    assert f"resumes job {JOBS[name][:8]}: " in log


@pytest.mark.slow
@needs_its_python
@pytest.mark.parametrize("name", ["scored", "csv", "zipped", "avro", "noted", "wheeled_first"])
def test_a_rerun_comes_to_the_same(base: Path, ask: Ask, name: str) -> None:
    """The lock of before builds an environment, which holds what it held."""
    before = BEFORE["answers"][f"job show {{{name}}}"][1]

    _, job = ask("job", "rerun", JOBS[name])
    _, compared = ask("compare", JOBS[name], job["id"])

    assert (job["status"], job["result"]) == (before["status"], before["result"])
    assert (job["counts"], job["sample"]) == (before["counts"], before["sample"])
    assert [package["name"] for package in job["proof"]["packages"]] == [
        package["name"] for package in before["proof"]["packages"]
    ]
    assert [
        aspect["what"]
        for aspect in compared["aspects"]
        # Another patch of the same Python may be here.
        if aspect["what"] != "python" and len(set(aspect["values"])) > 1
    ] == []


@pytest.mark.slow
@needs_its_python
def test_bad_records_of_before_are_scored_again(ask: Ask) -> None:
    """They are put into their places in the output of before."""
    before = BEFORE["answers"]["job show {failed_again}"][1]

    code, job = ask("job", "retry", JOBS["failed"], "--failed")

    assert code == 1
    assert (job["counts"], job["sample"]) == (before["counts"], before["sample"])


@pytest.mark.parametrize("name", ["scored", "csv", "zipped", "rejected", "died", "workers"])
def test_records_and_errors_are_read_as_before(
    base: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The Python API gives as many records as were written, and the errors of the command line."""
    monkeypatch.setenv("MODELOP_HOME", str(base / "home"))
    before = BEFORE["answers"][f"job show {{{name}}}"][1]
    errors = BEFORE["answers"][f"job errors {{{name}}}"][1]

    with Workspace() as workspace:
        job = workspace.job(JOBS[name])
        records = list(job.records())

        assert records[:5] == before["sample"][:5]
        assert len(records) == before["counts"]["records_out"]
        assert [error.index for error in job.errors()] == [error["index"] for error in errors]


def test_a_pinned_job_stays(ask: Ask) -> None:
    """Its measurement, too, and that of a job that was removed before."""
    code, _ = ask("job", "remove", JOBS["metrics_passed"])
    ask("job", "gc", "--older", "0")

    assert code == 1
    assert [job["id"] for job in ask("jobs", "--all")[1]] == [JOBS["metrics_passed"]]
    assert [row["value"] for row in ask("history", "churn", "auc")[1]["measurements"]] == [
        row["value"] for row in BEFORE["answers"]["history churn auc"][1]["measurements"]
    ]
