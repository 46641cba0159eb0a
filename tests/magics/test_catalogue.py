"""The catalogue of small models, one or more per rule of section 13, as a notebook runs it."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.workspace import Job

from .conftest import Notebook

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[1] / "data" / "models"
CASES = sorted(path.parent.name for path in MODELS.glob("*/expected.json"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all models, so that equal requirements are installed once."""
    return tmp_path_factory.mktemp("home")


def command(name: str, expected: dict[str, Any]) -> str:
    """Return the line that runs a case."""
    options = expected.get("options", {})
    words = [expected["kind"], name, *expected["inputs"]]
    words += [
        f"--param={key}={json.dumps(it)}" for key, it in options.get("parameters", {}).items()
    ]
    words += [f"--schemas={options['schemas']}"] if "schemas" in options else []
    words += [f"--max-errors={options['max_errors']['count']}"] if "max_errors" in options else []
    words += [f"--limit={options['limit']}"] if "limit" in options else []
    words += (
        ["-o", f"./{expected['output']}"] if expected.get("output") and words[0] == "batch" else []
    )
    return "job = %modelop " + shlex.join(words)


@pytest.mark.parametrize("name", CASES)
def test_a_model_ends_as_its_rule_says(
    notebook: Notebook, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Functions found, status, result, counts, records and metrics."""
    expected = json.loads((MODELS / name / "expected.json").read_text("utf-8"))
    folder = tmp_path / name
    shutil.copytree(MODELS / name, folder, ignore=shutil.ignore_patterns("expected.json"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MODELOP_HOME", str(home))
    source = f" --source {expected['source']}" if "source" in expected else ""
    notebook.run(f"%modelop register {name} .{source}")
    shown = notebook.text
    notebook.run(command(name, expected))
    job = notebook.shell.user_ns.get("job")

    assert [name for name in expected["entry_points"].values() if name and name not in shown] == []
    if expected.get("refused"):
        assert job is None
        return
    assert isinstance(job, Job)
    if expected.get("dies"):
        expected |= {"status": "ERROR", "result": "FAILURE", "records": expected["went_on"]}
    assert (job.status.value, job.result.value) == (expected["status"], expected["result"])
    actual: dict[str, Any] = {"metrics": job.metrics}
    if "records" in expected:
        actual["records"] = list(job.records())
    required = {key: expected[key] for key in actual if key in expected}
    assert {key: actual[key] for key in required} == required
