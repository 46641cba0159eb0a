"""The catalogue of small models, one or more per rule of section 13, from end to end as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[1] / "data" / "models"
CASES = sorted(path.parent.name for path in MODELS.glob("*/expected.json"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all models, so that equal requirements are installed once."""
    return tmp_path_factory.mktemp("home")


def modelop(home: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``modelop --json`` in a folder; not by ``python -m``, which would import its inspect.py."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("modelop")), *words, "--json"],
        cwd=folder,
        env={**os.environ, "MODELOP_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def options(told: dict[str, Any]) -> list[str]:
    """Return the options of a job as a user types them."""
    given = told.get("options", {})
    words = [
        f"--param={key}={json.dumps(value)}" for key, value in given.get("parameters", {}).items()
    ]
    if "schemas" in given:
        words += ["--schemas", given["schemas"]]
    if "max_errors" in given:
        words += ["--max-errors", str(given["max_errors"]["count"])]
    if "limit" in given:
        words += ["--limit", str(given["limit"])]
    if told.get("output") and told["kind"] == "batch":
        words += ["-o", told["output"]]
    return words


@pytest.mark.parametrize("name", CASES)
def test_a_model_ends_as_its_rule_says(home: Path, tmp_path: Path, name: str) -> None:
    """13: functions found, status, result, counts, output, errors and log."""
    told = json.loads((MODELS / name / "expected.json").read_text("utf-8"))
    folder = tmp_path / name
    shutil.copytree(MODELS / name, folder, ignore=shutil.ignore_patterns("expected.json"))
    source = ["--source", told["source"]] if "source" in told else []
    registered = modelop(home, folder, "register", name, ".", *source)
    assert registered.returncode == 0, registered.stderr

    ran = modelop(home, folder, told["kind"], name, *told["inputs"], *options(told))

    points = json.loads(registered.stdout)["model"]["state"]["entry_points"]
    assert {kind: points[kind] for kind in told["entry_points"]} == told["entry_points"]
    if told.get("refused"):
        assert ran.returncode == 2
        return
    record = json.loads(ran.stdout)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        job = workspace.job(record["id"])
        log, error = job.log(), json.dumps(job.record.error, ensure_ascii=False)
        found = {
            "status": job.status.value,
            "result": job.result.value,
            "counts": record["counts"],
            "metrics": job.metrics,
            "verdicts": [each.passed for each in job.verdicts],
            "errors": [[each.index, each.stage, each.exception] for each in job.errors()],
            "console": [
                text for text in told.get("console_contains", []) if text not in job.console()
            ],
            "files": [each for each in told.get("files", []) if (job.folder.work / each).exists()],
        }
        if "records" in told:
            found["records"] = list(job.records())
        if "output_text" in told:
            assert job.output is not None
            found["output_text"] = job.output.read_bytes().decode()
    wanted = {"console": [], **{key: told[key] for key in found if key in told}}
    if told.get("dies"):
        wanted |= {"status": "ERROR", "result": "FAILURE", "records": told["went_on"]}

    assert {key: found[key] for key in wanted} == wanted
    assert [text for text in told.get("log_contains", []) if text not in log] == []
    assert [text for text in told.get("log_lacks", []) if text in log] == []
    assert [text for text in told.get("error_contains", []) if text not in error] == []
    assert ran.returncode == (0 if found["result"] == "SUCCESS" else 1)
