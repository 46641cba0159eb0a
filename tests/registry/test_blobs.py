"""Blobs are written whole or not at all, never change, and are verified when read."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from modelop_jupyter import files
from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.errors import AssetFileError, BlobError, HomeError, InvalidError
from modelop_jupyter.registry import BlobStore


def files_in(blobs: BlobStore) -> list[Path]:
    return [path for path in blobs.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"abc", bytes(range(256)) * 9000])
def test_what_was_put_is_read(blobs, data):
    """Bytes come back as they were, empty ones and those longer than a chunk."""
    digest = blobs.put(data)

    assert digest == digest_of(data)
    assert blobs.read(digest) == data


def test_a_file_is_stored_like_its_bytes(blobs, tmp_path):
    """put_file and put give the same bytes the same name."""
    data = b"0123456789" * 300_000
    (tmp_path / "model.pkl").write_bytes(data)

    assert blobs.put_file(tmp_path / "model.pkl") == (blobs.put(data), len(data))
    assert len(files_in(blobs)) == 1


def test_bytes_that_come_in_pieces_are_stored_under_the_name_they_must_have(blobs):
    """put_as stores them once; others under that name are refused, and nothing is left of them."""
    digest = digest_of(b"abcdef")
    blobs.put_as(digest, 6, [b"abc", b"def"])
    with pytest.raises(InvalidError, match="the bytes do not match sha256:"):
        blobs.put_as(digest_of(b"x"), 1, [b"y"])

    assert blobs.read(digest) == b"abcdef"
    assert files_in(blobs) == [blobs.path(digest)]


def test_blobs_lie_two_levels_deep_and_read_only(blobs):
    """The folder of a blob is named by the first two bytes of its digest."""
    path = blobs.path(blobs.put(b"abc"))

    assert path.relative_to(blobs.root).as_posix() == f"ba/78/{digest_of(b'abc')[7:]}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


@pytest.mark.parametrize("digest", ["", "abc", "sha256:../../etc", "md5:" + "0" * 64])
def test_a_name_that_is_no_digest_is_refused(blobs, digest):
    """No path outside the store can be made from a digest."""
    with pytest.raises(ValueError, match="not a digest"):
        blobs.path(digest)


def test_putting_the_same_bytes_again_writes_nothing(blobs):
    """A blob that is there is left alone."""
    path = blobs.path(blobs.put(b"abc"))
    before = path.stat()
    blobs.put(b"abc")

    assert path.stat().st_ino == before.st_ino


def test_the_same_bytes_put_at_once_are_one_blob(blobs):
    """Writers of equal content do not disturb one another."""
    data = b"x" * 500_000
    threads = [threading.Thread(target=blobs.put, args=(data,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [path.read_bytes() == data for path in files_in(blobs)] == [True]


def test_a_copy_can_be_changed_without_changing_the_blob(blobs, tmp_path):
    """Stored blobs can never be changed by a model (spec 13.3)."""
    digest = blobs.put(b"abc")
    target = tmp_path / "copy.txt"
    blobs.copy_to(digest, target)
    with target.open("r+b") as copy:
        copy.write(b"XYZ")

    assert blobs.read(digest) == b"abc"
    assert target.stat().st_ino != blobs.path(digest).stat().st_ino


def damage(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"abX")
    path.chmod(0o444)


def test_damage_is_named_when_read(blobs):
    """The error names the file and says what to do."""
    digest = blobs.put(b"abc")
    damage(blobs.path(digest))

    with pytest.raises(BlobError, match=r"no longer what was stored\. Register the model again"):
        blobs.read(digest)


def test_damage_is_named_when_copied_and_leaves_no_copy(blobs, tmp_path):
    """A job never starts on damaged bytes."""
    digest = blobs.put(b"abc")
    damage(blobs.path(digest))

    with pytest.raises(BlobError, match="no longer what was stored"):
        blobs.copy_to(digest, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_storing_damaged_content_again_heals_it(blobs):
    """The remedy that the error names works."""
    digest = blobs.put(b"abc")
    damage(blobs.path(digest))
    with pytest.raises(BlobError):
        blobs.read(digest)
    blobs.put(b"abc")

    assert blobs.read(digest) == b"abc"


def test_a_cut_off_blob_is_replaced_at_once(blobs, tmp_path):
    """A blob of the wrong length is not taken for the stored one."""
    (tmp_path / "file").write_bytes(b"abc")
    path = blobs.path(blobs.put(b"abc"))
    path.chmod(0o644)
    path.write_bytes(b"ab")
    digest, _ = blobs.put_file(tmp_path / "file")

    assert blobs.read(digest) == b"abc"


def test_a_missing_blob_is_named(blobs, tmp_path):
    """Both readers say that it is missing."""
    with pytest.raises(BlobError, match="it is missing"):
        blobs.read(digest_of(b"never put"))
    with pytest.raises(BlobError, match="it is missing"):
        blobs.copy_to(digest_of(b"never put"), tmp_path / "copy")


def test_a_missing_file_is_refused(blobs, tmp_path):
    """One sentence that names the asset (issue 2)."""
    with pytest.raises(AssetFileError, match=r"asset .*gone\.pkl: there is no such file"):
        blobs.put_file(tmp_path / "gone.pkl")


def test_a_folder_is_refused(blobs, tmp_path):
    """A directory is no asset (issue 2)."""
    with pytest.raises(AssetFileError, match=r"it is a folder\. Name a file"):
        blobs.put_file(tmp_path)


def test_a_pipe_is_refused_without_waiting(blobs, tmp_path):
    """Opening a pipe that nobody writes to must not hang."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(AssetFileError, match="not a regular file"):
        blobs.put_file(tmp_path / "pipe")


def test_a_device_is_refused(blobs):
    """A device has no end."""
    with pytest.raises(AssetFileError, match="not a regular file"):
        blobs.put_file(Path("/dev/zero"))


def test_a_name_with_a_zero_byte_is_refused(blobs, tmp_path):
    """What the system cannot open is a sentence too."""
    with pytest.raises(AssetFileError, match="cannot be read"):
        blobs.put_file(tmp_path / "a\0b")


def test_an_unreadable_file_is_refused(ordinary_user):
    """The reason is the system's own (issue 2)."""
    secret = ordinary_user / "secret.csv"
    secret.write_text("a,b")
    secret.chmod(0)

    with pytest.raises(AssetFileError, match="cannot be read: permission denied"):
        BlobStore(ordinary_user / "blobs").put_file(secret)


def test_a_file_that_grows_while_it_is_read_is_refused(blobs, tmp_path, monkeypatch):
    """Changed while being read: an error, and nothing stored (issue 2)."""
    path = tmp_path / "growing.csv"
    path.write_bytes(b"x" * 100)
    hash_stream = files.hash_stream

    def hash_and_grow(file):
        hasher = hash_stream(file)
        with path.open("ab") as writer:
            writer.write(b"x")
        return hasher

    monkeypatch.setattr(files, "hash_stream", hash_and_grow)
    with pytest.raises(AssetFileError, match=r"changed while it was read\. Try again"):
        blobs.put_file(path)
    assert not blobs.root.exists()


def test_a_store_that_cannot_be_written_is_a_home_error(ordinary_user):
    """A home folder that is not writable is one sentence (issue 2)."""
    ordinary_user.chmod(0o555)

    with pytest.raises(HomeError, match=r"permission denied\. Make it writable"):
        BlobStore(ordinary_user / "blobs").put(b"abc")


def test_a_full_disk_is_a_home_error_and_leaves_nothing(blobs, file_limit):
    """Nothing half-written stays, under whatever name (issue 2)."""
    with file_limit(100_000), pytest.raises(HomeError, match="cannot be used: file too large"):
        blobs.put(b"x" * 1_000_000)

    assert files_in(blobs) == []


def test_a_copy_that_finds_the_disk_full_leaves_nothing(blobs, file_limit, tmp_path):
    """A half-made copy is taken away."""
    digest = blobs.put(b"x" * 1_000_000)
    with file_limit(100_000), pytest.raises(HomeError, match="file too large"):
        blobs.copy_to(digest, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()
