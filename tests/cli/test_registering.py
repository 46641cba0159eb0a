"""What `modelop register` asks in a terminal, and what `--yes` decides anywhere."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE

from .conftest import Run

PREDICT = "def predict(record):\n    return {'y': record['x']}\n"


def test_yes_takes_what_the_plan_suggests(run: Run, folder: Path) -> None:
    """Function, files and requirements, without a terminal (issue 15)."""
    (folder / "new").mkdir()
    (folder / "new" / "m.py").write_text(f"import packaging\n{PREDICT}# {{}}\nopen('w.json')\n")
    (folder / "new" / "w.json").write_text("{}")
    done = run("register", "fresh", "new/m.py", "--yes", "--json")
    document = json.loads(done.stdout)

    assert document["model"]["state"]["entry_points"]["score"] == "predict"
    assert [asset["path"] for asset in document["model"]["state"]["assets"]] == [
        "m.py",
        "requirements.txt",
        "w.json",
    ]
    assert (folder / "new" / "requirements.txt").read_text().startswith("packaging==")


def test_a_dry_run_shows_what_would_be_saved(run: Run, folder: Path) -> None:
    """Beside what is registered; a pipeline sees by the exit code whether that would be refused."""
    (folder / "new").mkdir()
    (folder / "new" / "m.py").write_text(f"# modelop.score\n{PREDICT}")
    fresh = run("register", "fresh", "new/m.py", "--dry-run")
    run("register", "fresh", "new/m.py")
    (folder / "new" / "m.py").write_text(f"# modelop.score\n{PREDICT.replace('x', 'z')}")
    again = run("register", "fresh", "new/m.py", "--dry-run")
    document = json.loads(run("register", "fresh", "new/m.py", "--dry-run", "--json").stdout)
    (folder / "new" / "m.py").write_text("# modelop.score\nx = 1\n")
    refused = run("register", "fresh", "new/m.py", "--dry-run")

    assert "fresh  score: predict  a new model" in fresh.stdout
    assert "fresh as registered and fresh as it would be differ in source" in again.stdout
    assert "-    return {'y': record['x']}\n  +    return {'y': record['z']}" in again.stdout
    assert "Nothing was saved or built. Without --dry-run, this is registered." in again.stdout
    assert document["diff"]["changes"] == ["source m.py changed"]
    assert "record['x']" in document["diff"]["assets"][0]["before_text"]
    assert refused.returncode == 1


def test_without_a_terminal_nothing_is_asked_or_added(run: Run, folder: Path) -> None:
    """A script gets what it asked for."""
    (folder / "new").mkdir()
    (folder / "new" / "m.py").write_text(f"{PREDICT}open('w.json')\n")
    (folder / "new" / "w.json").write_text("{}")
    done = run("register", "fresh", "new/m.py", stdin="y\n")

    assert "created without a function that a job can call" in done.stdout
    assert "so fresh is registered without w.json" in " ".join(done.stdout.split())
    assert "w.json" not in done.stdout.partition("assets:")[2]


def test_a_terminal_is_asked(folder: Path, environ: dict[str, str]) -> None:
    """On stderr, so that stdout has the result alone."""
    (folder / "new").mkdir()
    (folder / "new" / "m.py").write_text(PREDICT)
    master, slave = pty.openpty()
    os.write(master, b"predict\n")
    done = subprocess.run(
        [sys.executable, "-m", "modelop_jupyter", "register", "fresh", "new/m.py", "--json"],
        cwd=folder,
        env=environ,
        stdin=slave,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    os.close(slave)
    os.close(master)

    assert "Which is the score function?\n  predict  (line 1)" in done.stderr
    assert json.loads(done.stdout)["model"]["state"]["entry_points"]["score"] == "predict"
