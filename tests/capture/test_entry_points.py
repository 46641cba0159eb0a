"""Which functions are the entry points when cells were edited, run again or taken whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelop_jupyter.capture import Captured, Cell, capture
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.source_code.smart_tags import entry_points
from modelop_jupyter.errors import NoSourceError, TagError, UnresolvedNameError

Take = Callable[..., Captured]
OLD = "# modelop.score\ndef old(x):\n    return 1\n"
NEW = "# modelop.score\ndef new(x):\n    return 2\n"
WHOLE = (
    "%%modelop model churn\nimport json\n\n# about\nX = json.loads('{}')\n\n\n" + NEW + "\n# end\n"
)


def test_two_functions_under_one_tag_are_refused(take: Take) -> None:
    """Both cells and functions are named, and the remedy."""
    with pytest.raises(TagError) as caught:
        take(OLD, NEW)

    assert "'old' (cell 1) and 'new' (cell 2)" in caught.value.message
    assert "--score new" in (caught.value.hint or "")


def test_a_function_whose_cell_is_no_longer_in_the_notebook_is_passed_over(take: Take) -> None:
    """It was edited or deleted since."""
    assert take(OLD, NEW, current=frozenset({NEW + "\n"})).entry_points.score == "new"


def test_a_function_that_is_not_saved_yet_is_not_passed_over(take: Take) -> None:
    """The notebook on disk may be older than the cell; the user decides."""
    with pytest.raises(TagError):
        take(OLD, NEW, current=frozenset({OLD}))


def test_the_newer_version_of_a_cell_wins() -> None:
    """The ids agree."""
    captured = capture([Cell(1, OLD, "a"), Cell(2, NEW, "a")])

    assert captured.entry_points == EntryPoints(score="new")
    assert "old" not in captured.source


def test_a_function_of_the_same_name_replaces_the_older(take: Take) -> None:
    """Run again, with another text and no id."""
    assert "return 3" in take(OLD, OLD.replace("1", "3")).source


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (EntryPoints(score="old"), EntryPoints(score="old")),
        (EntryPoints(score="plain", metrics="new"), EntryPoints(score="plain", metrics="new")),
    ],
)
def test_what_the_user_chose_outweighs_the_tags(
    take: Take, chosen: EntryPoints, expected: EntryPoints
) -> None:
    """The module's tags say so (spec 1.1)."""
    captured = take(OLD, NEW, "@staticmethod\ndef plain(x):\n    return 3\n", chosen=chosen)

    assert captured.entry_points == entry_points(captured.source) == expected


def test_untagged_begin_and_action_are_found(take: Take) -> None:
    """Without tags the default names count (spec 13.1)."""
    captured = take("def begin():\n    pass\ndef action(x):\n    return x\n")

    assert captured.entry_points == EntryPoints(init="begin", score="action")


def test_a_function_in_a_conditional_block_may_be_tagged(take: Take) -> None:
    """It is a function of the module."""
    captured = take("if True:\n    # modelop.score\n    def f(x):\n        return 1\n")

    assert captured.entry_points.score == "f"


def test_a_whole_cell_is_taken_as_it_is(take: Take) -> None:
    """%%modelop model NAME: the cell's text is the model's source."""
    captured = take("import os", WHOLE, "print(1)", whole=frozenset({2}))

    assert captured.source == WHOLE.partition("\n")[2]
    assert captured.used == (2,)


def test_a_whole_cell_gets_what_it_needs(take: Take) -> None:
    """It is part of the source; its tags outweigh those of other cells."""
    cell = "%%modelop model churn\n# modelop.score\ndef score(x):\n    return LIMIT\n"

    captured = take(
        "from __future__ import annotations\nLIMIT = 3", cell, OLD, whole=frozenset({2})
    )

    assert captured.entry_points == EntryPoints(score="score")
    assert "LIMIT = 3" in captured.source
    assert "old" not in captured.source


def test_a_whole_cell_may_not_use_data(take: Take) -> None:
    """The rule is the same."""
    with pytest.raises(UnresolvedNameError, match="cell 2, line 3: 'df'"):
        take(
            "df = open('x')",
            "%%modelop model m\ndef action(x):\n    return df",
            whole=frozenset({2}),
        )


def test_a_whole_cell_takes_no_tagged_function_of_other_cells_along(take: Take) -> None:
    """They and their slots are another model's; what they define is taken where it is needed."""
    other = (
        "# modelop.schema.1: other.avsc\n# modelop.init\ndef load():\n    return 1\n\n"
        "# modelop.metrics\ndef metrics(df):\n    return 2\n"
    )
    cell = "%%modelop model churn\n# modelop.score\ndef score(x):\n    return load()\n"

    captured = take(other, cell, whole=frozenset({2}))

    assert captured.entry_points == EntryPoints(score="score")
    assert "def load" in captured.source
    assert "metrics" not in captured.source
    assert "other.avsc" not in captured.source


def test_a_whole_cell_without_a_score_function_takes_none_of_other_cells(take: Take) -> None:
    """Their tagged functions are another model's; what it lacks is said where it is registered."""
    cell = "%%modelop model churn\n# modelop.init\ndef load():\n    return 1\n"

    captured = take(cell, OLD, whole=frozenset({1}))

    assert captured.entry_points == EntryPoints(init="load")


def test_a_whole_cell_without_tags_is_asked_for_one(take: Take) -> None:
    """With the function that may be meant, and no tagged one of another cell."""
    cell = "%%modelop model churn\ndef predict(x):\n    return 1\n"

    with pytest.raises(NoSourceError, match=r"predict \(cell 1\) may be meant: --score predict"):
        take(cell, OLD, whole=frozenset({1}))


def test_a_whole_cell_may_have_the_default_names(take: Take) -> None:
    """The tags of other cells do not outweigh its ``action``."""
    captured = take(OLD, "%%modelop model m\ndef action(x):\n    return 1\n", whole=frozenset({2}))

    assert captured.entry_points == EntryPoints(score="action")


def test_decorators_are_tags_in_the_module(take: Take) -> None:
    """From cell to cell; the module needs nothing of this package."""
    captured = take(
        "import modelop_jupyter as mo",
        "from modelop_jupyter import init",
        "@init\ndef begin():\n    global factor\n    factor = 2",
        "@mo.score\ndef f(record):\n    yield factor * record",
    )

    assert (captured.entry_points.init, captured.entry_points.score) == ("begin", "f")
    assert "# modelop.init\ndef begin" in captured.source
    assert "# modelop.score\ndef f" in captured.source
    assert "modelop_jupyter" not in captured.source


def test_a_function_that_takes_the_name_of_its_decorator_is_explained(take: Take) -> None:
    """Its cell can run once only: then the name is the function's."""
    cell = "@score\ndef score(record):\n    yield record"
    with pytest.raises(TagError, match=r"cell 3, line 1: @score calls what cell 2, line 2 defines"):
        take("from modelop_jupyter import score", cell, cell)


def test_two_decorated_functions_are_named_with_their_cells(take: Take) -> None:
    """As two tagged ones are."""
    with pytest.raises(TagError, match=r"'f' \(cell 2\) and 'g' \(cell 3\)"):
        take(
            "from modelop_jupyter import score",
            "@score\ndef f(r):\n    yield r",
            "@score\ndef g(r):\n    yield r",
        )
