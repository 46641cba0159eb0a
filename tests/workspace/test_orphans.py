"""What killed processes leave among the jobs: taken up, or removed by whoever comes next."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.registry import Registry
from tests.workspace.jobs import numbers, when_supervisors_are_gone
from tests.workspace.test_removing_jobs import on_record

pytestmark = pytest.mark.slow


def submit_and_die(workspace: Workspace, model: str, fault: str) -> None:
    """Submit a job in a process that is killed at a rename."""
    code = f"from modelop_jupyter import Workspace; Workspace().batch({model!r}, [{numbers(1)!r}])"
    environment = {**os.environ, **workspace.settings.variables, "MODELOP_FAULT": fault}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode < 0


def folders(workspace: Workspace) -> set[str]:
    return {path.name for path in workspace.settings.jobs.iterdir() if path.name[0] != "."}


def let_be_old(path: Path) -> None:
    """Let nobody have written to a folder for a long time."""
    then = time.time() - 3600
    for each in (*path.iterdir(), path):
        os.utime(each, (then, then), follow_symlinks=False)


@pytest.fixture
def done(workspace: Workspace, model: str) -> Job:
    """A job that has come to its end, and nobody is in charge of it any more."""
    job = workspace.batch(model, [numbers(3)], output="out.json").wait(300)
    when_supervisors_are_gone(workspace)
    return job


@pytest.mark.parametrize(
    "fault",
    [
        "staged.json:1:before",
        "job.json:1:after",
        "request.json:1:before",
        "digests.json:1:after",
        "plan.json:1:before",
        "plan.json:1:after",
        "start.json:1:before",
        "start.json:1:after",
    ],
)
def test_the_folder_of_a_killed_submission_goes_with_the_next_one(
    workspace: Workspace, model: str, fault: str
) -> None:
    """60 killed submitters left 28 folders behind (number 10)."""
    submit_and_die(workspace, model, fault)
    left = folders(workspace)
    job = workspace.batch(model, [numbers(1)]).wait(300)

    assert len(left) == 1
    assert folders(workspace) == on_record(workspace) == {job.id}
    assert list(workspace.settings.submissions.iterdir()) == []


def test_an_overview_clears_up_as_well(workspace: Workspace, model: str) -> None:
    """Whoever only looks need not submit anything."""
    submit_and_die(workspace, model, "plan.json:1:after")
    workspace.overview()

    assert folders(workspace) == set()


def test_a_submission_that_goes_on_is_left_alone(workspace: Workspace, model: str) -> None:
    """Its folder has no record either, for a while."""
    home = workspace.settings
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as submitter:
        folder = home.jobs / "11111111-0000-4000-8000-000000000000"
        folder.mkdir(parents=True)
        let_be_old(folder)
        note = (
            "import json, os, socket, sys; from modelop_jupyter.processes import start_time;"
            f"pid = {submitter.pid}; print(json.dumps(dict(pid=pid, began=start_time(pid),"
            " origin=None, host=socket.gethostname())))"
        )
        said = subprocess.run([sys.executable, "-c", note], capture_output=True, check=True).stdout
        home.submissions.mkdir()
        (home.submissions / folder.name).write_bytes(said)
        workspace.job_gc(older=0, quota=0)
        workspace.overview()
        is_there = folder.is_dir()
        submitter.communicate(b"\n")
    workspace.overview()

    assert is_there
    assert not folder.exists()


def test_a_folder_without_note_or_record_goes_when_it_is_old(workspace: Workspace) -> None:
    """Submitters of an earlier version leave no note; who has just begun may still be there."""
    new, old = (workspace.settings.jobs / f"{n}{n}" for n in "12")
    for path in (new, old):
        path.mkdir(parents=True)
    let_be_old(old)
    cleared = workspace.job_gc().cleared

    assert [(each.kind, each.name) for each in cleared] == [("unrecorded job", "22")]
    assert folders(workspace) == {"11"}


def test_a_job_that_was_begun_and_is_not_on_record_is_taken_up(
    workspace: Workspace, done: Job
) -> None:
    """Its folder says everything: what was asked for, and how it ended."""
    workspace.registry.remove_job(done.id)
    let_be_old(done.folder.root)
    dry = workspace.job_gc(dry_run=True)
    before = on_record(workspace)
    workspace.job_gc()
    found = workspace.job(done.id)

    assert dry.cleared == ()
    assert before == set()
    assert (found.status, found.counts.scored) == (JobStatus.COMPLETE, 3)


def test_a_job_of_another_registry_is_left_alone(workspace: Workspace, done: Job) -> None:
    """A home may have changed its registry; a model of the same name is not the same model."""
    for path in workspace.settings.home.glob("registry.db*"):
        path.unlink()
    # Made by hand, as another program would: we do not take a home with jobs for a new one.
    with Registry.open(
        workspace.settings.registry_url, workspace.settings.home, begins_anew=True
    ) as begun:
        begun.close()
    with Workspace(workspace.settings) as other:
        other.register("double", "double.py")
        other.registry.take_snapshot("double", now=done.record.created)
        let_be_old(done.folder.root)
        found = other.job_gc(older=0, quota=0)

    assert [(each.name, each.reason) for each in found.spared] == [
        (done.id[:8], "it is not on record, and its model is not in this registry")
    ]
    assert done.folder.root.is_dir()


def test_what_a_killed_job_left_beside_the_output_goes(
    workspace: Workspace, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output itself, and other hidden files there, are nobody's business."""
    monkeypatch.setenv("MODELOP_FAULT", "out.json:2:before")
    Path("out.json").write_text("mine")
    killed = workspace.batch(model, [numbers(1)], output="out.json").wait(300)
    monkeypatch.delenv("MODELOP_FAULT")
    left = list(Path().glob(".modelop-*.part"))
    Path(".modelop-00000000-aaaaaaaaaaaa.part").touch()
    Path(f".modelop-{killed.id[:8]}-bbbbbbbbbbbb.part").symlink_to("out.json")
    cleared = workspace.job_gc().cleared

    assert killed.status is JobStatus.ERROR
    assert len(left) == 1
    assert "unfinished output" in [each.kind for each in cleared]
    assert not left[0].exists()
    assert len(list(Path().glob(".modelop-*.part"))) == 2
    assert Path("out.json").read_text() == "mine"


def test_what_ended_jobs_hold_for_nobody_goes(workspace: Workspace, done: Job) -> None:
    """Workers' folders half removed, unfinished files, and files of a job killed before its end."""
    (done.folder.root / "workers.done" / "0").mkdir(parents=True)
    (done.folder.root / ".modelop-aaaaaaaaaaaa.part").write_text("half")
    shutil.copy("double.py", done.folder.work)
    kinds = sorted(each.kind for each in workspace.job_gc().cleared)

    assert kinds == ["unchanged files", "unfinished file", "workers' folders"]
    assert not (done.folder.work / "double.py").exists()
    assert workspace.job_gc().cleared == ()
    assert workspace.job_rerun(done.id).wait(300).status is JobStatus.COMPLETE
