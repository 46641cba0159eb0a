"""Write objects that appear only when they are complete."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelop_jupyter.errors import AddressError, ObjectNotFoundError
from modelop_jupyter.storage import exists, list_objects, upload, write_object
from tests.object_store import ObjectStore

_SEVERAL_PARTS = 11 * 2**20


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of the smallest size that S3 takes."""
    monkeypatch.setattr("modelop_jupyter.storage.writing._PART_SIZE", 5 * 2**20)


def test_a_file_becomes_one_object(object_store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """In several parts, joined by the storage."""
    content = os.urandom(_SEVERAL_PARTS)
    (tmp_path / "x.bin").write_bytes(content)
    state = upload(tmp_path / "x.bin", f"s3://{bucket}/out/x.bin")

    assert state.size == _SEVERAL_PARTS
    assert str(state.etag).endswith("-3")
    assert object_store.get(bucket, "out/x.bin") == content


def test_nobody_sees_an_object_before_it_is_complete(
    object_store: ObjectStore, bucket: str
) -> None:
    """What was there before stays until then."""
    object_store.put(bucket, "x.bin", b"old")
    with write_object(f"s3://{bucket}/x.bin") as file:
        file.write(bytes(_SEVERAL_PARTS))
        during = object_store.get(bucket, "x.bin")

    assert during == b"old"
    assert len(object_store.get(bucket, "x.bin")) == _SEVERAL_PARTS


@pytest.mark.parametrize("size", [0, 10, _SEVERAL_PARTS])
def test_a_failure_leaves_neither_object_nor_parts(
    object_store: ObjectStore, bucket: str, size: int
) -> None:
    """Parts that nobody sees would be paid for."""
    with pytest.raises(RuntimeError), write_object(f"s3://{bucket}/x.bin") as file:
        file.write(bytes(size))
        raise RuntimeError

    assert object_store.keys(bucket) == []
    assert object_store.unfinished(bucket) == []


def test_elsewhere_an_object_appears_by_its_name(tmp_path: Path) -> None:
    """A file that fails leaves nothing; one that is complete takes its name at once."""
    address = f"file://{tmp_path}/out/x.bin"
    with pytest.raises(RuntimeError), write_object(address) as file:
        file.write(b"123")
        raise RuntimeError
    left = list_objects(f"file://{tmp_path}/out/")
    with write_object(address) as file:
        file.write(b"123")
        was_there = exists(address)

    assert left == []
    assert not was_there
    assert (tmp_path / "out/x.bin").read_bytes() == b"123"
    assert len(list_objects(f"file://{tmp_path}/out/")) == 1


def test_a_missing_bucket_is_named(object_store: ObjectStore, tmp_path: Path) -> None:
    """None is made by accident."""
    (tmp_path / "x").write_text("1")

    with pytest.raises(ObjectNotFoundError) as caught:
        upload(tmp_path / "x", "s3://no-such-bucket/x")

    assert "there is no bucket named 'no-such-bucket'" in str(caught.value)


@pytest.mark.parametrize("address", ["https://h/x.json", "s3://b/x/", "s3://b/*.json"])
def test_what_cannot_be_written_is_refused(address: str) -> None:
    """A web server, and what is no single object."""
    with pytest.raises(AddressError) as caught, write_object(address):
        pass

    assert "cannot be written" in str(caught.value)
