"""A store for what may never be recorded: it reads like the one below it, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.errors import BlobError
from modelop_jupyter.registry import BlobStore
from modelop_jupyter.registry.scratch_blobs import ScratchBlobs


def test_new_bytes_leave_the_store_below_as_it_is(blobs: BlobStore, tmp_path: Path) -> None:
    """Bytes go to the scratch folder, a file is read where it lies, what is stored already is found."""
    stored = blobs.put(b"old")
    (tmp_path / "model.pkl").write_bytes(b"weights")
    scratch = ScratchBlobs(tmp_path / "scratch", blobs)
    made = scratch.put(b"new")
    digest, size = scratch.put_file(tmp_path / "model.pkl")

    assert [scratch.read(each) for each in (stored, made, digest)] == [b"old", b"new", b"weights"]
    assert scratch.path(digest) == tmp_path / "model.pkl"
    assert size == 7
    assert [path.name for path in blobs.root.rglob("*") if path.is_file()] == [stored[7:]]


def test_a_file_that_changes_is_neither_read_nor_moved(blobs: BlobStore, tmp_path: Path) -> None:
    """It is the user's own: in the store, damaged bytes are moved away."""
    (tmp_path / "model.pkl").write_bytes(b"weights")
    scratch = ScratchBlobs(tmp_path / "scratch", blobs)
    digest, _ = scratch.put_file(tmp_path / "model.pkl")
    (tmp_path / "model.pkl").write_bytes(b"others!")
    with pytest.raises(BlobError):
        scratch.read(digest)

    assert (tmp_path / "model.pkl").read_bytes() == b"others!"
    assert scratch.read(scratch.put(b"weights")) == b"weights"
    assert (tmp_path / "model.pkl").read_bytes() == b"others!"
