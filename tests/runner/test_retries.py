"""Records that fail transiently and are tried again in their place."""

from __future__ import annotations

import signal
import socket
import urllib.error
from typing import Any

import pytest

from ..waiting import PATIENCE, wait_until
from .harness import Stage, load_parts

(retries,) = load_parts("retries")
# What it is given is changed, and some of the output written, before a try fails.
FLAKY = """
tries = {}
def score(r):
    x = r.pop("x")
    yield {"x": x}
    tries[x] = tries.get(x, 0) + 1
    if x % 3 == 1 and tries[x] < 3:
        raise ConnectionResetError("try %d of %d" % (tries[x], x))
    yield {"x": x + 100}
"""
STEADY = """
def score(r):
    x = r["x"]
    yield {"x": x}
    yield {"x": x + 100}
"""
LINES = "".join(f'{{"x": {x}}}\n' for x in range(8))
ROWS = "x\n" + "".join(f"{x}\n" for x in range(8))


def policy(*names: str, count: int = 3, seconds: float = 0.001) -> dict[str, Any]:
    """Return the part of a request that asks for retries."""
    return {"retry": {"count": count, "exceptions": names, "seconds": seconds}}


@pytest.mark.parametrize(
    ("data", "name", "output"),
    [(LINES, "in.json", "o.json"), (ROWS, "in.csv", "o.csv"), (LINES, "in.json", "o.csv")],
)
def test_the_output_is_that_of_a_run_without_failures(
    any_stage: Stage, data: str, name: str, output: str
) -> None:
    """Issue 8, 42: what a failed try has written, or changed of its record, is gone."""
    options: dict[str, Any] = {"names": [name], "output": output}
    steady = any_stage(STEADY, data, **options)
    ran = any_stage(FLAKY, data, **options, more=policy("ConnectionError"))

    assert ran.output == steady.output
    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert ran.result["counts"] == {**steady.result["counts"], "retried": 3, "retries": 6}
    assert ran.told["retries"] == 6
    assert ran.errors == []


def test_large_outputs_and_those_of_other_slots_are_undone(stage: Stage) -> None:
    """What was written to files already is cut off again."""
    source = """
calls = 0
def score(r):
    global calls
    calls += 1
    for n in range(3):
        yield {"n": n, "text": "x" * 700000}
        yield (3, {"n": n})
    if calls == 2:
        raise TimeoutError()
"""
    other = {"slot": 3, "path": "outputs/other.part", "format": "json"}
    options = {"slots": {"0": {}, "1": {}, "3": {}}}
    more = {**policy("TimeoutError"), "other_outputs": [other]}
    ran = stage(source, "1\n2\n", **options, more=more)

    assert [each["n"] for each in ran.records] == [0, 1, 2, 0, 1, 2]
    assert (ran.folder / "outputs" / "other.part").read_text().count("\n") == 6
    assert ran.counts == (2, 2, 0, 0, 12)


def test_a_record_set_is_tried_again_as_a_whole(stage: Stage) -> None:
    """All of its records count as retried; the further try is one."""
    source = """
tries = 0
def score(frame):
    global tries
    tries += 1
    frame["y"] = tries
    if tries == 1:
        raise ConnectionError("gone")
    yield frame
"""
    slots = {"0": {"recordsets": True}, "1": {"recordsets": True}}
    ran = stage(source, LINES, slots=slots, more=policy("ConnectionError"))

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert [each["y"] for each in ran.records] == [2] * 8
    assert (ran.result["counts"]["retried"], ran.result["counts"]["retries"]) == (8, 1)


def test_a_record_that_still_fails_says_how_often_it_was_tried(stage: Stage) -> None:
    """It fails as any other, and the rest goes on; other exceptions are not tried again."""
    source = (
        "def score(r):\n if r == 1: raise ConnectionError('no')\n"
        " if r == 2: raise ValueError('never')\n return r"
    )
    ran = stage(source, "0\n1\n2\n3\n", more=policy("ConnectionError", count=2))

    assert ran.counts == (4, 2, 0, 2, 2)
    assert [(each["index"], each.get("tries")) for each in ran.errors] == [(1, 3), (2, None)]
    assert ran.result["counts"]["retries"] == 2
    assert any("ConnectionError: no; the record is tried again in" in line for line in ran.log)


def test_sigterm_ends_a_wait_at_once(stage: Stage) -> None:
    """Nobody waits for the pause before a try when a job is cancelled."""
    source = "def score(r): raise ConnectionError()"
    process, ran = stage.start(source, "1\n", more=policy("ConnectionError", seconds=9999))
    wait_until(lambda: (ran.folder / "events.jsonl").exists() and ran.told.get("retries") == 1)
    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE) == -signal.SIGTERM
    assert ran.progress[2] == 0


class NamedByALibraryError(ConnectionError):
    """What a library raises."""

    __module__ = "library.exceptions"


@pytest.mark.parametrize(
    ("error", "name", "is_one"),
    [
        (ConnectionResetError(), "ConnectionError", True),
        (ConnectionResetError(), "OSError", True),
        (ConnectionResetError(), "IOError", True),
        (ConnectionResetError(), "TimeoutError", False),
        (NamedByALibraryError(), "library.exceptions.NamedByALibraryError", True),
        (NamedByALibraryError(), "NamedByALibraryError", True),
        (NamedByALibraryError(), "library.exceptions", True),
        (NamedByALibraryError(), "library", True),
        (NamedByALibraryError(), "lib", False),
        (TimeoutError(), "TimeoutError", True),
        (urllib.error.URLError("x"), "urllib.error.URLError", True),
        (socket.gaierror(), "socket.gaierror", True),
    ],
)
def test_an_exception_is_known_by_its_names(error: Exception, name: str, is_one: bool) -> None:
    """Its class, a base, where modules offer it, or its module."""
    assert retries.is_named(error, name) is is_one
