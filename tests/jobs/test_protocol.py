"""The files of a job folder, as this and earlier releases write them."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest

import modelop_jupyter
from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.errors import DamagedJobError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import (
    Checkpoint,
    Message,
    Position,
    RunnerRequest,
    RunnerResult,
    SkippedRecord,
    error_of,
    line_of,
)
from modelop_jupyter.jobs.request import request_skips
from modelop_jupyter.jobs.start import Start

PACKAGE = Path(modelop_jupyter.__file__).parent
COUNTS = {"records_in": 3, "scored": 1, "rejected": 1, "failed": 1, "records_out": 1}
# What a release before this one wrote, and keys that no release knows.
REQUEST: dict[str, Any] = {
    "protocol": 1,
    "job": "job-1",
    "kind": "batch",
    "work": "/jobs/job-1/work",
    "source": "model.py",
    "entry_points": {"init": None, "score": "score", "metrics": None, "train": None},
    "slots": {"0": {"action": None, "recordsets": False, "schema": {"type": "int"}}},
    "inputs": [{"name": "a.csv", "path": "/a.csv", "format": "csv", "gzip": False, "slot": 0,
                "delimiter": ";", "later": [1]}],
    "output": {"name": "o.csv", "path": "outputs/o.csv.part", "format": "csv", "delimiter": ";"},
    "other_outputs": [],
    "check_schemas": {"input": True, "output": False},
    "parameters": {"threshold": 0.5},
    "max_errors": {"count": 3},
    "limit": None,
    "resume": False,
    "doomed": {"7": {"stage": "score", "exception": "ProcessDied", "message": "x", "code": -9}},
    "range": {"start": 0, "end": 10},
    "codec": None,
    "learn": False,
    "spans": False,
    "checkpoint_seconds": 0.5,
}  # fmt: skip
RESULT: dict[str, Any] = {
    "status": "COMPLETE",
    "error": None,
    "metrics": {"auc": 0.5},
    "stopped_early": "limit",
    "result": "FAILURE",
    "counts": COUNTS,
    "stages": {"model": 1},
    "reason": None,
    "warnings": ["w"],
    "seconds": 0.125,
}
CHECKPOINT: dict[str, Any] = {
    "protocol": 1,
    "offset": 10,
    "index": 3,
    "output": 20,
    "errors": 0,
    "counts": COUNTS,
    "stages": {},
    "logged": {"model": 1},
    "columns": ["a", "b"],
}
START = {"job": "job-1", "python": None, "workers": 1, "warm": None}
FILES: list[tuple[type[Message], dict[str, Any]]] = [
    (RunnerRequest, REQUEST),
    (RunnerResult, RESULT),
    (Checkpoint, CHECKPOINT),
    (Start, START),
]


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def put(folder: JobFolder, kind: type[Message], content: object) -> Path:
    path = folder.root / kind.FILE
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(("kind", "content"), FILES)
def test_a_file_that_is_read_and_written_stays_what_it_was(
    folder: JobFolder, kind: type[Message], content: dict[str, Any]
) -> None:
    """No key of another release is lost, so that a retry hands on what a runner left."""
    path = put(folder, kind, content)
    folder.write(folder.require(kind))

    assert json.loads(path.read_text()) == content


@pytest.mark.parametrize(
    ("kind", "content", "change", "reason"),
    [
        (RunnerRequest, REQUEST, {"protocol": "1"}, "protocol is something else"),
        (RunnerRequest, REQUEST, {"inputs": [{"name": "a"}]}, "inputs[0].path is missing"),
        (RunnerRequest, REQUEST, {"range": {"start": 1}}, "range is something else"),
        (RunnerResult, RESULT, {"counts": {"scored": 1}}, "counts.records_in is missing"),
        (RunnerResult, RESULT, {"status": None}, "status is something else"),
        (RunnerResult, RESULT, {"seconds": True}, "seconds is something else"),
        (Checkpoint, CHECKPOINT, {"counts": {}}, "counts.records_in is missing"),
        (Start, START, {"workers": 1.5}, "workers is something else"),
    ],
)
def test_a_file_that_does_not_fit_its_type_is_damaged(
    folder: JobFolder,
    kind: type[Message],
    content: dict[str, Any],
    change: dict[str, Any],
    reason: str,
) -> None:
    """The message names the file and the place in it."""
    put(folder, kind, {**content, **change})

    with pytest.raises(DamagedJobError, match=re.escape(f"{kind.FILE} of job")) as raised:
        folder.read(kind)
    assert raised.value.reason == reason
    assert folder.read_if_whole(kind) is None


@pytest.mark.parametrize("key", ["doomed", "codec", "learn", "range", "other_outputs", "slots"])
def test_a_request_of_an_earlier_release_is_read(folder: JobFolder, key: str) -> None:
    """A job that was submitted before an update can be resumed after it."""
    put(folder, RunnerRequest, {name: value for name, value in REQUEST.items() if name != key})

    assert folder.require(RunnerRequest).inputs[0].delimiter == ";"


def test_skipped_records_have_the_name_that_runners_know(folder: JobFolder) -> None:
    """The runner reads ``doomed``."""
    path = put(folder, RunnerRequest, REQUEST)
    request = folder.require(RunnerRequest)
    skipped = {**request.skipped, "9": SkippedRecord("TimeoutError", "late")}
    request_skips(folder, skipped, resumes=True)

    assert request.skipped == {"7": SkippedRecord("ProcessDied", "x", -9)}
    assert request.range == ByteRange(0, 10)
    assert json.loads(path.read_text()) == {
        **REQUEST,
        "resume": True,
        "doomed": {
            **REQUEST["doomed"],
            "9": {"stage": "score", "exception": "TimeoutError", "message": "late", "code": None},
        },
    }


def test_only_one_module_writes_a_request() -> None:
    """Who changes what a runner has to do is found by the name of the function."""
    writing = re.compile(r"\.write\([^)]*[Rr]equest|RunnerRequest\(")
    writers = [
        path.relative_to(PACKAGE)
        for path in PACKAGE.rglob("*.py")
        if writing.search(path.read_text())
    ]

    # The clone itself may lie in a folder called "runner".
    assert sorted(path.as_posix() for path in writers if path.parts[0] != "runner") == [
        "jobs/request.py",
        "jobs/staging.py",
    ]


def test_an_error_line_keeps_what_it_does_not_know() -> None:
    """It is written again where the outputs of several runners are merged."""
    line = b'{"index": 3, "stage": "model", "message": "no", "input": [0, 5], "later": 1}'
    error = error_of(line)

    assert error is not None
    assert (error.index, error.input, error.output) == (3, (0, 5), None)
    assert json.loads(line_of(error))["later"] == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"index": 3}',
        b'{"index": "3", "stage": "model", "message": "no"}',
        b'{"index": 3, "stage": "model", "message": "no", "input": 5}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_damaged_error_line_is_none(line: bytes) -> None:
    """A full disk leaves half a line."""
    assert error_of(line) is None


@pytest.mark.parametrize(
    ("data", "position", "record"),
    [
        (struct.pack("=qqq", 0, 5, 1), Position(5, is_inside=True), 5),
        (struct.pack("=qqq", 0, 5, 0), Position(5), None),
        (struct.pack("=qqq", -1, -1, 0), Position(), None),
        (struct.pack("=qq", 0, 5), Position(5, is_inside=True), 5),
        (b"abc", Position(), None),
    ],
)
def test_the_position_of_a_runner_is_read_at_any_moment(
    folder: JobFolder, data: bytes, position: Position, record: int | None
) -> None:
    """Runners of earlier releases wrote two numbers."""
    (folder.root / "progress.bin").write_bytes(data)

    assert folder.position() == position
    assert folder.position().record == record
