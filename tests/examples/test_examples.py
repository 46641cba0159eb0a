"""The examples as files, and their copies in a folder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest

from modelop_jupyter import files
from modelop_jupyter.domain.examples import ExampleNotFoundError
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.examples import EXAMPLES, copy_example

NAMES = [example.name for example in EXAMPLES]


def change(notebook: Path, **cell: Any) -> None:
    """Add a cell to a notebook."""
    document = json.loads(notebook.read_text())
    document["cells"].append({"cell_type": "code", "metadata": {}, "outputs": [], **cell})
    notebook.write_text(json.dumps(document))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_notebook_of_ten_cells_without_outputs(tmp_path: Path, name: str) -> None:
    """Valid, and small enough to be read in five minutes."""
    notebook = nbformat.read(copy_example(name, tmp_path).path, as_version=4)
    nbformat.validate(notebook)
    ran = [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]

    assert len(notebook.cells) == 10
    assert ran == []


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_has_a_folder_of_its_own(tmp_path: Path, name: str) -> None:
    """Its cells write files, which must not replace those of the folder it was asked for in."""
    copied = copy_example(name, tmp_path)

    assert copied.is_new
    assert Path(copied.path) == tmp_path / f"example-{name}" / f"{name}.ipynb"
    assert [path.name for path in tmp_path.iterdir()] == [f"example-{name}"]


def test_a_relative_folder_gives_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is shown, and linked, in a notebook."""
    monkeypatch.chdir(tmp_path)

    assert Path(copy_example("faults", Path()).path) == Path("example-faults/faults.ipynb")


def test_a_copy_with_the_same_cells_is_there_already(tmp_path: Path) -> None:
    """Also when they were run, and JupyterLab added an empty one at the end."""
    first = Path(copy_example("regression", tmp_path).path)
    document = json.loads(first.read_text())
    document["cells"][1]["execution_count"] = 1
    document["cells"][1]["source"] = "".join(document["cells"][1]["source"])
    first.write_text(json.dumps(document))
    change(first, source="")
    second = copy_example("regression", tmp_path)

    assert (second.path, second.is_new) == (str(first), False)


def test_a_copy_that_was_changed_stays_and_a_new_one_is_made(tmp_path: Path) -> None:
    """Nobody loses what they wrote, and nobody is stuck with what no longer works."""
    first = Path(copy_example("regression", tmp_path).path)
    change(first, source="mine = 1")
    edited = first.read_bytes()
    second = copy_example("regression", tmp_path)

    assert (second.path, second.is_new) == (
        str(tmp_path / "example-regression-1" / "regression.ipynb"),
        True,
    )
    assert first.read_bytes() == edited


@pytest.mark.parametrize("there", ["", "{", "[]", '{"cells": [{}]}'])
def test_a_folder_of_that_name_that_holds_no_copy_stays(tmp_path: Path, there: str) -> None:
    """It is the user's own, or the copy in it is damaged."""
    mine = tmp_path / "example-faults" / "faults.ipynb"
    mine.parent.mkdir()
    mine.write_text(there)

    assert "example-faults-1" in copy_example("faults", tmp_path).path
    assert mine.read_text() == there


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """And nothing is written."""
    with pytest.raises(ExampleNotFoundError, match="Did you mean 'regression'"):
        copy_example("regresion", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """It is not made: its name may be mistyped."""
    with pytest.raises(InvalidError, match="nowhere: no such folder"):
        copy_example("faults", tmp_path / "nowhere")


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next try, with space, gets the plain name."""
    monkeypatch.setattr(files, "_renames", Counter())
    monkeypatch.setenv("MODELOP_FAULT", "faults.ipynb:1:full")
    with pytest.raises(InvalidError, match="example-faults cannot be written: No space left"):
        copy_example("faults", tmp_path)

    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv("MODELOP_FAULT")
    assert copy_example("faults", tmp_path).is_new
