"""Homes that are not as they were made: each is a sentence, and what can be read is (issue 11)."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobResult, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import HomeError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.settings import Settings

MOMENT = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
END = Outcome(JobStatus.COMPLETE, JobResult.SUCCESS, MOMENT, MOMENT, Counts(1, 1, 0, 0, 1))


@contextlib.contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Make a folder read-only with all in it: root may write whatever the modes say, but not there."""
    if os.geteuid() == 0:
        mount = ["mount", "--bind", str(folder), str(folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("root, but not allowed to mount")
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(0o755)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Workspace]:
    """A home with a model and two jobs that have ended, one of them not on record yet, all read-only."""
    home = tmp_path / "home"
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}")
    source = tmp_path / "double.py"
    source.write_text("# modelop.score\ndef score(record):\n    yield record\n")
    with Workspace(settings) as workspace:
        workspace.register("double", source)
        model, snapshot = workspace.models.resolve_snapshot("double")
        plan = Plan(
            id="job-1",
            kind=JobKind.BATCH,
            model=model,
            snapshot=snapshot,
            inputs=(JobInput("in.json", "/data/in.json", "json"),),
            output=OutputTarget("output.json", "json"),
            created=MOMENT.timestamp(),
        )
        folder = JobFolder(settings.jobs / "job-1")
        folder.create()
        folder.write(plan)
        folder.write(END)
        folder.log("info", "scored")
        workspace.registry.add_job(plan.record)
        workspace.registry.finish_job(END.applied_to(plan.record))
        late = JobFolder(settings.jobs / "late-1")
        late.create()
        late.write(END)
        workspace.registry.add_job(dataclasses.replace(plan.record, id="late-1"))
        dead = JobFolder(settings.jobs / "dead-1")
        dead.create()
        dead.write(dataclasses.replace(plan, id="dead-1"))
        dead.write(SupervisorProcess(2**22 - 1, 1.0))
        workspace.registry.add_job(dataclasses.replace(plan.record, id="dead-1"))
    with frozen(home), Workspace(settings) as workspace:
        yield workspace


@pytest.mark.parametrize(
    "look",
    [
        lambda home: home.overview(),
        lambda home: home.models(),
        lambda home: home.show("double"),
        lambda home: home.asset_list("double"),
        lambda home: home.snapshots("double"),
        lambda home: home.stored_model("double@1"),
        lambda home: home.requirements("double"),
        lambda home: home.env_list(),
        lambda home: home.jobs(),
        lambda home: home.job("job-1").messages,
        lambda home: home.job("job-1").counts,
        lambda home: home.job("job-1").errors(),
        lambda home: home.job("job-1").log(),
        lambda home: home.job_document("job-1"),
        lambda home: home.job("late-1").record,
        lambda home: home.export("double", home.settings.home.parent / "out.zip"),
    ],
)
def test_a_read_only_home_can_be_read(
    read_only: Workspace, look: Callable[[Workspace], Any]
) -> None:
    """A backup, an image of a container, another user's home."""
    assert look(read_only) is not None


def test_the_end_of_a_dead_job_is_told_where_nobody_can_write_it(read_only: Workspace) -> None:
    """Its supervisor is gone; that the home is read-only is not what is wrong with the job."""
    record = read_only.job("dead-1").record

    assert record.status is JobStatus.ERROR
    assert record.error is not None
    assert record.error.code == "supervisor_died"


@pytest.mark.parametrize(
    "change",
    [
        lambda home: home.register("double", description="another"),
        lambda home: home.asset_role("double", "double.py", "Unknown"),
        lambda home: home.remove("double"),
        lambda home: home.batch("double", [home.settings.home.parent / "double.py"]),
        lambda home: home.repair(),
    ],
)
def test_what_would_change_a_read_only_home_says_why_it_cannot(
    read_only: Workspace, change: Callable[[Workspace], Any]
) -> None:
    """One sentence, whatever writes first."""
    with pytest.raises(HomeError, match=r"(?i)not writable|permission denied|read-only"):
        change(read_only)


@pytest.mark.parametrize("name", ["jobs", "blobs", "environments"])
@pytest.mark.parametrize(
    "verb",
    [
        lambda home: home.overview(),
        lambda home: home.register("plain", "plain.py"),
        lambda home: home.batch("plain", "in.json"),
        lambda home: home.env_list(),
    ],
)
def test_a_file_in_the_place_of_a_folder_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    verb: Callable[[Workspace], Any],
) -> None:
    """Each verb that meets it says which, and what to do."""
    monkeypatch.chdir(tmp_path)
    Path("plain.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    Path("in.json").write_text("{}")
    home = tmp_path / "home"
    home.mkdir()
    (home / name).write_text("")
    with (
        Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace,
        pytest.raises(HomeError, match=rf"home/{name} cannot be used: it is not a folder"),
    ):
        verb(workspace)
