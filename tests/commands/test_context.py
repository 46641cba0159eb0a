"""Which cells belong to a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.capture import Cell
from modelop_jupyter.commands.context import ShellSession, marked_for
from modelop_jupyter.errors import InvalidError

A1 = Cell(1, "%%modelop model a\ndef score(r): return 1")
B2 = Cell(2, "%%modelop model b\ndef score(r): return 2")
PLAIN = Cell(3, "import json")
A4 = Cell(4, "%%modelop model a\ndef score(r): return 4")
A5 = Cell(5, "%%modelop model a\ndef other(r): return 5")


@pytest.mark.parametrize(
    ("cells", "kept", "whole"),
    [
        ((A1, PLAIN), (A1, PLAIN), {1}),
        ((A1, B2, PLAIN), (A1, PLAIN), {1}),
        ((A1, PLAIN, A4), (PLAIN, A4), {4}),
        ((A1, PLAIN, A5), (A1, PLAIN, A5), {1, 5}),
        ((PLAIN,), (PLAIN,), set()),
    ],
)
def test_a_model_has_its_own_marked_cells(
    cells: tuple[Cell, ...], kept: tuple[Cell, ...], whole: set[int]
) -> None:
    """Another model's cells and the older version of an edited cell are left out."""
    found = marked_for("a", cells)

    assert found.cells == kept
    assert found.whole == whole


def test_a_shell_needs_a_path_or_a_notebook() -> None:
    """Nothing else says where a source is."""
    with pytest.raises(InvalidError, match="--notebook FILE"):
        ShellSession().model_cells("m", notebook=None)


def test_a_notebook_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The reason is the system's."""
    with pytest.raises(InvalidError, match=r"absent\.ipynb: No such file"):
        ShellSession().model_cells("m", notebook=tmp_path / "absent.ipynb")
