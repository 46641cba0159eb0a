"""Remedies as lines to run."""

from __future__ import annotations

import pytest

from modelop_jupyter.remedies import Remedy, as_text, completed

ADD = Remedy(
    "Add a b.csv to the model and run again",
    (("asset", "add", "churn", "a b.csv"), ("job", "rerun", "3f2a1c00", "--current")),
)
OPEN = Remedy("Open record 7", (("run", "churn", "--record", "3f2a1c00:7", "--load"),))
FORMAT = Remedy("Read it as csv", options=("--format", "csv"))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (
            "%modelop",
            "Add a b.csv to the model and run again:\n"
            "  %modelop asset add churn 'a b.csv'\n"
            "  %modelop job rerun 3f2a1c00 --current\n"
            "Open record 7:\n"
            "  %%modelop run churn --record 3f2a1c00:7 --load",
        ),
        (
            "modelop",
            "Add a b.csv to the model and run again:\n"
            "  modelop asset add churn 'a b.csv'\n"
            "  modelop job rerun 3f2a1c00 --current\n"
            "Open record 7:\n"
            "  %%modelop run churn --record 3f2a1c00:7 --load",
        ),
    ],
)
def test_a_remedy_is_lines_that_can_be_typed_where_they_are_read(
    program: str, expected: str
) -> None:
    """Words with blanks are quoted; a cell's first line is the same everywhere."""
    assert as_text([ADD, OPEN], program) == expected


def test_options_are_added_to_the_command_that_failed() -> None:
    """The user sees the whole line that works."""
    whole = completed([FORMAT, OPEN], ["batch", "churn", "data.txt"])

    assert whole == (
        Remedy("Read it as csv", (("batch", "churn", "data.txt", "--format", "csv"),)),
        OPEN,
    )


def test_options_alone_are_no_line() -> None:
    """Where the command is not known, there is nothing to type."""
    assert as_text([FORMAT], "%modelop") == ""
