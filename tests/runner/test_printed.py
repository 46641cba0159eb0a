"""What a record prints or logs is kept with its index."""

from __future__ import annotations

import json
from typing import Any

from .harness import Ran, Stage

SOURCE = """
import logging, os, sys
logging.basicConfig(level="INFO")
def score(r):
    if r == 1:
        print("bé", r)
        sys.stderr.write("no end")
        logging.warning("low")
    if r == 3:
        print("third", end="")
        raise ValueError(r)
    return r
"""


def printed(ran: Ran) -> list[dict[str, Any]]:
    """Return the lines of printed.jsonl."""
    path = ran.folder / "printed.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_what_is_printed_and_logged_is_kept_with_the_record(any_stage: Stage) -> None:
    """Issue 8, 39 and 43: stdout, stderr and logging, and with its failure; the console is as ever."""
    ran = any_stage(SOURCE, "0\n1\n2\n3\n4\n")
    text = "bé 1\nno endWARNING:root:low\n"

    assert printed(ran) == [
        {"index": 1, "slot": 0, "text": text},
        {"index": 3, "slot": 0, "text": "third"},
    ]
    assert [each["printed"] for each in ran.errors] == ["third"]
    assert ran.console == text + "third"


def test_a_record_that_prints_nothing_has_no_line(stage: Stage) -> None:
    """What import, init and the end print belongs to no record."""
    source = "import atexit\nprint('import')\natexit.register(print, 'end')\ndef score(r): 1 / r\n"
    ran = stage(source, "0\n1\n")

    assert printed(ran) == []
    assert "printed" not in ran.errors[0]
    assert ran.console == "import\nend\n"


def test_of_much_the_last_lines_are_kept(stage: Stage) -> None:
    """The bound of a record; the console has all."""
    source = "def score(r):\n for n in range(5000): print('line', n)\n print('x' * r)\n 1 / 0"
    ran = stage(source, "9999\n2\n")
    long, short = printed(ran)

    assert long["text"] == "x" * 3999 + "\n"
    assert short["text"].endswith("line 4999\nxx\n")
    assert short["text"].startswith("line ")
    assert 3900 < len(short["text"]) <= 4000
    assert short["left_out"] == sum(len(f"line {n}\n") for n in range(5000)) + 3 - 4000
    assert ran.errors[1]["printed"] == short["text"]


def test_a_record_set_prints_as_its_first_record(stage: Stage) -> None:
    """There is one call for all."""
    slots = {"0": {"recordsets": True}, "1": {}}
    ran = stage("def score(s): print(len(s)); 1 / 0", '{"x": 1}\n{"x": 2}\n', slots=slots)

    assert [(each["index"], each["text"]) for each in printed(ran)] == [(0, "2\n")]
    assert ran.errors[0]["printed"] == "2\n"


def test_what_a_record_printed_in_which_the_process_died_is_not_lost(stage: Stage) -> None:
    """The next runner has it from the memory map."""
    source = "import os\ndef score(r):\n print('at', r)\n if r == 2: os._exit(1)\n return r"
    first = stage(source, "0\n1\n2\n3\n")
    doomed = {"2": {"exception": "ProcessDied", "message": "gone", "code": 1, "stage": "score"}}
    request = json.loads((first.folder / "request.json").read_text())
    request.update(resume=True, doomed=doomed)
    (first.folder / "request.json").write_text(json.dumps(request))
    again = stage.again(first)

    assert [each["printed"] for each in again.errors] == ["at 2\n"]
    assert sorted(each["index"] for each in printed(again)) == [0, 1, 2, 3]


def test_a_process_that_a_record_forks_can_print(stage: Stage) -> None:
    """What it prints is in the console only."""
    source = """
import os
def score(r):
    pid = os.fork()
    if pid == 0:
        print("child", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print("parent")
    return r
"""
    ran = stage(source, "1\n")

    assert ran.console == "child\nparent\n"
    assert [each["text"] for each in printed(ran)] == ["parent\n"]
