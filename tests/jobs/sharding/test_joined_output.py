"""The outputs of chunks become one file, in which CSV has one header."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from modelop_jupyter.errors import ColumnsError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import (
    RequestOutput,
    ResultCounts,
    RunnerResult,
    StoredOutput,
)
from modelop_jupyter.jobs.sharding.joined_output import JoinedOutput
from modelop_jupyter.storage import stat
from tests.object_store import ObjectStore


def chunk(
    tmp_path: Path, number: int, output: bytes | None, record: int | None = None
) -> JobFolder:
    """Return the folder of a chunk that has written this output, beginning with a record of its own."""
    folder = JobFolder(tmp_path / str(number))
    folder.create()
    counts = ResultCounts(9, 9, 0, 0, 9)
    folder.write(RunnerResult("COMPLETE", "SUCCESS", counts, {}, header_record=record))
    if output is not None:
        folder.outputs.mkdir(exist_ok=True)
        (folder.outputs / "out.csv.part").write_bytes(output)
    return folder


def test_csv_has_the_header_of_the_first_chunk_with_rows(tmp_path: Path) -> None:
    """Issue 14: chunks without a record out have none, and places are those of one worker."""
    target = BytesIO()
    joined = JoinedOutput(RequestOutput("out.csv", "csv"), target)
    outputs = [None, b"", b'"a\nb",c\r\n1,2\r\n', b"", b'"a\nb",c\r\n3,4\r\n5,6\r\n']

    places = [
        joined.append(chunk(tmp_path, number, output), records=9 * number)
        for number, output in enumerate(outputs)
    ]

    assert target.getvalue() == b'"a\nb",c\r\n1,2\r\n3,4\r\n5,6\r\n'
    assert [places[2].of(offset) for offset in (0, 9, 14)] == [0, 9, 14]
    assert [places[4].of(offset) for offset in (0, 9, 14)] == [14, 14, 19]


@pytest.mark.parametrize(("record", "said"), [(4, "record 13"), (None, "a record from 9 on")])
def test_other_columns_are_an_error_of_a_record_of_the_whole(
    tmp_path: Path, record: int | None, said: str
) -> None:
    """Issue 14: and nothing of that chunk is joined."""
    target = BytesIO()
    joined = JoinedOutput(RequestOutput("out.csv", "csv"), target)
    joined.append(chunk(tmp_path, 0, b"a,b\r\n1,2\r\n", 0), records=0)

    with pytest.raises(ColumnsError, match=f"{said} has other columns \\(b, a\\)"):
        joined.append(chunk(tmp_path, 1, b"b,a\r\n1,2\r\n", record), records=9)

    assert target.getvalue() == b"a,b\r\n1,2\r\n"


def test_lines_of_json_are_joined_as_they_are(tmp_path: Path) -> None:
    """They have no header."""
    target = BytesIO()
    joined = JoinedOutput(RequestOutput("out.csv", "json"), target)
    for number in range(2):
        joined.append(chunk(tmp_path, number, b"1\n1\n"), records=number)

    assert target.getvalue() == b"1\n1\n1\n1\n"


def test_an_object_is_joined_as_a_file_is(
    tmp_path: Path, object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: read from where it is, without its header; or only its place is told."""
    outputs = [b"a,b\r\n1,2\r\n", b"a,b\r\n3,4\r\n5,6\r\n", b"a,b\r\n7,8\r\n"]
    folders = [chunk(tmp_path, number, output) for number, output in enumerate(outputs)]
    address = object_store.put(bucket, "part-000001.csv", outputs[1])
    folders[1].write(StoredOutput(stat(address), "a,b\r\n"))
    (folders[1].outputs / "out.csv.part").unlink()
    target = BytesIO()
    joined, told = (
        JoinedOutput(RequestOutput("out.csv", "csv"), where) for where in (target, None)
    )

    places = [joined.append(folder, records=0) for folder in folders]

    assert target.getvalue() == b"a,b\r\n1,2\r\n3,4\r\n5,6\r\n7,8\r\n"
    assert [told.append(folder, records=0) for folder in folders] == places
    assert [place.of(5) for place in places] == [5, 10, 20]
