"""The codec that a runner is offered (issue 5, Overhead)."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.jobs import codec
from modelop_jupyter.jobs.folder import JobFolder


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    job = JobFolder(tmp_path / "job")
    job.root.mkdir()
    job.write("request.json", {"kind": "batch", "codec": None})
    return job


def test_a_job_is_told_of_the_codec(folder: JobFolder, tmp_path: Path) -> None:
    """The rest of its request stays."""
    codec.offer(folder, tmp_path / "codec")

    assert folder.read("request.json") == {
        "kind": "batch",
        "codec": {"name": "orjson", "path": str(tmp_path / "codec")},
    }


def test_the_codec_is_a_copy_of_its_own(tmp_path: Path) -> None:
    """A link would be the same library as a model's own orjson."""
    codec.keep(tmp_path)

    original = codec.library()
    assert original is not None
    copy = tmp_path / original.name
    assert copy.read_bytes() == original.read_bytes()
    assert copy.stat().st_ino != original.stat().st_ino


def test_a_copy_of_another_version_is_replaced(tmp_path: Path) -> None:
    """An upgrade reaches the runners, and what is right already is left alone."""
    original = codec.library()
    assert original is not None
    (tmp_path / original.name).write_bytes(b"older")
    codec.keep(tmp_path)
    first = (tmp_path / original.name).stat().st_ino
    codec.keep(tmp_path)

    assert (tmp_path / original.name).read_bytes() == original.read_bytes()
    assert (tmp_path / original.name).stat().st_ino == first


def test_a_home_that_cannot_be_written_has_no_codec(folder: JobFolder, tmp_path: Path) -> None:
    """The runner has the standard library's json."""
    (tmp_path / "file").touch()
    codec.offer(folder, tmp_path / "file" / "codec")

    assert [path.name for path in folder.root.iterdir()] == ["request.json"]
    assert (folder.read("request.json") or {})["codec"] is None
