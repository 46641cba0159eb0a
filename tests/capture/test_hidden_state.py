"""A notebook whose kernel has state that its cells, from top to bottom, do not give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelop_jupyter.capture import Cell, ModelCells, select_model_cells
from modelop_jupyter.capture.hidden_state import HiddenState, hidden_state
from modelop_jupyter.domain.models import EntryPoints

SCORE = "# modelop.score\ndef score(record):\n    return record > threshold"
IMPORT = "import math"
POINTS = EntryPoints(score="score")


def ran(*runs: tuple[str, str], saved: dict[str, str]) -> ModelCells:
    """Return cells that ran in this order, each an id and its text, in a notebook with others."""
    cells = [Cell(number, text, cell_id) for number, (cell_id, text) in enumerate(runs, start=1)]
    texts = [Cell(number, text, cell_id) for number, (cell_id, text) in enumerate(saved.items())]
    return select_model_cells("m", cells, saved=texts)


def found(*runs: tuple[str, str], saved: dict[str, str]) -> HiddenState | None:
    return hidden_state("m", ran(*runs, saved=saved), POINTS, {})


def test_a_notebook_that_ran_from_top_to_bottom_has_none() -> None:
    runs = [("a", IMPORT), ("b", "threshold = 1"), ("c", SCORE)]

    assert found(*runs, saved=dict(runs)) is None


@pytest.mark.parametrize(
    ("runs", "saved", "cause"),
    [
        (
            [("b", "threshold = 0.42"), ("c", SCORE)],
            {"b": "threshold = 0.5", "c": SCORE},
            "cell 1 was edited after it ran",
        ),
        (
            [("b", "threshold = 1"), ("x", "threshold = 2"), ("c", SCORE)],
            {"b": "threshold = 1", "c": SCORE},
            "cell 2 is no longer in the notebook",
        ),
        (
            [("b", "threshold = 2"), ("a", "threshold = 1"), ("c", SCORE)],
            {"a": "threshold = 1", "b": "threshold = 2", "c": SCORE},
            "cell 2 stands above cell 1, and ran after it",
        ),
        (
            [("a", "base = 1"), ("b", "threshold = base + 1"), ("c", SCORE)],
            {"c": SCORE, "b": "threshold = base + 1"},
            "cell 1 is no longer in the notebook",
        ),
    ],
)
def test_state_that_the_cells_do_not_give_is_found(
    runs: list[tuple[str, str]], saved: dict[str, str], cause: str
) -> None:
    hidden = found(*runs, saved=saved)

    assert hidden is not None
    assert hidden.diff
    assert cause in "; ".join(hidden.causes)


def test_another_order_of_what_does_not_depend_on_it_is_none() -> None:
    """The module is written in the order in which cells ran; it does the same."""
    score = "# modelop.score\ndef score(record):\n    return low < record < high"
    runs = [("c", score), ("b", "high = 2"), ("a", "low = 1")]

    assert found(*runs, saved=dict(reversed(runs))) is None


def test_state_beside_a_value_in_a_file_is_found() -> None:
    """The value itself is not read again: the module loads it."""
    score = "# modelop.score\ndef score(record):\n    return rows, threshold"
    runs = [("a", "rows = open('big.txt').readlines()"), ("b", "threshold = 1"), ("c", score)]
    cells = ran(*runs, saved=dict(runs) | {"b": "threshold = 2"})
    hidden = hidden_state("m", cells, POINTS, {"rows": "rows.json"})

    assert hidden is not None
    assert hidden.causes == ("cell 2 was edited after it ran",)


def test_a_cell_that_is_not_saved_yet_is_nothing_hidden() -> None:
    """Where it stands is not known."""
    cells = ran(("b", "threshold = 1"), ("c", SCORE), saved={"c": SCORE})
    cells = replace(cells, unsaved=frozenset({"b"}))

    assert hidden_state("m", cells, POINTS, {}) is None


def test_a_notebook_without_a_file_has_none_that_is_known() -> None:
    cells = replace(ran(("c", SCORE), saved={}), saved_by_id=None)

    assert hidden_state("m", cells, POINTS, {}) is None
