"""What killed tasks leave in the home of a node, and when it goes."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from filelock import FileLock

from modelop_jupyter import Workspace
from modelop_jupyter.jobs.cleanup.task_folders import leftovers, lock_file


def task(tasks: Path, name: str, *, hours: float, size: int = 1000) -> Path:
    """Make the folder of a task that was killed so many hours ago."""
    folder = tasks / name
    folder.mkdir(parents=True)
    (folder / "output").write_bytes(bytes(size))
    lock_file(folder).touch()
    changed = time.time() - hours * 3600
    for path in (folder, lock_file(folder)):
        os.utime(path, (changed, changed))
    return folder


def names(tasks: Path, **limits: float) -> list[str]:
    return sorted(each.path.name for each in leftovers(tasks, **limits))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        ({}, ["old", "old.lock"]),
        ({"older": 3600}, ["newer", "newer.lock", "old", "old.lock"]),
        ({"quota": 1500}, ["newer", "old", "old.lock"]),
        ({"older": 30 * 86400, "quota": 9000}, ["old", "old.lock"]),
    ],
)
def test_old_folders_go_and_those_beyond_the_quota(
    tmp_path: Path, limits: dict[str, float], gone: list[str]
) -> None:
    """A day is the most: a task that is not taken up again by then is not wanted any more."""
    task(tmp_path, "old", hours=25)
    task(tmp_path, "newer", hours=2)
    task(tmp_path, "new", hours=0)

    assert names(tmp_path, **limits) == gone


def test_a_task_that_runs_keeps_its_folder(tmp_path: Path) -> None:
    """However old it is."""
    folder = task(tmp_path, "old", hours=25)

    with FileLock(lock_file(folder)):
        assert names(tmp_path) == []


def test_a_task_that_ends_meanwhile_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder goes between two looks."""
    task(tmp_path, "old", hours=25)
    ended = task(tmp_path, "ended", hours=0)
    lstat = Path.lstat

    def lstat_after_the_end(path: Path) -> os.stat_result:
        if path == ended and ended.exists():
            shutil.rmtree(ended)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", lstat_after_the_end)

    assert names(tmp_path) == ["old", "old.lock"]


def test_job_gc_clears_them(workspace: Workspace) -> None:
    """Issue 14: node homes have the same rules."""
    folder = task(workspace.settings.tasks, "job-3", hours=25)

    clearing = workspace.job_gc()

    assert ("folder of a task", "job-3", 1000) in [
        (each.kind, each.name, each.size) for each in clearing.cleared
    ]
    assert not folder.exists()
