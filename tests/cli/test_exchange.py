"""Whole models in a terminal: compared, exported, imported."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Run


def test_a_model_is_exported_and_imported(run: Run, folder: Path, tmp_path: Path) -> None:
    """JSON on stdout, and the exit codes: 0 done, 1 something is there, 2 damaged, 3 not found."""
    other = {"MODELOP_HOME": str(tmp_path / "other")}
    run("register", "m", "model.py")
    run("snapshot", "m")
    written = json.loads(run("export", "m@1", "m.zip", "--json").stdout)
    taken = json.loads(run("import", "m.zip", "--json", **other).stdout)
    repository = run("export", "m", "repo", "--format", "git")
    equal = run("diff", "m@1", "m")
    there = run("export", "m", "bad.json", "--json")
    archive = bytearray((folder / "m.zip").read_bytes())
    archive[len(archive) // 2] ^= 1
    (folder / "m.zip").write_bytes(archive)

    assert written["digest"].startswith("sha256:")
    assert (taken["snapshot"]["number"], taken["registration"]["created"]) == (1, True)
    assert repository.returncode == 0
    assert "Written for the import: metadata.json." in repository.stdout
    assert equal.stdout == "m@1 and m\nNothing differs: m@1 and m are the same.\n"
    assert (there.returncode, json.loads(there.stdout)["code"]) == (1, "export_target")
    assert run("import", "m.zip", **other).returncode == 2
    assert run("diff", "m", "nobody").returncode == 3
