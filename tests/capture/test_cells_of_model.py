"""Which cells belong to a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.capture import Cell
from modelop_jupyter.capture.cells_of_model import select_model_cells
from modelop_jupyter.commands.context import ShellSession
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.origins import CapturedFunction
from modelop_jupyter.errors import InvalidError

A1 = Cell(1, "%%modelop model a\ndef score(r): return 1")
B2 = Cell(2, "%%modelop model b\ndef score(r): return 2")
PLAIN = Cell(3, "import json")
A4 = Cell(4, "%%modelop model a\ndef score(r): return 4")
A5 = Cell(5, "%%modelop model a\ndef other(r): return 5")


@pytest.mark.parametrize(
    ("cells", "kept", "marked"),
    [
        ((A1, PLAIN), (A1, PLAIN), {1}),
        ((A1, B2, PLAIN), (A1, PLAIN), {1}),
        ((A1, PLAIN, A4), (PLAIN, A4), {4}),
        ((A1, PLAIN, A5), (A1, PLAIN, A5), {1, 5}),
        ((PLAIN,), (PLAIN,), set()),
    ],
)
def test_a_model_has_its_own_marked_cells(
    cells: tuple[Cell, ...], kept: tuple[Cell, ...], marked: set[int]
) -> None:
    """Another model's cells and the older version of an edited cell are left out."""
    selected = select_model_cells("a", cells)

    assert selected.cells == kept
    assert selected.marked == marked


def test_a_shell_needs_a_path_or_a_notebook() -> None:
    """The error names both."""
    with pytest.raises(InvalidError, match="--notebook FILE"):
        ShellSession().model_cells("m", notebook=None)


def test_a_missing_notebook_is_an_error(tmp_path: Path) -> None:
    """The reason is that of the operating system."""
    with pytest.raises(InvalidError, match=r"absent\.ipynb: No such file"):
        ShellSession().model_cells("m", notebook=tmp_path / "absent.ipynb")


def test_a_tag_counts_without_running_its_cell_again() -> None:
    """It is a comment: the code is what ran, and nothing is said to be edited."""
    ran = Cell(1, "def predict(r):\n    return 1", "a")
    saved = Cell(1, "# modelop.score\ndef predict(r):\n    return 1", "a")
    captured = select_model_cells("m", [ran], saved=[saved]).capture(EntryPoints())

    assert captured.entry_points == EntryPoints(score="predict")
    assert captured.edited == ()


def test_an_edit_beside_a_tag_is_not_taken() -> None:
    """What ran counts, and the edit is shown as a diff."""
    ran = Cell(1, "# modelop.score\ndef predict(r):\n    return 1", "a")
    saved = Cell(1, "# modelop.score\ndef predict(r):\n    return 2", "a")
    captured = select_model_cells("m", [ran], saved=[saved]).capture(EntryPoints())
    (edited,) = captured.edited

    assert "return 1" in captured.source
    assert (edited.number, edited.id) == (1, "a")
    assert edited.diff.endswith("-    return 1\n+    return 2")


def test_each_function_is_captured_with_its_cell() -> None:
    """The position is that of the notebook now, the number in brackets that of the run."""
    used = Cell(7, "def double(x): return 2 * x", "b", 7)
    tagged = Cell(9, "# modelop.score\ndef score(r): return double(r)", "c", 9)
    saved = [Cell(1, "import json", "a"), Cell(2, used.source, "b"), Cell(3, tagged.source, "c")]
    captured = select_model_cells("a", [used, tagged], saved=saved).capture(EntryPoints())

    assert captured.functions == (
        CapturedFunction("double", "b", 2, 7),
        CapturedFunction("score", "c", 3, 9),
    )


def test_a_saved_notebook_gives_positions_and_saved_counts() -> None:
    """No kernel is needed."""
    tagged = Cell(2, "# modelop.score\ndef score(r): return r", "c", 5)
    captured = select_model_cells("a", [PLAIN, tagged], are_unrun=True).capture(EntryPoints())

    assert captured.functions == (CapturedFunction("score", "c", 2, 5),)
