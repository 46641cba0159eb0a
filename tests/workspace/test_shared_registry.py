"""Two homes, as of two machines, that use one registry: each says which files are the other's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.cli import main
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.errors import BlobError, JobElsewhereError
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Job

pytestmark = pytest.mark.slow

SOURCE = """\
import os, time
# modelop.score
def score(record):
    while not os.path.exists(record["until"]):
        time.sleep(0.01)
    raise ValueError("bad")
"""


@dataclass(frozen=True)
class Two:
    """The home where a job runs that waits for a file, another home, and the file."""

    here: Workspace
    there: Workspace
    job: Job
    gate: Path


@pytest.fixture
def two(tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    """Two homes with a registry beside them."""
    monkeypatch.chdir(tmp_path)
    settings = []
    for name in ("here", "there"):
        home = tmp_path / name
        (home / "jobs").mkdir(parents=True)
        (home / "environments").symlink_to(environments)
        settings.append(Settings(home, f"sqlite:///{tmp_path / 'team.db'}"))
    gate = tmp_path / "gate"
    (tmp_path / "m.py").write_text(SOURCE)
    (tmp_path / "in.json").write_text(f'{{"until": "{gate}"}}\n')
    with Workspace(settings[0]) as here, Workspace(settings[1]) as there:
        here.register("m", "m.py")
        job = here.batch("m", "in.json")
        yield Two(here, there, job, gate)
        gate.touch()
        job.wait(300)


def test_a_job_that_runs_elsewhere_is_not_ended_by_who_looks(two: Two) -> None:
    """Issue 12, G1: its supervisor is on another machine, and will say how it ends."""
    looked = two.there.job(two.job.id).status
    listed = [each.status for each in two.there.jobs()]
    two.gate.touch()
    two.job.wait(300)

    assert not looked.is_done
    assert [each.is_done for each in listed] == [False]
    assert two.there.job(two.job.id).status is JobStatus.COMPLETE


VERBS: dict[str, Callable[[Workspace, str], object]] = {
    "cancel": lambda workspace, job: workspace.job(job).cancel(),
    "follow": lambda workspace, job: list(workspace.job(job).follow()),
    "log page": lambda workspace, job: workspace.log_after(job, None),  # type: ignore[arg-type]
    "error page": lambda workspace, job: workspace.error_page(job),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_needs_a_jobs_files_says_where_they_are(two: Two, verb: str) -> None:
    """Issue 12, G1: nothing is shown as empty that is only elsewhere."""
    with pytest.raises(JobElsewhereError, match=f"but in {two.here.settings.home} on "):
        VERBS[verb](two.there, two.job.id)


@pytest.mark.parametrize("verb", ["log", "errors", "retry"])
def test_the_verbs_of_a_job_that_has_ended_say_it_too(
    two: Two, verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Issue 12, G1: `job log` printed nothing."""
    two.gate.touch()
    two.job.wait(300)
    monkeypatch.setenv("MODELOP_HOME", str(two.there.settings.home))
    monkeypatch.setenv("MODELOP_REGISTRY_URL", two.there.settings.registry_url)
    code = main(["job", verb, two.job.id])

    assert code == 1
    assert "are not in this home, but in" in capsys.readouterr().err
    assert "are not in this home, but in" in str(two.there.job(two.job.id).hint)


def test_a_model_of_another_home_is_listed_and_says_so(two: Two) -> None:
    """Issue 12, G1: with a registry by URL that is the normal case, and no damage."""
    (row,) = two.there.overview().models

    assert row.environment is not None
    assert row.environment.failure is not None
    assert "is not in this home" in row.environment.failure.reason
    with pytest.raises(BlobError, match="Set MODELOP_HOME to the home it was registered from"):
        two.there.show("m")


def test_clearing_up_leaves_the_jobs_of_other_homes(two: Two) -> None:
    """Issue 12, G1: they are theirs to remove."""
    two.gate.touch()
    two.job.wait(300)
    cleared = two.there.job_gc(older=0.0)

    assert [each.name for each in cleared.cleared if each.kind == "job"] == []
    assert two.there.job(two.job.id).status is JobStatus.COMPLETE
