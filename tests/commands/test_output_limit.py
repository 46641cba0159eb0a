"""The limit on the console output that a cell or a terminal shows."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.output_limit import OutputLimit


@pytest.mark.parametrize(
    ("text", "shown", "is_reached"),
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
def test_output_is_limited_in_screen_lines(text: str, shown: str, is_reached: bool) -> None:
    """Issue 12, F7: a long line counts as the lines that it fills on a screen."""
    limit = OutputLimit(lines=3)

    assert limit.take(text) == shown
    assert limit.is_reached() is is_reached


def test_the_limit_is_for_all_output_together() -> None:
    """Output after the limit is left out."""
    limit = OutputLimit(lines=2)

    assert [limit.take("a\n") for _ in range(4)] == ["a\n", "a\n", "", ""]


def test_it_is_said_how_many_lines_were_left_out() -> None:
    """The log has all of them."""
    limit = OutputLimit()
    shown = "".join(limit.take("a\n" * 500) for _ in range(4))

    assert shown == "a\n" * 20
    assert (
        limit.rest("modelop job log 3f2a") == "… and 1,980 more in the log: modelop job log 3f2a\n"
    )


def test_nothing_is_said_where_all_was_shown() -> None:
    """Twenty lines are not too many."""
    limit = OutputLimit()
    limit.take("a\n" * 20)

    assert limit.rest("modelop job log 3f2a") == ""
