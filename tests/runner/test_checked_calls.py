"""Records of a check: in another order, timed, and what the model touches meanwhile."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from .harness import Ran, Stage

COUNTER = """
count = 0

def score(record):
    global count
    count += 1
    record["x"] += 100
    yield {"x": record["x"], "count": count}
"""
RECORDS = "".join(json.dumps({"x": x}) + "\n" for x in range(4))


def check(stage: Stage, source: str, order: str = "given", **options: Any) -> Ran:
    """Run a check of four records."""
    return stage(source, RECORDS, more={"check": {"order": order}}, **options)


def written(ran: Ran, name: str) -> Any:
    return json.loads((ran.folder / name).read_text())


@pytest.mark.parametrize(
    ("order", "records"),
    [("given", [0, 1, 2, 3, 0]), ("reversed", [3, 2, 1, 0]), ("second half", [2, 3])],
)
def test_records_are_scored_in_the_order_asked_for(
    any_stage: Stage, order: str, records: list[int]
) -> None:
    """By every Python; a record that is scored again is as it was before the model changed it."""
    ran = check(any_stage, COUNTER, order)
    calls = written(ran, "calls.json")["calls"]

    assert [call["record"] for call in calls] == records
    assert [one["x"] for one in ran.records] == [100 + record for record in records]
    assert [one["count"] for one in ran.records] == list(range(1, len(records) + 1))
    assert all(call["seconds"] >= 0 for call in calls)


def test_outputs_are_known_by_where_they_end(stage: Stage) -> None:
    """Also of a record that gives none, or several."""
    source = "def score(record):\n    for n in range(record['x']):\n        yield n\n"
    ran = check(stage, source)
    ends = [call["end"] for call in written(ran, "calls.json")["calls"]]

    assert ran.records == [0, 0, 1, 0, 1, 2]
    assert ends == [0, 2, 6, 12, 12]


def test_a_record_that_fails_the_second_time_is_known(stage: Stage) -> None:
    """By where its output begins."""
    source = """
seen = set()

def score(record):
    if record["x"] in seen:
        raise ValueError("again")
    seen.add(record["x"])
    yield 1
"""
    ran = check(stage, source)

    assert [(error["index"], error["output"]) for error in ran.errors] == [(0, [8, 8])]


def test_the_values_of_records_and_globals_are_kept(stage: Stage) -> None:
    """Those of plain values, after ``init``."""
    source = """
import os
threshold, names, table = 0.5, ["a", "b"], object()

def begin():
    global threshold
    threshold = 0.75

def score(record):
    yield record
"""
    ran = check(stage, source, entry={"init": "begin"})

    assert written(ran, "sample.json")["records"][1] == {"record": 1, "value": {"x": 1}}
    assert written(ran, "globals.json")["values"] == {"threshold": "0.75", "names": "['a', 'b']"}


TOUCHING = """
import os, socket, subprocess, sys, threading

def score(record):
    open({read!r}).read()
    os.environ.get("HOME")
    subprocess.run(["true"])
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=0.01)
    except OSError:
        pass
    open("own.txt", "w").write("x")
    open("own.txt").read()
    sys.path.append("/somewhere/else")
    stays = threading.Event()
    threading.Thread(target=stays.wait, name="poller", daemon=True).start()
    yield 1
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the programs and paths are those of POSIX")
def test_what_a_model_touches_is_seen_with_its_line(stage: Stage, tmp_path: Path) -> None:
    """Each once, and nothing of its own folder."""
    lookup = tmp_path / "lookup.csv"
    lookup.write_text("a\n")
    ran = check(stage, TOUCHING.format(read=str(lookup)))
    seen = written(ran, "observations.json")

    assert seen["is_seen"]
    assert [(one["kind"], one["what"], one["line"]) for one in seen["observations"]] == [
        ("read", str(lookup), 5),
        ("variable", "HOME", 6),
        ("process", "true", 7),
        ("host", "127.0.0.1:9", 9),
        ("thread", "poller", None),
        ("path", "/somewhere/else", None),
    ]


def test_libraries_that_are_imported_touch_nothing(stage: Stage) -> None:
    """They read files of their own, ask for variables and start programs."""
    ran = check(
        stage, "import pandas, numpy, sqlite3, ssl, uuid\n\ndef score(record):\n    yield 1\n"
    )

    assert written(ran, "observations.json")["observations"] == []


def test_an_old_python_says_that_it_sees_nothing(any_stage: Stage) -> None:
    """Audit hooks came with Python 3.8."""
    ran = check(any_stage, "def score(record):\n    yield 1\n")

    assert written(ran, "observations.json") == {
        "is_seen": "/3.6" not in any_stage.python and "/3.7" not in any_stage.python,
        "observations": [],
    }


def test_an_ordinary_job_leaves_no_file_of_a_check(stage: Stage) -> None:
    """Nothing of it is done for others."""
    ran = stage(COUNTER, RECORDS)

    names = {path.name for path in ran.folder.iterdir()}
    assert not names & {"calls.json", "sample.json", "globals.json", "observations.json"}
