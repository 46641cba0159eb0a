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
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE

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
        timeout=PATIENCE,
        check=False,
    )


def option_words(expected: dict[str, Any]) -> list[str]:
    """Return the options of a job as a user types them."""
    options = expected.get("options", {})
    words = [
        f"--param={key}={json.dumps(value)}" for key, value in options.get("parameters", {}).items()
    ]
    if "schemas" in options:
        words += ["--schemas", options["schemas"]]
    if "max_errors" in options:
        words += ["--max-errors", str(options["max_errors"]["count"])]
    if "limit" in options:
        words += ["--limit", str(options["limit"])]
    if expected.get("output") and expected["kind"] == "batch":
        words += ["-o", expected["output"]]
    return words


@pytest.mark.parametrize("name", CASES)
def test_a_model_ends_as_its_rule_says(home: Path, tmp_path: Path, name: str) -> None:
    """Functions found, status, result, counts, output, errors and log."""
    expected = json.loads((MODELS / name / "expected.json").read_text("utf-8"))
    folder = tmp_path / name
    shutil.copytree(MODELS / name, folder, ignore=shutil.ignore_patterns("expected.json"))
    source = ["--source", expected["source"]] if "source" in expected else []
    registered = modelop(home, folder, "register", name, ".", *source)
    assert registered.returncode == 0, registered.stderr

    ran = modelop(
        home, folder, expected["kind"], name, *expected["inputs"], *option_words(expected)
    )

    points = json.loads(registered.stdout)["model"]["state"]["entry_points"]
    assert {kind: points[kind] for kind in expected["entry_points"]} == expected["entry_points"]
    if expected.get("refused"):
        assert ran.returncode == 2
        return
    record = json.loads(ran.stdout)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        job = workspace.job(record["id"])
        log, error = job.log(), json.dumps(to_wire(job.record.error), ensure_ascii=False)
        actual = {
            "status": job.status.value,
            "result": job.result.value,
            "counts": record["counts"],
            "metrics": job.metrics,
            "verdicts": [verdict.passed for verdict in job.verdicts],
            "errors": [[it.index, it.stage, it.exception] for it in job.errors()],
            "console": [
                text for text in expected.get("console_contains", []) if text not in job.console()
            ],
            "files": [
                name for name in expected.get("files", []) if (job.folder.work / name).exists()
            ],
        }
        if "records" in expected:
            actual["records"] = list(job.records())
        if "output_text" in expected:
            assert job.output is not None
            actual["output_text"] = job.output.read_bytes().decode()
    required = {"console": [], **{key: expected[key] for key in actual if key in expected}}
    if expected.get("dies"):
        required |= {"status": "ERROR", "result": "FAILURE", "records": expected["went_on"]}

    assert {key: actual[key] for key in required} == required
    assert [text for text in expected.get("log_contains", []) if text not in log] == []
    assert [text for text in expected.get("log_lacks", []) if text in log] == []
    assert [text for text in expected.get("error_contains", []) if text not in error] == []
    assert ran.returncode == (0 if actual["result"] == "SUCCESS" else 1)
