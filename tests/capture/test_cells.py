"""Reading notebook files, and naming what a source imports."""

from __future__ import annotations

import json

import nbformat
import pytest

from modelop_jupyter.capture import Cell, Import, imports_of, model_cells, notebook_cells
from modelop_jupyter.errors import InvalidError

V3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {},
    "worksheets": [
        {"cells": [{"cell_type": "code", "language": "python", "input": ["x = 1\n", "y"], "outputs": []}]}
    ],
}  # fmt: skip


def test_code_cells_are_read_in_order() -> None:
    """Numbers count the code cells; other cells are no source."""
    new = nbformat.v4
    notebook = new.new_notebook(
        cells=[new.new_code_cell("a = 1", id="one"), new.new_markdown_cell("# b"), new.new_code_cell("ä", id="two")]
    )  # fmt: skip

    cells = notebook_cells(nbformat.writes(notebook).encode())

    assert cells == (Cell(1, "a = 1", "one"), Cell(2, "ä", "two"))


def test_an_id_names_one_cell() -> None:
    """A cell that was copied with its id by hand has none."""
    copied = {"cell_type": "code", "id": "one", "source": ["a = 1\n", "b"], "metadata": {}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [copied, copied]}

    cells = notebook_cells(json.dumps(notebook).encode())

    assert cells == (Cell(1, "a = 1\nb", "one"), Cell(2, "a = 1\nb"))


def test_an_old_notebook_is_read() -> None:
    """Format 3 had worksheets."""
    (cell,) = notebook_cells(json.dumps(V3).encode("utf-8-sig"))

    assert cell.source == "x = 1\ny"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b'"text"',
        b"\x89PNG\xff\x00",
        b'{"nbformat": 4}',
        b'{"nbformat": "x"}',
        b'{"nbformat": 9, "cells": []}',
        b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        b'{"cells": [{"cell_type": "code"}], "nbformat": 4, "nbformat_minor": 4, "metadata": {}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_notebook_is_refused(data: bytes) -> None:
    """One sentence, whatever the bytes are."""
    with pytest.raises(InvalidError, match="the notebook cannot be read: "):
        notebook_cells(data)


def test_cells_of_models_are_told_apart() -> None:
    """%%modelop model NAME names the model that a cell belongs to."""
    cells = [Cell(1, "%%modelop model a -x\n"), Cell(2, "x = 1"), Cell(3, "%%modelop run a\n")]

    assert model_cells(cells) == {1: "a"}


@pytest.mark.parametrize(
    "source",
    [
        "import os.path, a\nfrom b.c import d\nfrom . import e\ndef f():\n    import g\n",
        "import os.path, a\nfrom b.c import d\nfrom . import e\ndef f(:\n    import g\n",
    ],
)
def test_imported_modules_are_named_once(source: str) -> None:
    """Top-level names with their lines, also inside functions and in broken sources."""
    found = {item.module: item.line for item in imports_of(source)}

    assert found | {"a": 1} == {"os": 1, "a": 1, "b": 2, "g": 5}


def test_imports_that_the_source_does_without_are_marked() -> None:
    """try/except ImportError makes them optional, TYPE_CHECKING takes them away."""
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
        "try:\n    import c\nexcept ImportError:\n    import d\n"
        "try:\n    import e\nexcept ValueError:\n    pass\nfrom __future__ import annotations\n"
    )

    assert imports_of(source) == (
        Import("typing", 1),
        Import("b", 5),
        Import("c", 7, is_optional=True),
        Import("d", 9, is_optional=True),
        Import("e", 11),
    )
