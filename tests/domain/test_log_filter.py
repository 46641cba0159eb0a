"""Some lines of a log: by text, by regular expression, by level."""

from __future__ import annotations

import pytest

from modelop_jupyter.domain.log_filter import LogFilter
from modelop_jupyter.errors import InvalidError

ENTRIES = [
    "2026/1/2 03:04:05 [info] state changes to RUNNING",
    "2026/1/2 03:04:05 [info] MODEL-CONSOLE: at 1\n"
    "WARNING:root:Balance is low\n"
    "at 2\n"
    "2026-01-02 03:04:05,006 - model - ERROR - gone\n"
    "Traceback (most recent call last):\n"
    '  File "code.py", line 3, in score\n'
    "KeyError: 'age'\n"
    "code.py:4: FutureWarning: soon\n"
    "  frame.append(row)\n"
    "at 3",
    "2026/1/2 03:04:05 [info] MODEL-CONSOLE: An error occured when processing the model: 'age'",
    "2026/1/2 03:04:05 [info] MODEL-CONSOLE: KeyError: 'age'",
    "2026/1/2 03:04:05 [info] MODEL-CONSOLE: at 4",
    "2026/1/2 03:04:06 [warning] jobResult set to failure",
]
WARNINGS = [
    "WARNING:root:Balance is low",
    "2026-01-02 03:04:05,006 - model - ERROR - gone",
    "Traceback (most recent call last):",
    '  File "code.py", line 3, in score',
    "KeyError: 'age'",
    "code.py:4: FutureWarning: soon",
    "  frame.append(row)",
    "2026/1/2 03:04:05 [info] MODEL-CONSOLE: An error occured when processing the model: 'age'",
    "2026/1/2 03:04:05 [info] MODEL-CONSOLE: KeyError: 'age'",
    "2026/1/2 03:04:06 [warning] jobResult set to failure",
]


@pytest.mark.parametrize(
    ("grep", "level", "lines"),
    [
        ("LOW", None, WARNINGS[:1]),
        ("/at [23]$/", None, ["at 2", "at 3"]),
        ("a.e", None, []),
        (None, "warning", WARNINGS),
        (None, "ERROR", [*WARNINGS[1:5], *WARNINGS[7:9]]),
        ("KeyError", "ERROR", [WARNINGS[4], WARNINGS[8]]),
        (None, None, "\n".join(ENTRIES).split("\n")),
    ],
)
def test_lines_are_chosen(grep: str | None, level: str | None, lines: list[str]) -> None:
    """Issue 8, 43: a traceback, and what is indented, belongs to the line before."""
    assert "\n".join(LogFilter.asked(grep, level).of(ENTRIES)).splitlines() == lines


@pytest.mark.parametrize(
    ("grep", "level", "words"),
    [
        ("/(/", None, "/(/ is not a regular expression: missing )"),
        (None, "loud", "'loud' is not a level. Levels are DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ],
)
def test_what_cannot_be_found_is_refused(grep: str | None, level: str | None, words: str) -> None:
    """One clear sentence."""
    with pytest.raises(InvalidError) as caught:
        LogFilter.asked(grep, level)

    assert words in str(caught.value)
