"""Going on from a checkpoint after a death (issue 5): no record twice, none missing."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from .harness import Ran, Stage

# Dies of itself at the places in cuts.json, each of them once.
SOURCE = """
import json, os
def fate(n, written):
    cuts = json.load(open("cuts.json"))
    if [n, written] in cuts:
        cuts.remove([n, written])
        json.dump(cuts, open("cuts.json", "w"))
        os.kill(os.getpid(), 9)
def score(r):
    n = int(r["n"])
    for written in range(n % 3):
        fate(n, written)
        yield {"n": n, "x": n / 7e5, "t": r["t"]}
    fate(n, n % 3)
    if n % 11 == 0:
        raise ValueError(n)
    if n % 13 == 0:
        yield {"n": float("nan")}
"""
COUNT = 60


def json_lines(end: str) -> bytes:
    lines = [json.dumps({"n": n, "t": "é"}, ensure_ascii=n % 2 == 0) for n in range(COUNT)]
    lines[20:20] = ["", "{not json", '{"n": NaN}', "  ", "[1]"]
    return end.join(lines).encode()


def csv_rows(_end: str) -> bytes:
    rows = [f'{n},"a{chr(10) * (n % 2)}b"' for n in range(COUNT)]
    rows[20:20] = ["1,2,3", "", '"5"x,1', "7"]
    return "\r\n".join(["n,t", *rows]).encode()


def until_its_end(stage: Stage, ran: Ran) -> tuple[Ran, int]:
    """Start a runner again until it comes to its end; return how often it was started."""
    starts = 1
    while not ran.has_end:
        assert starts < 50
        ran = stage.again(ran, resume=True)
        starts += 1
    return ran, starts


@pytest.mark.parametrize("seconds", [0, 0.002, 60])
@pytest.mark.parametrize(
    ("make", "end", "name", "output"),
    [
        (json_lines, "\n", "in.json", "out.json"),
        (json_lines, "\r\n", "in.json", "out.csv"),
        (json_lines, "\n", "in.json.gz", "out.json"),
        (csv_rows, "", "in.csv", "out.json"),
        (csv_rows, "", "in.csv.gz", "out.csv"),
    ],
)
def test_a_killed_job_ends_as_an_undisturbed_one(
    stage: Stage,
    make: Callable[[str], bytes],
    end: str,
    name: str,
    output: str,
    seconds: float,
) -> None:
    """Never lost, resume: output and errors byte for byte, the same counts."""
    data = make(end)
    data = gzip.compress(data) if name.endswith(".gz") else data
    places = [[n, written] for n in range(COUNT) for written in range(n % 3 + 1)]
    cuts = random.Random(f"{name}{output}{seconds}").sample(places, 6)
    more = {"checkpoint_seconds": seconds, "resume": False}
    calm = stage(SOURCE, data, names=[name], output=output, assets={"cuts.json": "[]"}, more=more)
    first = stage(
        SOURCE, data, names=[name], output=output, assets={"cuts.json": json.dumps(cuts)}, more=more
    )
    ran, starts = until_its_end(stage, first)

    assert calm.ended == ran.ended == ("COMPLETE", "FAILURE")
    assert starts == 7
    assert ran.output == calm.output
    assert ran.errors == calm.errors
    assert ran.counts == calm.counts
    assert ran.result["stages"] == calm.result["stages"]
    assert [line for line in ran.log if "the job resumes after" not in line] == calm.log


def test_records_before_the_checkpoint_are_not_scored_again(stage: Stage) -> None:
    """Resume: it goes on from the last completed chunk."""
    source = """
import os
def score(r):
    print("scoring", r, flush=True)
    if r == 5 and not os.path.exists("seen"):
        open("seen", "w").close()
        os._exit(1)
    return r
"""
    first = stage(source, "".join(f"{n}\n" for n in range(9)), more={"checkpoint_seconds": 0})
    ran = stage.again(first, resume=True)

    assert ran.records == [*range(9)]
    assert [int(line.split()[1]) for line in ran.console.splitlines()] == [
        0,
        1,
        2,
        3,
        4,
        5,
        *range(5, 9),
    ]
    assert "[info] the job resumes after record 4" in ran.log


def test_what_was_logged_before_a_death_is_there(stage: Stage) -> None:
    """Issue 12, E2: the first process had come through init, whatever its first record did."""
    first = stage("import os\ndef score(r): os._exit(1)", "1\n")

    assert first.log == ["[info] state changes to RUNNING", "[info] init succeeded"]


DYING = """
import os
def score(r):
    if r == 5 and not os.path.exists("seen"):
        open("seen", "w").close()
        os._exit(1)
    return r
"""


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("checkpoint.json", b""),
        ("checkpoint.json", b'{"protocol": 1, "off'),
        ("checkpoint.json", b"\x00\xff"),
        ("checkpoint.json", b"[1]"),
        ("checkpoint.json", b'{"offset": "5", "index": 1, "output": 1, "errors": 0}'),
        ("outputs/out.json.part", b"0\n"),
    ],
)
def test_a_checkpoint_that_is_damaged_is_said_and_not_gone_by(
    stage: Stage, file: str, content: bytes
) -> None:
    """Issue 11: the runner starts over; an output shorter than told is not filled with zeros."""
    first = stage(DYING, "".join(f"{n}\n" for n in range(9)), more={"checkpoint_seconds": 0})
    (first.folder / file).write_bytes(content)
    ran = stage.again(first, resume=True)

    assert ran.records == [*range(9)]
    assert ran.counts == (9, 9, 0, 0, 9)
    assert (
        "[warning] checkpoint.json is damaged or describes other files: the runner starts over"
        in ran.log
    )


def test_a_doomed_record_fails_without_being_tried(stage: Stage) -> None:
    """A record that killed the runner is passed over, and counted as failed."""
    source = "import os\ndef score(r):\n    if r == 3: os.abort()\n    return r"
    doomed = {"3": {"stage": "score", "exception": "ProcessDied", "message": "died in it"}}
    first = stage(source, "0\n1\n\n2\n3\n4\n")
    died_in = first.progress
    ran = stage.again(first, resume=True, doomed=doomed)

    assert died_in == (0, 3, 1)
    assert ran.progress == (0, 4, 0)
    assert ran.records == [0, 1, 2, 4]
    assert ran.counts == (5, 4, 0, 1, 4)
    assert [(e["index"], e["exception"], e["record"]) for e in ran.errors] == [
        (3, "ProcessDied", "3")
    ]


def test_a_doomed_row_fails_without_being_tried(stage: Stage) -> None:
    """The same for CSV."""
    doomed = {"1": {"stage": "score", "exception": "TimeoutError", "message": "too long"}}
    ran = stage(
        "def score(r): return r['a']", "a\n5\n6\n7\n", names=["in.csv"], more={"doomed": doomed}
    )

    assert ran.records == [5, 7]
    assert [(e["index"], e["message"]) for e in ran.errors] == [(1, "too long")]


@pytest.mark.parametrize(
    ("name", "data", "output"),
    [
        ("in.json", json_lines("\n"), "out.json"),
        ("in.json", json_lines("\r\n") + b"\r\n", "out.json"),
        ("in.json", b"\xef\xbb\xbf" + json_lines("\n"), "out.json"),
        ("in.csv", csv_rows("").replace(b"\nb", b"b"), "out.json"),
    ],
)
def test_ranges_together_are_the_whole(stage: Stage, name: str, data: bytes, output: str) -> None:
    """Workers: an input cut at any line gives the same output in its order."""
    cut = data.index(b"\n", len(data) // 3) + 1
    path = stage.root / name
    path.write_bytes(data)
    assets = {"cuts.json": "[]"}
    whole = stage(SOURCE, path, output=output, assets=assets)
    parts = [
        stage(SOURCE, path, output=output, assets=assets, more={"range": {"start": a, "end": b}})
        for a, b in [(0, cut), (cut, len(data))]
    ]

    assert "".join(part.output for part in parts) == whole.output
    assert [sum(each) for each in zip(*(part.counts for part in parts), strict=True)] == [
        *whole.counts
    ]
    assert [part.told["bytes"] for part in parts] == [cut, len(data) - cut]
    assert [part.told["total_bytes"] for part in parts] == [cut, len(data) - cut]


def test_errors_tell_where_record_and_output_stand(stage: Stage) -> None:
    """Retry of failed records splices by these places."""
    source = """
def score(r):
    yield [r] * 5
    if r == 2:
        yield "partly"
        raise ValueError
"""
    data = "1\n\n 2\r\n{\n3"
    ran = stage(source, data)
    output = ran.output

    assert [data[a : a + b] for a, b in (e["input"] for e in ran.errors)] == [" 2\r", "{"]
    assert [output[a:b] for a, b in (e["output"] for e in ran.errors)] == [
        '[2,2,2,2,2]\n"partly"\n',
        "",
    ]


def test_a_job_of_several_inputs_has_no_checkpoint(stage: Stage, tmp_path: Path) -> None:
    """Its records are not in one row; it starts over."""
    ran = stage(
        "def score(r): return r",
        ["1\n", "2\n"],
        slots={"0": {}, "2": {}},
        more={"checkpoint_seconds": 0},
    )

    assert ran.records == [1, 2]
    assert not (ran.folder / "checkpoint.json").exists()
