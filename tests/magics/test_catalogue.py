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


def command(name: str, told: dict[str, Any]) -> str:
    """Return the line that runs a case."""
    given = told.get("options", {})
    words = [told["kind"], name, *told["inputs"]]
    words += [f"--param={key}={json.dumps(it)}" for key, it in given.get("parameters", {}).items()]
    words += [f"--schemas={given['schemas']}"] if "schemas" in given else []
    words += [f"--max-errors={given['max_errors']['count']}"] if "max_errors" in given else []
    words += [f"--limit={given['limit']}"] if "limit" in given else []
    words += ["-o", f"./{told['output']}"] if told.get("output") and words[0] == "batch" else []
    return "job = %modelop " + shlex.join(words)


@pytest.mark.parametrize("name", CASES)
def test_a_model_ends_as_its_rule_says(
    notebook: Notebook, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """13: functions found, status, result, counts, records and metrics."""
    told = json.loads((MODELS / name / "expected.json").read_text("utf-8"))
    folder = tmp_path / name
    shutil.copytree(MODELS / name, folder, ignore=shutil.ignore_patterns("expected.json"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MODELOP_HOME", str(home))
    source = f" --source {told['source']}" if "source" in told else ""
    notebook.run(f"%modelop register {name} .{source}")
    shown = notebook.text
    notebook.run(command(name, told))
    job = notebook.shell.user_ns.get("job")

    assert [each for each in told["entry_points"].values() if each and each not in shown] == []
    if told.get("refused"):
        assert job is None
        return
    assert isinstance(job, Job)
    if told.get("dies"):
        told |= {"status": "ERROR", "result": "FAILURE", "records": told["went_on"]}
    assert (job.status.value, job.result.value) == (told["status"], told["result"])
    found: dict[str, Any] = {"metrics": job.metrics}
    if "records" in told:
        found["records"] = list(job.records())
    wanted = {key: told[key] for key in found if key in told}
    assert {key: found[key] for key in wanted} == wanted
