"""``modelop example`` in a terminal."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Run


def test_the_examples_are_listed_with_a_line_each(run: Run) -> None:
    """And with what to type for one."""
    done = run("example")

    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:4]] == [
        "regression",
        "classification",
        "faults",
    ]
    assert "'modelop example regression' writes" in done.stdout


def test_an_example_is_written_once(run: Run, folder: Path) -> None:
    """The second time it is there; JSON says which it was."""
    first = json.loads(run("example", "faults", "--json").stdout)
    second = json.loads(run("example", "faults", "--json").stdout)

    assert (first["is_new"], second["is_new"]) == (True, False)
    assert (folder / first["path"]).is_file()
    assert first["path"] == second["path"] == str(Path("example-faults", "faults.ipynb"))


def test_how_to_open_it_is_told(run: Run) -> None:
    """The line can be pasted."""
    assert "jupyter lab example-faults/faults.ipynb" in run("example", "faults").stdout


def test_an_unknown_example_is_not_found(run: Run) -> None:
    """With the exit code for that, and the nearest name."""
    done = run("example", "fault")

    assert done.returncode == 3
    assert "no example named 'fault'. Did you mean 'faults'?" in done.stderr
