"""Of what a model prints, a cell and a terminal show the beginning."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.echo import Echo


@pytest.mark.parametrize(
    ("text", "shown", "is_full"),
    [
        ("a\nb\n", "a\nb\n", False),
        ("a\nb\nc\n", "a\nb\nc\n", True),
        ("a\nb\nc\nd\n", "a\nb\nc\n", True),
        ("x" * 120 + "\n", "x" * 120 + "\n", False),
        ("x" * 360 + "\n", "x" * 360 + "\n", True),
        ("x" * 1200 + "\nrest", "x" * 360 + "…\n", True),
        ("no end", "no end", False),
    ],
)
def test_three_lines_of_a_screen_are_let_through(text: str, shown: str, is_full: bool) -> None:
    """Issue 12, F7: a long line counts as the lines that it fills."""
    echo = Echo(lines=3)

    assert echo.let_through(text) == shown
    assert echo.is_full() is is_full


def test_pieces_are_counted_together() -> None:
    """What comes later is left out, however small it is."""
    echo = Echo(lines=2)

    assert [echo.let_through("a\n") for _ in range(4)] == ["a\n", "a\n", "", ""]
