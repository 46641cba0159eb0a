"""What was asked and answered, as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.deployments.capture_file import CaptureFile

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_each_record_has_its_outputs_in_the_same_line(tmp_path: Path) -> None:
    capture = CaptureFile(tmp_path / "live.jsonl")
    capture.add(b'{"x": 1}', b'{"y":2}\n')
    capture.add(b'{"x": 2}', b'{"y":4}\n')
    capture.close()

    assert (tmp_path / "live.jsonl").read_text() == '{"x": 1}\n{"x": 2}\n'
    assert (tmp_path / "live.outputs.jsonl").read_text() == '{"y":2}\n{"y":4}\n'


@given(value=_VALUES, indent=st.sampled_from([None, 1, "\r\n", "\t"]))
def test_a_record_is_one_line_however_it_was_sent(
    tmp_path_factory: object, value: object, indent: object
) -> None:
    """White space between its parts may be a new line."""
    path = tmp_path_factory.mktemp("capture") / "live.jsonl"  # type: ignore[attr-defined]
    capture = CaptureFile(path)
    capture.add(json.dumps(value, indent=indent).encode(), b"1\n")  # type: ignore[arg-type]
    capture.close()

    lines = path.read_bytes().splitlines(keepends=True)
    assert [json.loads(line) for line in lines] == [value]


def test_full_files_are_renamed_together(tmp_path: Path) -> None:
    """Five of them are kept, the newest is number 1."""
    capture = CaptureFile(tmp_path / "live.jsonl", most=4)
    for number in range(8):
        capture.add(b"%d000" % number, b"%d\n" % number)
    capture.close()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(
        [
            *("live.jsonl", "live.outputs.jsonl"),
            *(f"live.{n}.jsonl" for n in range(1, 6)),
            *(f"live.outputs.{n}.jsonl" for n in range(1, 6)),
        ]
    )
    assert (tmp_path / "live.1.jsonl").read_text() == "7000\n"
    assert (tmp_path / "live.outputs.5.jsonl").read_text() == "3\n"


def test_it_appends_to_what_is_there(tmp_path: Path) -> None:
    for number in (1, 2):
        capture = CaptureFile(tmp_path / "new" / "live.jsonl")
        capture.add(b"%d" % number, b"0\n")
        capture.close()

    assert (tmp_path / "new" / "live.jsonl").read_text() == "1\n2\n"
