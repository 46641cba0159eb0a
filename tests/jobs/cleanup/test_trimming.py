"""A working directory keeps what the model made or changed, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset, digest_of
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.jobs.cleanup import trimming
from modelop_jupyter.jobs.folder import JobFolder

DATA = b"0123456789"
STATE = ModelState(
    tuple(
        Asset(path, AssetRole.UNKNOWN, digest_of(DATA), len(DATA))
        for path in ("a.bin", "sub/deep/b.bin", "outputDir/c.bin")
    )
)


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    """A job folder with three assets in its working directory, as staging leaves it."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    for asset in STATE.assets:
        path = folder.work / asset.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DATA)
    trimming.record_staged_files(folder)
    return folder


def left(folder: JobFolder) -> list[str]:
    return sorted(
        path.relative_to(folder.work).as_posix()
        for path in folder.work.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def test_what_the_model_left_as_it_was_goes(folder: JobFolder) -> None:
    """A full copy of the weights in each job fills a disk; outputDir/ is kept whole."""
    freed = trimming.trim(folder, STATE)

    assert freed == 2 * len(DATA)
    assert left(folder) == ["outputDir/c.bin"]
    assert not (folder.work / "sub").exists()


def test_a_dry_run_removes_nothing(folder: JobFolder) -> None:
    """It only says how much would be free."""
    freed = trimming.trim(folder, STATE, is_dry_run=True)

    assert freed == 2 * len(DATA)
    assert left(folder) == ["a.bin", "outputDir/c.bin", "sub/deep/b.bin"]


def test_what_the_model_changed_stays_whatever_its_time_says(folder: JobFolder) -> None:
    """Size and time can be set to what they were; what the file holds decides then."""
    path = folder.work / "a.bin"
    before = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    trimming.trim(folder, STATE)

    assert left(folder) == ["a.bin", "outputDir/c.bin"]


def test_what_was_only_touched_goes(folder: JobFolder) -> None:
    """Another time alone makes no other file."""
    os.utime(folder.work / "a.bin")
    trimming.trim(folder, STATE)

    assert left(folder) == ["outputDir/c.bin"]


def test_what_the_model_made_stays(folder: JobFolder) -> None:
    """Also beside assets that go, and empty folders of its own."""
    (folder.work / "sub" / "made.txt").write_text("x")
    (folder.work / "empty").mkdir()
    trimming.trim(folder, STATE)

    assert left(folder) == ["outputDir/c.bin", "sub/made.txt"]
    assert (folder.work / "empty").is_dir()


@pytest.mark.parametrize("where", ["a.bin", "sub"])
def test_links_that_a_model_made_lead_nowhere(
    folder: JobFolder, tmp_path: Path, where: str
) -> None:
    """A model may put a link to anything where an asset was."""
    outside = tmp_path / "outside" / "deep"
    outside.mkdir(parents=True)
    (outside / "b.bin").write_bytes(DATA)
    (folder.work / "a.bin").unlink()
    (folder.work / "sub" / "deep" / "b.bin").unlink()
    (folder.work / "sub" / "deep").rmdir()
    (folder.work / "sub").rmdir()
    (folder.work / where).symlink_to(outside.parent)
    trimming.trim(folder, STATE)

    assert (outside / "b.bin").read_bytes() == DATA
    assert (folder.work / where).is_symlink()


def test_a_working_directory_that_became_a_link_is_left_alone(
    folder: JobFolder, tmp_path: Path
) -> None:
    """The model may rename its own working directory, too."""
    folder.work.rename(tmp_path / "elsewhere")
    folder.work.symlink_to(tmp_path / "elsewhere")

    assert trimming.trim(folder, STATE) == 0
    assert (tmp_path / "elsewhere" / "a.bin").exists()


def test_a_job_of_an_earlier_version_is_compared_with_the_assets(folder: JobFolder) -> None:
    """Such a folder has no note of how it was staged."""
    (folder.root / "staged.json").unlink()
    (folder.work / "a.bin").write_bytes(b"other")
    trimming.trim(folder, STATE)

    assert left(folder) == ["a.bin", "outputDir/c.bin"]
