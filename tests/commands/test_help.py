"""`help`."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.grammar import first_words, verbs
from modelop_jupyter.commands.help import page
from modelop_jupyter.display import text
from modelop_jupyter.errors import UsageMistakeError


def test_the_index_has_a_line_for_every_verb() -> None:
    """Nothing can be typed that `help` does not name."""
    shown = text(page([], program="%modelop"))

    assert [word for word in first_words() if f"modelop {word}" not in shown] == []


@pytest.mark.parametrize("name", [name for name in verbs() if name])
def test_a_verb_s_page_has_its_arguments_and_its_example(name: str) -> None:
    """Usage, sentence, options, example."""
    shown = text(page(name.split(), program="modelop"))

    assert f"modelop {verbs()[name].example}" in shown
    assert verbs()[name].summary in shown


def test_a_family_is_shown_together() -> None:
    """`help asset` is not an error."""
    shown = text(page(["asset"], program="modelop"))

    assert "modelop asset add" in shown
    assert "modelop asset remove" in shown


def test_a_shell_is_not_told_of_cells() -> None:
    """`%%modelop model` can be typed in a notebook only."""
    assert "model NAME" in text(page([], program="%modelop"))
    assert "modelop model NAME" not in text(page([], program="modelop"))


def test_help_of_nothing_we_know_gives_the_nearest_verb() -> None:
    """As the verb itself would."""
    with pytest.raises(UsageMistakeError, match="Did you mean 'batch'"):
        page(["bathc"], program="modelop")
