"""Descriptions of variables."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.notebook import NotebookSession, describe_value

from .conftest import Notebook


class Forest:
    """An estimator as scikit-learn makes them."""

    def fit(self) -> Forest:
        self.classes_ = [0, 1]
        return self


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1, 2], "a list of 2"),
        ({"a": 1}, "a dict of 1"),
        (3, "an int"),
        (Forest(), "a Forest"),
        (Forest().fit(), "a fitted Forest"),
    ],
)
def test_a_value_is_described_by_type_and_size(value: object, words: str) -> None:
    """With an article."""
    assert describe_value(value) == words


@pytest.mark.parametrize(
    ("cell", "name", "words"),
    [
        ("rows = [1]", "rows", "a list of 1 made in cell 2"),
        ("a, rows = 1, [1]", "rows", "a list of 1 made in cell 2"),
        ("rows: list = [1]", "rows", "a list of 1 made in cell 2"),
        ("for n in [1, 2]:\n    pass", "n", "an int"),
        ("pass", "absent", None),
    ],
)
def test_a_variable_is_described_with_its_cell(
    notebook: Notebook, cell: str, name: str, words: str | None
) -> None:
    """From the input history; the extension was loaded in cell 1."""
    notebook.run(cell)

    assert NotebookSession(notebook.shell, cell_runs={}).describe(name) == words


def test_a_data_frame_is_described_with_its_shape(notebook: Notebook) -> None:
    """ "a DataFrame (2 x 1)"."""
    import pandas

    assert describe_value(pandas.DataFrame({"x": [1, 2]})) == "a DataFrame (2 x 1)"
