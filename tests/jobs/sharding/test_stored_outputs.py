"""Outputs of chunks as objects: their names, whose they are, and which of them are the output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.errors import ObjectChangedError, ObjectNotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.following.log import lines
from modelop_jupyter.jobs.protocol import OutputPart, OutputParts
from modelop_jupyter.jobs.sharding.stored_outputs import (
    clear,
    foreign_to,
    may_be_left,
    name_of,
    put,
    settle,
)
from modelop_jupyter.storage import stat
from tests.object_store import ObjectStore


def test_names_stand_in_the_order_of_records() -> None:
    """Issue 14: pieces stand where the chunk would that they were cut of."""
    chunks = ["0", "1", "2.0", "2.1.0", "2.1.11", "2.9", "2.10", "3", "10", "11"]
    output = OutputTarget("output.json", "json")

    found = [name_of(chunk, output) for chunk in chunks]

    assert found == sorted(found)
    assert found[4] == "part-000002-000001-000011.json"


@pytest.mark.parametrize(
    ("names", "foreign"),
    [
        (["part-000000.json", "part-000002.json", "part-000002-000001.json"], []),
        (["part-000001-000003.json"], []),
        (["part-000003.json", "a/part-000000.json"], ["part-000003.json", "a/part-000000.json"]),
        (["part-0.json", "output.json"], ["part-0.json", "output.json"]),
    ],
)
def test_a_chunk_what_it_is_of_and_its_pieces_are_of_the_job(
    names: Sequence[str], foreign: Sequence[str]
) -> None:
    """Issue 14: a retry that cuts chunks otherwise still knows its own."""
    chunks = [Chunk(name, 0, ByteRange(0, 1)) for name in ("0", "1", "2.0", "2.1")]

    assert foreign_to(chunks, names) == foreign


def parts(store: ObjectStore, bucket: str, *names: str) -> OutputParts:
    """Put an object for each name, and return them as the output of a job."""
    states = [stat(store.put(bucket, f"scores/{name}", b"{}\n")) for name in names]
    return OutputParts(tuple(OutputPart(state, 1) for state in states))


def test_an_object_of_a_chunk_that_is_cut_otherwise_is_removed(
    object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: or earlier; its records are in those of the others. What is not of the job stays."""
    pieces = parts(object_store, bucket, "part-000001-000000.json", "part-000001-000001.json")
    older = ("part-000001.json", "part-000001-000001-000000.json")
    for name in (*older, "part-000002.json", "notes.txt"):
        object_store.put(bucket, f"scores/{name}", b"{}\n")
    settle(f"s3://{bucket}/scores/", pieces)

    assert object_store.keys(bucket) == [
        "scores/notes.txt",
        "scores/part-000001-000000.json",
        "scores/part-000001-000001.json",
        "scores/part-000002.json",
    ]


def test_a_part_that_is_gone_or_replaced_is_no_output(
    object_store: ObjectStore, bucket: str
) -> None:
    """Issue 14: with its address, and the way to have it made again."""
    prefix, names = f"s3://{bucket}/scores/", ("part-000000.json", "part-000001.json")
    output = parts(object_store, bucket, *names)
    object_store.put(bucket, f"scores/{names[1]}", b"[]\n")
    with pytest.raises(ObjectChangedError, match=f"{prefix}{names[1]} was replaced") as replaced:
        settle(prefix, output)
    object_store.client().delete_object(Bucket=bucket, Key=f"scores/{names[0]}")
    with pytest.raises(ObjectNotFoundError, match=f"{prefix}{names[0]} is gone"):
        settle(prefix, output)

    assert "'job retry' makes it again" in str(replaced.value.hint)


@pytest.mark.parametrize("content", [None, b""])
def test_nothing_is_uploaded_of_a_chunk_without_records(
    tmp_path: Path, content: bytes | None
) -> None:
    """Issue 14: no address is asked for it."""
    path = tmp_path / "output.json.part"
    if content is not None:
        path.write_bytes(content)

    assert put(path, "s3://no-such-bucket/part-000000.json", format="json") is None


def test_a_folder_is_such_a_place(tmp_path: Path) -> None:
    """Issue 14: a disk that all nodes share, by its address."""
    path, prefix = tmp_path / "output.csv.part", f"file://{tmp_path}/scores/"
    path.write_bytes(b"a,b\r\n1,2\r\n")
    stored = put(path, f"{prefix}part-000000.csv", format="csv")
    assert stored is not None
    settle(prefix, OutputParts((OutputPart(stored.state, 1),)))

    assert stored.header == "a,b\r\n"
    assert (tmp_path / "scores" / "part-000000.csv").read_bytes() == path.read_bytes()


def test_chunks_that_cannot_be_removed_are_remembered(
    object_store: ObjectStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: the job is complete; its log says what is missing, and a clean-up tries again."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    prefix = f"s3://{bucket}/chunks/job/"
    object_store.put(bucket, "chunks/job/part-000000.json", b"1")
    with object_store.permissions("s3:ListBucket") as variables, monkeypatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        clear(prefix, folder)
    was_left, log = may_be_left(folder), "\n".join(lines(folder))
    clear(prefix, folder)

    assert was_left
    assert f"the outputs of chunks stay at {prefix}: " in log
    assert "your credentials lack the permission 's3:DeleteObject'" in log
    assert not may_be_left(folder)
    assert object_store.keys(bucket) == []
