"""Read objects by ranges from an S3 server."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from modelop_jupyter.errors import ObjectChangedError
from modelop_jupyter.storage import open_object, stat
from tests.object_store import ObjectStore

_MEGABYTE = 2**20


def test_only_the_ranges_that_are_read_are_fetched(object_store: ObjectStore, bucket: str) -> None:
    """A block at the position, not what lies before or behind it."""
    content = os.urandom(6 * _MEGABYTE)
    address = object_store.put(bucket, "x.bin", content)
    with open_object(address, block_size=_MEGABYTE) as file:
        file.seek(4 * _MEGABYTE)
        data = file.read(100)
        cache = file._file.cache

        assert data == content[4 * _MEGABYTE : 4 * _MEGABYTE + 100]
        assert cache.total_requested_bytes < 2 * _MEGABYTE


def test_lines_are_read_across_blocks(object_store: ObjectStore, bucket: str) -> None:
    """Whatever the block size is."""
    lines = [b'{"x": %d}\n' % number for number in range(1000)]
    address = object_store.put(bucket, "x.json", b"".join(lines))
    with io.BufferedReader(open_object(address, block_size=997), 100) as file:
        assert list(file) == lines


def test_an_object_that_is_replaced_while_it_is_read_ends_the_reading(
    object_store: ObjectStore, bucket: str
) -> None:
    """No byte of the new one is taken for one of the old."""
    address = object_store.put(bucket, "x.bin", bytes(3 * _MEGABYTE))
    with open_object(address, block_size=_MEGABYTE) as file:
        file.read(10)
        object_store.put(bucket, "x.bin", b"1" * 3 * _MEGABYTE)
        file.seek(2 * _MEGABYTE + 100)

        with pytest.raises(ObjectChangedError):
            file.read(10)


def test_a_file_that_is_replaced_is_noticed_at_its_end(tmp_path: Path) -> None:
    """Where the storage has no reading that is bound to a version."""
    path = tmp_path / "x.json"
    path.write_bytes(b"123")
    with open_object(f"file://{path}") as remote:
        remote.read(3)
        path.write_bytes(b"1234")

        with pytest.raises(ObjectChangedError) as caught:
            remote.read()

    assert "its size was 3 bytes and is 4" in str(caught.value)


def test_another_object_than_expected_is_refused(object_store: ObjectStore, bucket: str) -> None:
    """Before anything of it is read."""
    address = object_store.put(bucket, "x.json", b"1")
    expected = stat(address)
    object_store.put(bucket, "x.json", b"2")

    with pytest.raises(ObjectChangedError) as caught:
        open_object(address, expected=expected)

    assert f"{address} has changed" in str(caught.value)
