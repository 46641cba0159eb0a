"""``repair`` puts on the list again what the home tells of (issue 11)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobResult, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.repairs import Repair
from modelop_jupyter.errors import RegistryError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.settings import Settings

MOMENT = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
END = Outcome(JobStatus.COMPLETE, JobResult.SUCCESS, MOMENT, MOMENT, Counts(3, 3, 0, 0, 3))


def run(workspace: Workspace, job: str, *, outcome: Outcome | None = END) -> None:
    """Leave on disk and in the registry what a job of ``double`` leaves, without its runner."""
    model, snapshot = workspace.models.resolve_snapshot("double")
    plan = Plan(
        id=job,
        kind=JobKind.BATCH,
        model=model,
        snapshot=snapshot,
        inputs=(JobInput("in.json", "/data/in.json", "json"),),
        output=OutputTarget("output.json", "json"),
        created=MOMENT.timestamp(),
        parameters={"k": 1},
    )
    folder = JobFolder(workspace.settings.jobs / job)
    folder.create()
    folder.write(plan)
    workspace.registry.add_job(plan.record)
    if outcome is not None:
        folder.write(outcome)
        workspace.registry.finish_job(outcome.applied_to(plan.record))


def everything(workspace: Workspace) -> list[object]:
    """Return all rows as nouns."""
    registry = workspace.registry
    models = registry.list_models()
    snapshots = [registry.list_snapshots(model.name) for model in models]
    return [models, snapshots, registry.list_jobs(limit=None)]


@pytest.fixture
def settings(workspace: Workspace) -> Settings:
    return workspace.settings


@pytest.fixture
def worked(workspace: Workspace, model: str) -> Workspace:
    """A home with two jobs on two snapshots."""
    run(workspace, "job-1")
    Path("libs.txt").write_text("six")
    workspace.asset_add(model, "libs.txt")
    run(workspace, "job-2", outcome=dataclasses.replace(END, result=JobResult.FAILURE))
    return workspace


@pytest.fixture
def emptied(worked: Workspace, settings: Settings) -> Iterator[Workspace]:
    """The same home as another process finds it when its registry is an empty file."""
    worked.close()
    for path in settings.home.glob("registry.db*"):
        path.unlink()
    (settings.home / "registry.db").touch()
    with Workspace(settings) as workspace:
        yield workspace


def test_an_emptied_registry_is_as_it_was(worked: Workspace, settings: Settings) -> None:
    """Models, snapshots and jobs are told whole by their jobs."""
    before = everything(worked)
    worked.close()
    (settings.home / "registry.db").unlink()
    with Workspace(settings) as workspace:
        found = workspace.repair()
        after = everything(workspace)

    assert after == before
    assert (found.models, found.snapshots) == (("double",), ("double@1", "double@2"))
    assert (sorted(found.jobs), found.left_out, found.missing) == (["job-1", "job-2"], (), ())


def test_every_other_verb_says_what_to_do(emptied: Workspace) -> None:
    """It is not taken for a new home."""
    with pytest.raises(RegistryError, match=r"has 2 jobs\. 'modelop repair' rebuilds it"):
        emptied.models()


def test_a_second_repair_finds_nothing(emptied: Workspace) -> None:
    """It can be done at any time."""
    emptied.repair()

    assert emptied.repair() == Repair()


def test_what_is_on_the_list_stays_as_it_is(worked: Workspace, model: str) -> None:
    """A job knows an older state of the model."""
    Path("more.txt").write_text("more")
    worked.asset_add(model, "more.txt")
    before = everything(worked)
    found = worked.repair()

    assert everything(worked) == before
    assert found.is_whole


def test_a_job_that_is_not_on_the_list_is_taken_up(worked: Workspace) -> None:
    """Its submitter may have been killed; nobody runs it, and so it ended."""
    folder = JobFolder(worked.settings.jobs / "job-3")
    folder.create()
    plan = JobFolder(worked.settings.jobs / "job-2").require(Plan)
    folder.write(dataclasses.replace(plan, id="job-3"))

    assert worked.repair().jobs == ("job-3",)
    assert worked.job("job-3").record.status is JobStatus.ERROR


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("plan.json", None, "it has no plan.json"),
        ("plan.json", "{", "its plan.json cannot be read"),
        ("plan.json", "[]", "its plan.json cannot be read"),
        ("plan.json", '{"id": "job-1"}', "its plan.json cannot be read"),
        ("outcome.json", "{", "its outcome.json cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_named(
    emptied: Workspace, settings: Settings, file: str, text: str | None, reason: str
) -> None:
    """The other job is taken up all the same."""
    damaged = settings.jobs / "job-1" / file
    damaged.write_text(text or "")
    Path(damaged if text is None else settings.jobs / "none").unlink(missing_ok=True)
    (settings.jobs / "job-1" / "outcome.json").unlink(missing_ok=file != "outcome.json")
    damaged.write_text(text) if text else None
    found = emptied.repair()

    assert [(each.name, each.reason) for each in found.left_out] == [("job-1", reason)]
    assert "job-2" in found.jobs


def test_a_number_that_means_something_else_is_not_given_twice(
    worked: Workspace, settings: Settings
) -> None:
    """A home that was begun anew in spite of its jobs has another double@1."""
    worked.close()
    (settings.home / "registry.db").unlink()
    settings.jobs.rename(settings.home / "aside")
    Path("double.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    with Workspace(settings) as workspace:
        workspace.register("double", "double.py")
        workspace.snapshot("double")
        (settings.home / "aside").rename(settings.jobs)
        found = workspace.repair()

    assert [each.reason for each in found.left_out] == ["double@1 now has other content"]
    assert (found.snapshots, found.jobs) == (("double@2",), ("job-2",))


def test_missing_content_is_named(emptied: Workspace, worked: Workspace, model: str) -> None:
    """The list is whole, a file behind it is not."""
    emptied.repair()
    asset = next(each for each in emptied.asset_list(model) if each.path == "libs.txt")
    emptied.blobs.path(asset.digest).unlink()
    found = emptied.repair()

    assert [(each.owner, each.path) for each in found.missing] == [("double@2", "libs.txt")]


def test_stored_files_of_nobody_are_counted(worked: Workspace) -> None:
    """What they were called, nothing tells."""
    worked.blobs.put(b"somebody's")

    assert worked.repair().unclaimed == 1
