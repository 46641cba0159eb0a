"""Pictures of progress are told from what a tool says, which the log keeps whole."""

from __future__ import annotations

import pytest

from modelop_jupyter.environments.terminal import is_drawn


@pytest.mark.parametrize(
    "line",
    [
        "six                  ------------------------------     0 B/10.79 KiB",
        "scipy ------------------------------ 22.34 MiB/39.23 MiB",
        "⠙ Preparing packages... (0/3)",
        "⠙",
        "██████░░░░░░░░░░░░░░ [1/3] six==1.17.0",
    ],
)
def test_a_picture_is_not_kept(line: str) -> None:
    """There are thousands of them."""
    assert is_drawn(line)


@pytest.mark.parametrize(
    "line",
    [
        "      ----------------------------------------",
        "-- ---------- configuring incomplete, errors occurred!",
        "running the checks of the build (2/3)",
        "      ERROR: missing header ---------------- see above",
    ],
)
def test_what_a_build_says_is_kept(line: str) -> None:
    """A rule of dashes or a count at the end makes no line a picture: an error may stand in it."""
    assert not is_drawn(line)
