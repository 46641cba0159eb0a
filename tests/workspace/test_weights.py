"""What a job's folder keeps of the model's own files: none that the model left as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobResult
from modelop_jupyter.jobs import service
from modelop_jupyter.jobs.job import Job
from tests.waiting import PATIENCE, wait_until
from tests.workspace.jobs import numbers, when_supervisors_are_gone

pytestmark = pytest.mark.slow

SIZE = 1_000_000
SOURCE = """\
import os, time

# modelop.init
def begin():
    global size
    size = os.path.getsize("weights.bin")

# modelop.score
def score(record):
    while record["x"] == 3 and not os.path.exists(os.environ.get("TMPDIR", "/") + "/gate"):
        time.sleep(0.01)
    yield {"y": size + record["x"]}

# modelop.train
def train(data):
    with open("weights.bin", "r+b") as file:
        file.write(b"learned")
    with open("outputDir/new.bin", "wb") as file:
        file.write(b"new")
"""


@pytest.fixture
def heavy(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model with a megabyte of weights, whose fourth record waits for a gate."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Path("weights.bin").write_bytes(os.urandom(SIZE))
    Path("heavy.py").write_text(SOURCE)
    return workspace.register("heavy", "heavy.py", assets=["weights.bin"]).model.name


def taken(workspace: Workspace, job: Job) -> int:
    """Return the bytes of all files in the folder of a job, once it has ended."""
    job.wait(PATIENCE)
    when_supervisors_are_gone(workspace)
    return sum(path.lstat().st_size for path in job.folder.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("workers", [None, 2])
def test_an_ended_job_holds_no_copy_of_the_weights(
    workspace: Workspace, heavy: str, tmp_path: Path, workers: int | None
) -> None:
    """211 jobs took 819 MB."""
    (tmp_path / "gate").touch()
    job = workspace.batch(heavy, [numbers(40)], workers=workers).wait(300)

    assert job.result is JobResult.SUCCESS
    assert taken(workspace, job) < SIZE / 2


@pytest.mark.parametrize("workers", [None, 2])
def test_a_job_without_weights_goes_on_to_the_same_output(
    workspace: Workspace,
    heavy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int | None,
) -> None:
    """A retry stages them anew."""
    job = workspace.batch(heavy, [numbers(8)], workers=workers)
    wait_until(job.folder.console.exists)
    # On a busy machine the supervisor, which removes them, needs longer than a user would wait.
    monkeypatch.setattr(service, "_CANCEL_SECONDS", PATIENCE)
    job.cancel()
    held = taken(workspace, job)
    (tmp_path / "gate").touch()
    again = workspace.job_retry(job.id).wait(300)

    assert held < SIZE / 2
    assert [record["y"] for record in again.records()] == [SIZE + x for x in range(8)]


def test_what_a_training_changed_or_made_is_kept(workspace: Workspace, heavy: str) -> None:
    """It is what the job was for."""
    job = workspace.train(heavy, [numbers(1)]).wait(300)

    assert (job.folder.work / "weights.bin").read_bytes().startswith(b"learned")
    assert [path.name for path in job.artefacts()] == ["new.bin"]
    assert not (job.folder.work / "heavy.py").exists()


def test_an_ended_job_is_still_told_of(workspace: Workspace, heavy: str, tmp_path: Path) -> None:
    """Its document names the assets, and a rerun has them."""
    (tmp_path / "gate").touch()
    job = workspace.batch(heavy, [numbers(2)]).wait(300)
    names = [
        asset["name"]
        for asset in workspace.job_document(job.id)["model"]["storedModel"]["modelAssets"]
    ]
    again = workspace.job_rerun(job.id).wait(300)

    assert "weights.bin" in names
    assert workspace.job_differences(again) == ()
