"""What a name is in the user's namespace."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.notebook import NotebookSession, kind_of

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
def test_a_value_is_named_by_what_it_is(value: object, words: str) -> None:
    """As one would say it."""
    assert kind_of(value) == words


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
def test_a_name_is_told_with_the_cell_that_made_it(
    notebook: Notebook, cell: str, name: str, words: str | None
) -> None:
    """Found in the history; the extension was loaded in cell 1."""
    notebook.run(cell)

    assert NotebookSession(notebook.shell, cell_ids={}).describe(name) == words


def test_a_data_frame_is_told_with_its_shape(notebook: Notebook) -> None:
    """ "a DataFrame (2 x 1)"."""
    import pandas

    assert kind_of(pandas.DataFrame({"x": [1, 2]})) == "a DataFrame (2 x 1)"
