"""Bad records, counted by what is wrong with them."""

from __future__ import annotations

from modelop_jupyter.domain.jobs import RecordError
from modelop_jupyter.domain.results.error_groups import ErrorGroup, groups_of

FRAMES = 'Traceback (most recent call last):\n  File "code.py", line {}, in score\n    ...\n'


def raised(index: int, message: str, *, line: int) -> RecordError:
    return RecordError(index, "model", message, "ValueError", FRAMES.format(line))


def test_errors_are_counted_by_exception_and_line() -> None:
    """Issue 5: the most frequent first, with the first of each kind."""
    errors = [
        RecordError(0, "input encoding", "not JSON"),
        raised(1, "bad 1", line=7),
        raised(2, "bad 2", line=7),
        raised(3, "bad 3", line=9),
    ]

    assert groups_of(errors) == (
        ErrorGroup("model", "ValueError", "code.py", 7, 2, 1, "bad 1"),
        ErrorGroup("input encoding", None, None, None, 1, 0, "not JSON"),
        ErrorGroup("model", "ValueError", "code.py", 9, 1, 3, "bad 3"),
    )
