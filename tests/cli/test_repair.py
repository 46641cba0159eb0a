"""A home whose registry is empty."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_repair_restores_an_emptied_registry(run, folder, environ):
    """Every verb says what to do; after it, the list and the job are there again (issue 11)."""
    home = Path(environ["MODELOP_HOME"])
    run("register", "churn", "model.py")
    run("batch", "churn", "good.json")
    for path in home.glob("registry.db*"):
        path.unlink()
    (home / "registry.db").touch()
    shutil.rmtree(home / "blobs")
    refused = run("models")
    repaired = run("repair")
    again = json.loads(run("repair", "--json").stdout)
    jobs = json.loads(run("jobs", "--json").stdout)

    assert refused.returncode == 1
    assert "it is empty, but the home has 1 job. 'modelop repair' rebuilds it" in refused.stderr
    assert "churn@1" in repaired.stdout and "model.py" in repaired.stdout
    assert (again["models"], again["jobs"]) == ([], [])
    assert again["missing"][0]["path"] == "model.py"
    assert [(job["model"], job["status"]) for job in jobs] == [("churn", "COMPLETE")]
