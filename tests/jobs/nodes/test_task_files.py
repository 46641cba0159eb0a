"""What a node returns is written where a task's files belong, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes import task_files
from modelop_jupyter.jobs.nodes.messages import NodeOutcome, TaskStatus, decode

DONE = NodeOutcome(TaskStatus.DONE, "node")


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    (tmp_path / "elsewhere").mkdir()
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "plan.json",
        "work/model.py",
        "outputs/../plan.json",
        "outputs/../../elsewhere/file",
        "/elsewhere/file",
        "outputs/link/file",
    ],
)
def test_files_that_no_task_leaves_are_refused(
    folder: JobFolder, tmp_path: Path, name: str
) -> None:
    """Issue 14: a node may be another's machine."""
    (folder.outputs / "link").symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(InvalidError, match="a node returned a file"):
        task_files.store_outcome(folder, None, DONE, {name: b"x"})

    assert sorted(tmp_path.rglob("*")) == before


def test_outputs_and_what_training_leaves_are_written(folder: JobFolder) -> None:
    """Issue 14: as a runner on this machine leaves them."""
    files = {"outputs/output.json.part": b"1", "work/outputDir/sub/weights.bin": b"2"}

    task_files.store_outcome(folder, None, DONE, files)

    assert (folder.outputs / "output.json.part").read_bytes() == b"1"
    assert (folder.work / "outputDir" / "sub" / "weights.bin").read_bytes() == b"2"


def test_what_is_no_message_is_refused() -> None:
    """Issue 14: an engine of another's may return anything."""
    with pytest.raises(InvalidError, match="cannot be read: it is not JSON"):
        decode(NodeOutcome, "<html>")
