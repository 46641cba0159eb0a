"""What a record printed or logged is found by its index."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import InvalidError

from .jobs import numbers, register

pytestmark = pytest.mark.slow

BODY = """\
if r['x'] % 3 == 1: print('at', r['x'])
logging.debug(r)
if r['x'] == 5: logging.warning('low'); raise ValueError('five')
if r['x'] == 4 and not os.path.exists({up!r}): raise ValueError('four')
return r"""


def test_a_record_is_asked_what_it_printed(workspace: Workspace) -> None:
    """Issue 8, 39 and 43: with one worker and with several, and where bad records are scored again."""
    up = str(Path("up").absolute())
    model = register(workspace, BODY.format(up=up), before="import logging")
    one = workspace.batch(model, [numbers(9)]).wait(300)
    several = workspace.batch(model, [numbers(9)], workers=2).wait(300)
    Path("up").touch()
    rescored = workspace.job_retry(one.id, failed=True).wait(300)

    for job in (one, several):
        assert [job.log(record=index) for index in (0, 1, 7)] == ["", "at 1", "at 7"]
        assert job.log(record=5).startswith("WARNING:root:low\nmodel: ValueError: five\nTraceback")
        assert job.log(record=5, level="WARNING").startswith("WARNING:root:low\nTraceback")
        assert job.log(grep="AT 4") == job.log(grep="/at 4$/")
        assert [(error.index, error.printed) for error in job.errors()] == [
            (4, "at 4\n"),
            (5, "WARNING:root:low\n"),
        ]
    assert rescored.log(record=4) == "at 4"
    assert rescored.errors()[0].printed == "WARNING:root:low\n"
    with pytest.raises(InvalidError, match=r"has no record 9. They are 0 to 8"):
        one.log(record=9)


def test_what_a_record_printed_in_which_the_process_died_is_shown(workspace: Workspace) -> None:
    """Issue 8, 39: the job goes on, and the record's error has what it said last."""
    model = register(workspace, "print('at', r['x'])\nif r['x'] == 2: os._exit(3)\nreturn r")
    job = workspace.batch(model, [numbers(4)]).wait(300)

    assert [(error.index, error.printed) for error in job.errors()] == [(2, "at 2\n")]
    assert [job.log(record=index) for index in (1, 3)] == ["at 1", "at 3"]
