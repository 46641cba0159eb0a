"""The runner's types of a job folder's files name the same keys as the host's."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.domain import chunks
from modelop_jupyter.domain.retries import Retries
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.jobs import check_files, protocol

from .harness import RUNNER

STUB = Path(RUNNER).with_name("protocol.pyi")
FILE = protocol.RequestFile("in.csv", "inputs/in.csv")
INPUT = protocol.RequestInput(
    "in", "inputs", "csv", delimiter=";", lines=True, files=(FILE,), file="in.csv"
)
OUTPUT = protocol.RequestOutput("out.json", "json")
RETRIES = Retries(1, ("OSError",))
REQUEST = protocol.RunnerRequest(
    1, "work", (INPUT,), OUTPUT, check=protocol.CheckedOrder("given"), retry=RETRIES
)
COUNTS = protocol.ResultCounts(0, 0, 0, 0, 0)
RESULT = protocol.RunnerResult(
    "COMPLETE", "SUCCESS", COUNTS, {}, ready_seconds=0.0, memory=0, header_record=0
)


def keys_of(name: str) -> set[str]:
    """Return the keys of a TypedDict in the stub."""
    classes = [node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef)]
    (typed,) = [node for node in classes if node.name == name]
    return {ast.unparse(node.target) for node in typed.body if isinstance(node, ast.AnnAssign)}


@pytest.mark.parametrize(
    ("name", "host", "more"),
    [
        ("Request", REQUEST, {"checkpoint_seconds"}),
        ("InputFile", INPUT, set()),
        ("FilePart", FILE, set()),
        ("OutputFile", OUTPUT, set()),
        ("SlotOutput", protocol.SlotOutput(3, "outputs/3", "json"), set()),
        ("Slot", protocol.RequestSlot(json_schema={}), set()),
        ("ByteRange", chunks.ByteRange(0, 1, chunks.GzipMember(0, 0)), set()),
        ("GzipMember", chunks.GzipMember(0, 0), set()),
        ("SkippedRecord", protocol.SkippedRecord("OSError", "full"), set()),
        ("RetryPolicy", RETRIES, {"seconds"}),
        ("CheckedOrder", protocol.CheckedOrder("given"), set()),
        ("Observation", check_files.Observation("read", "a.csv", "code.py", 1), set()),
        ("Observations", check_files.Observations(True, ()), set()),
        ("CodecLibrary", protocol.CodecOffer("orjson", "codec"), set()),
        ("Result", RESULT, {"warnings"}),
    ],
)
def test_both_sides_name_the_same_keys(name: str, host: Any, more: set[str]) -> None:
    """The runner can import nothing of the host."""
    assert keys_of(name) == set(to_wire(host)) | more
