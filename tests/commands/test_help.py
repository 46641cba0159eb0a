"""`help`."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.grammar import first_words, help_page, verbs
from modelop_jupyter.display import text
from modelop_jupyter.errors import UsageMistakeError


def test_the_index_has_a_line_for_every_verb() -> None:
    """`help` lists all verbs."""
    shown = text(help_page([], program="%modelop"))

    assert [word for word in first_words() if f"modelop {word}" not in shown] == []


@pytest.mark.parametrize("name", [name for name in verbs() if name])
def test_a_verb_s_page_has_its_arguments_and_its_example(name: str) -> None:
    """Usage, sentence, options, example."""
    shown = text(help_page(name.split(), program="modelop"))

    assert f"modelop {verbs()[name].example}" in shown
    assert verbs()[name].summary in shown


def test_the_help_of_a_group_has_all_its_verbs() -> None:
    """`help asset` is not an error."""
    shown = text(help_page(["asset"], program="modelop"))

    assert "modelop asset add" in shown
    assert "modelop asset remove" in shown


def test_cell_verbs_are_in_the_help_of_notebooks_only() -> None:
    """`%%modelop model` can be typed in a notebook only."""
    assert "model NAME" in text(help_page([], program="%modelop"))
    assert "modelop model NAME" not in text(help_page([], program="modelop"))


def test_a_line_s_verb_and_a_cell_s_of_the_same_name_have_one_page() -> None:
    """In a notebook; a shell has no cells."""
    shown = text(help_page(["run"], program="%modelop"))

    assert "%modelop run FILE" in shown
    assert "%%modelop run NAME" in shown
    assert "run NAME" not in text(help_page(["run"], program="modelop"))


def test_help_of_an_unknown_verb_suggests_the_nearest() -> None:
    """The same error as for the verb itself."""
    with pytest.raises(UsageMistakeError, match="Did you mean 'batch'"):
        help_page(["bathc"], program="modelop")
