"""Jobs removed one by one, by age and by quota: what goes, what stays, and why."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.job_states import StateKind
from modelop_jupyter.domain.jobs import JobResult, JobStatus
from modelop_jupyter.errors import ConflictError, InvalidError, JobNotFoundError
from modelop_jupyter.jobs.cleanup.orphans import record_submission
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.settings import Settings
from tests.workspace.jobs import numbers, register, when_supervisors_are_gone

pytestmark = pytest.mark.slow

DAY = 86400.0
METRICS = "import json\n# modelop.metrics\ndef metrics(data):\n    yield {'auc': 0.5}\n"


@pytest.fixture
def done(workspace: Workspace, model: str) -> Job:
    """A job that has come to its end, with its output at a path of the user's."""
    return workspace.batch(model, [numbers(3)], output="out.json").wait(300)


def aged(workspace: Workspace, job: Job, days: float) -> None:
    """Let a job have ended some days ago."""
    record = job.record
    assert record.ended is not None
    workspace.registry.remove_job(job.id)
    workspace.registry.add_job(replace(record, ended=record.ended - timedelta(days=days)))


def on_record(workspace: Workspace) -> set[str]:
    return {record.id for record in workspace.registry.list_jobs(limit=None)}


def held(gate: Path) -> str:
    """Return the body of a score function that waits until a file is there."""
    return f"while not os.path.exists({str(gate)!r}):\n    time.sleep(0.01)\nreturn r"


def test_a_removed_job_is_gone_and_the_users_output_is_not(workspace: Workspace, done: Job) -> None:
    """The row, the folder and what it held; what lies elsewhere is the user's."""
    cleared = workspace.job_remove(done.id[:8])

    assert [(each.kind, each.name) for each in cleared.cleared] == [("job", done.id[:8])]
    assert cleared.freed > 0
    assert not done.folder.root.exists()
    assert Path("out.json").read_text().count("\n") == 3
    with pytest.raises(JobNotFoundError):
        workspace.job(done.id)


def test_a_running_job_is_not_removed(workspace: Workspace, tmp_path: Path) -> None:
    """It is cancelled first."""
    job = workspace.batch(register(workspace, held(tmp_path / "gate")), [numbers(1)])
    with pytest.raises(ConflictError, match="it runs") as refused:
        workspace.job_remove(job.id)
    spared = workspace.job_gc(older=0, quota=0).spared
    (tmp_path / "gate").touch()

    assert "job cancel" in str(refused.value.hint)
    assert [(each.name, each.reason) for each in spared] == [(job.id[:8], "it runs")]
    assert job.wait(300).result is JobResult.SUCCESS


def test_a_pinned_job_stays_until_it_is_unpinned(workspace: Workspace, done: Job) -> None:
    """As a pinned environment does."""
    workspace.job_pin(done.id)
    spared = workspace.job_gc(older=0, quota=0).spared
    with pytest.raises(ConflictError, match="it is pinned"):
        workspace.job_remove(done.id)
    workspace.job_unpin(done.id)
    workspace.job_remove(done.id)

    assert [each.reason for each in spared] == ["it is pinned"]
    assert on_record(workspace) == set()


def test_of_several_jobs_all_go_or_none(workspace: Workspace, model: str, done: Job) -> None:
    """A refusal in the middle would leave half of what was asked for."""
    other = workspace.batch(model, [numbers(1)]).wait(300)
    workspace.job_pin(other.id)
    with pytest.raises(ConflictError):
        workspace.job_remove(done.id, other.id)

    assert on_record(workspace) == {done.id, other.id}


def test_a_job_stays_while_one_that_is_made_of_it_runs(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Bad records that are scored again go into the first job's output when they are done."""
    gate = tmp_path / "gate"
    body = f"if r['x'] == 1 and not os.path.exists({str(gate)!r}):\n    raise ValueError\n" + (
        f"while r['x'] == 1 and not os.path.exists({str(gate) + '2'!r}):\n    time.sleep(0.01)\nreturn r"
    )
    first = workspace.batch(register(workspace, body), [numbers(3)]).wait(300)
    gate.touch()
    again = workspace.job_retry(first.id, failed=True)
    with pytest.raises(
        ConflictError, match=f"job {again.id[:8]} is a retry or rerun of it and still runs"
    ):
        workspace.job_remove(first.id)
    spared = workspace.job_gc(older=0).spared
    (tmp_path / "gate2").touch()
    again.wait(300)
    workspace.job_remove(first.id)

    assert f"job {again.id[:8]} is a retry or rerun of it and still runs" in [
        each.reason for each in spared
    ]
    assert again.output is not None
    assert again.output.read_text().count("\n") == 3


def test_a_job_that_a_rerun_is_compared_with_goes_only_by_name(
    workspace: Workspace, done: Job
) -> None:
    """Clearing up keeps the comparison; whoever names the job is told what is lost."""
    again = workspace.job_rerun(done.id).wait(300)
    aged(workspace, done, 40)
    spared = workspace.job_gc(older=30 * DAY).spared
    cleared = workspace.job_remove(done.id).cleared

    assert [each.reason for each in spared] == [
        f"job {again.id[:8]} runs it again and is compared with it"
    ]
    assert "is compared with it" in cleared[0].note
    assert workspace.job_differences(again) is None


def test_old_jobs_go_with_those_made_of_them(workspace: Workspace, done: Job) -> None:
    """The newer one is the reason why the older one stayed."""
    again = workspace.job_rerun(done.id).wait(300)
    aged(workspace, done, 50)
    aged(workspace, again, 40)
    cleared = _gc(workspace, older=30 * DAY)

    assert {each.name for each in cleared} == {done.id[:8], again.id[:8]}
    assert on_record(workspace) == set()


def _gc(workspace: Workspace, **limits: float) -> list[object]:
    when_supervisors_are_gone(workspace)
    done = workspace.job_gc(**limits)
    assert done.spared == ()
    return list(done.cleared)


def test_filters_choose_what_goes_and_a_pinned_job_stays(workspace: Workspace, done: Job) -> None:
    """Of any age; a job that has not all of it, and one that is pinned, are kept."""
    source = Path("tagged.py")
    source.write_text("# modelop.score\ndef score(r):\n    yield r\n")
    workspace.register("tagged", source, tags=["fraud"])
    jobs = [workspace.batch("tagged", [numbers(1)]).wait(300) for _ in range(2)]
    when_supervisors_are_gone(workspace)
    workspace.job_pin(jobs[0].id)
    created = jobs[0].record.created

    assert workspace.job_gc(tag="fraud", before=created, dry_run=True).cleared == ()
    cleared = workspace.job_gc(tag="fraud", states=[StateKind.SUCCEEDED])

    assert [each.name for each in cleared.cleared] == [jobs[1].id[:8]]
    assert [each.reason for each in cleared.spared] == ["it is pinned"]
    assert on_record(workspace) == {done.id, jobs[0].id}


def test_the_oldest_jobs_beyond_the_quota_go(workspace: Workspace, model: str) -> None:
    """The newest stay as long as there is room."""
    jobs = [workspace.batch(model, [numbers(1)]).wait(300) for _ in range(3)]
    when_supervisors_are_gone(workspace)
    dry = workspace.job_gc(quota=0, dry_run=True)
    there = on_record(workspace)
    done = workspace.job_gc(quota=dry.before - 1)

    assert len(there) == len(dry.cleared) == 3
    assert [each.name for each in done.cleared] == [jobs[0].id[:8]]
    assert done.after == dry.before - done.freed
    assert done.before == dry.before


def test_without_limits_those_of_the_settings_count(
    workspace: Workspace, done: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MODELOP_JOBS_OLDER and MODELOP_JOBS_QUOTA; a word that is neither removes nothing."""
    aged(workspace, done, 2)
    when_supervisors_are_gone(workspace)
    kept = workspace.job_gc(dry_run=True)
    monkeypatch.setenv("MODELOP_HOME", str(workspace.settings.home))
    monkeypatch.setenv("MODELOP_JOBS_OLDER", "1d")
    with Workspace(Settings.from_environment()) as other:
        gone = other.job_gc(dry_run=True)
    monkeypatch.setenv("MODELOP_JOBS_OLDER", "often")
    with Workspace(Settings.from_environment()) as other, pytest.raises(InvalidError):
        other.job_gc()

    assert (kept.older, kept.quota, kept.cleared) == (30 * DAY, 5 * 10**9, ())
    assert [each.name for each in gone.cleared] == [done.id[:8]]


def test_metrics_stay_in_the_history_of_what_is_cleared_away(workspace: Workspace) -> None:
    """Nothing is lost silently: a job removed by name says that its metrics go."""
    Path("m.py").write_text(METRICS)
    workspace.register("m", "m.py")
    first = workspace.metrics("m", [numbers(2)]).wait(300)
    second = workspace.metrics("m", [numbers(2)]).wait(300)
    when_supervisors_are_gone(workspace)
    aged(workspace, first, 40)
    workspace.job_gc(older=30 * DAY)
    both = workspace.history("m", "auc").measurements
    note = workspace.job_remove(second.id).cleared[0].note
    one = workspace.history("m", "auc").measurements

    assert [(each.job.id, each.value, each.is_removed) for each in both] == [
        (first.id, 0.5, True),
        (second.id, 0.5, False),
    ]
    assert "its metrics leave 'history m'" in note
    assert [each.job.id for each in one] == [first.id]


def test_a_job_whose_folder_is_gone_says_so_and_can_be_removed(
    workspace: Workspace, done: Job
) -> None:
    """Somebody may clear the folder by hand."""
    when_supervisors_are_gone(workspace)
    subprocess.run(["rm", "-r", str(done.folder.root)], check=True)
    hint = done.hint
    workspace.job_remove(done.id)

    assert hint is not None
    assert f"job remove {done.id[:8]}" in hint
    assert on_record(workspace) == set()


def test_a_job_stays_while_another_one_is_being_made_of_it(workspace: Workspace, done: Job) -> None:
    """A retry copies what the job holds before it is on record itself."""
    when_supervisors_are_gone(workspace)
    with record_submission(workspace.settings.submissions, "22222222-0000", origin=done.id):
        with pytest.raises(
            ConflictError, match="job 22222222, a retry or rerun of it, is being submitted"
        ):
            workspace.job_remove(done.id)
        spared = workspace.job_gc(older=0).spared

    assert [each.reason for each in spared] == ["a retry or rerun of it is being submitted"]
    assert workspace.job_remove(done.id).freed > 0


def test_several_processes_that_clear_up_at_once_remove_each_job_once(
    workspace: Workspace, model: str
) -> None:
    """Both are told the truth, and nothing is left between them."""
    ids = {workspace.batch(model, [numbers(1)]).wait(300).id[:8] for _ in range(4)}
    when_supervisors_are_gone(workspace)
    # However long the other one takes.
    code = (
        "from modelop_jupyter import Workspace\n"
        "from modelop_jupyter.errors import ConflictError\n"
        "while True:\n"
        "    try: done = Workspace().job_gc(older=0)\n"
        # The other one has not finished within a few seconds, and this one is told to try again.
        "    except ConflictError: continue\n"
        "    break\n"
        "print(*(each.name for each in done.cleared))"
    )
    environment = {**os.environ, **workspace.settings.variables}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = b" ".join(process.communicate()[0] for process in both).decode().split()

    assert [process.returncode for process in both] == [0, 0]
    assert sorted(said) == sorted(ids)
    assert on_record(workspace) == set()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_removal_that_is_killed_is_finished_or_never_began(
    workspace: Workspace, done: Job, moment: str
) -> None:
    """The folder goes first and the row last: what is in between is a grave."""
    when_supervisors_are_gone(workspace)
    code = f"from modelop_jupyter import Workspace; Workspace().job_remove({done.id!r})"
    environment = {
        **os.environ,
        **workspace.settings.variables,
        "MODELOP_FAULT": f"{done.id}:1:{moment}",
    }
    killed = subprocess.run([sys.executable, "-c", code], env=environment)
    rows = {record.id: record.status for record in workspace.jobs()}
    workspace.overview()

    assert killed.returncode != 0
    assert rows == {done.id: JobStatus.COMPLETE}
    assert (done.id in on_record(workspace)) == done.folder.root.exists() == (moment == "before")
    assert not list((workspace.settings.jobs / ".removed").glob("*"))


def test_nothing_outside_of_the_home_is_removed_through_a_link(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A model may put links to anything into its working directory."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "dear.txt").write_text("x")
    body = f"os.symlink({str(outside)!r}, 'link')\nos.mkdir('locked', 0)\nreturn r"
    job = workspace.batch(register(workspace, body), [numbers(1)]).wait(300)
    workspace.job_remove(job.id)

    assert (outside / "dear.txt").exists()
    assert not job.folder.root.exists()
