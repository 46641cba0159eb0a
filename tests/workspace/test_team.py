"""A registry for a team: two homes, as of two machines, with PostgreSQL and shared blobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.cli import main
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.repairs import Sharing
from modelop_jupyter.errors import (
    BlobError,
    ConflictError,
    InputError,
    JobElsewhereError,
    ModelNotFoundError,
    SharedFilesError,
)
from modelop_jupyter.jobs.supervision.ownership import is_in_charge
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Job

from ..object_store import ObjectStore
from ..postgres import Postgres
from ..waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

SOURCE = """\
import json
# modelop.init
def begin():
    global factor
    factor = json.load(open("weights.json"))
# modelop.score
def score(record):
    print("scoring", record["x"])
    yield 12 // record["x"] * factor
"""
METRICS = """\
# modelop.metrics
def metrics(frame):
    yield {"rows": len(frame)}
"""


@dataclass(frozen=True)
class Team:
    """Two homes, and how to open one otherwise than they were."""

    here: Workspace
    there: Workspace
    folder: Path

    def job(self, **options: object) -> Job:
        """A job that has ended in the other home, with all that its supervisor has done for it."""
        job = self.there.batch("m", "in.json", output="out.json", **options)  # type: ignore[arg-type]
        return ended(job)


def ended(job: Job) -> Job:
    """Wait for the end of a job and of its supervisor, which shares its files last."""
    job.wait(PATIENCE)
    wait_until(lambda: not is_in_charge(job.folder))
    return job


@pytest.fixture
def open_team(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Team]]:
    """Make two homes with a database, and a model registered in the first."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.py").write_text(SOURCE)
    (tmp_path / "weights.json").write_text("3")
    (tmp_path / "in.json").write_text('{"x": 4}\n{"x": 0}\n{"x": 6}\n')
    opened: list[Workspace] = []

    def make(url: str, blobs_url: str | None, **more: str) -> Team:
        for name in ("here", "there"):
            home = tmp_path / name
            home.mkdir()
            (home / "environments").symlink_to(environments)
            opened.append(Workspace(Settings(home, url, blobs_url=blobs_url, **more)))  # type: ignore[arg-type]
        opened[0].register("m", "m.py", assets=["weights.json"])
        return Team(opened[0], opened[1], tmp_path)

    yield make
    for workspace in opened:
        workspace.close()


@pytest.fixture
def team(open_team: Callable[..., Team], tmp_path: Path) -> Team:
    """Two homes with a folder that both see."""
    return open_team(f"sqlite:///{tmp_path / 'team.db'}", f"file://{tmp_path / 'shared'}")


def test_what_one_machine_registers_another_runs_and_the_first_reads(
    open_team: Callable[..., Team],
    postgres: Postgres,
    object_store: ObjectStore,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Issue 14: two machines see the same models, snapshots and finished jobs' documents."""
    team = open_team(postgres.new(), f"s3://{bucket}/team")
    job = team.job()
    (team.folder / "out.json").unlink()
    seen = team.here.job(job.id)
    monkeypatch.setenv("MODELOP_HOME", str(team.here.settings.home))
    monkeypatch.setenv("MODELOP_REGISTRY_URL", team.here.settings.registry_url)
    monkeypatch.setenv("MODELOP_BLOBS_URL", f"s3://{bucket}/team")
    codes = [main(["job", verb, job.id]) for verb in ("show", "log", "errors", "export")]
    shown = capsys.readouterr().out

    assert codes == [0, 0, 0, 0]
    assert "ZeroDivisionError" in shown
    assert "MODEL-CONSOLE: scoring 6" in shown
    assert '"jobStatus": "COMPLETE"' in shown
    assert list(seen.records()) == [9, 6]
    assert seen.outputs[1].read_text() == "9\n6\n"
    assert team.here.record_page(job.id).rows == (9, 6)
    assert [error.index for error in seen.errors()] == [1]
    assert [error.index for error in team.here.error_page(job.id).rows] == [1]
    assert seen.plan == job.plan
    assert seen.outcome == job.outcome
    assert f"It ran in {team.there.settings.home} on " in str(seen.hint)
    assert f"copies from s3://{bucket}/team" in str(seen.hint)


def test_the_metrics_of_another_home_are_in_the_history(team: Team) -> None:
    """They are read from what the runner has left."""
    (team.folder / "rows.csv").write_text("x\n1\n2\n")
    (team.folder / "counter.py").write_text(METRICS)
    team.there.register("counter", "counter.py")
    job = ended(team.there.metrics("counter", "rows.csv"))

    assert [each.value for each in team.here.history("counter", "rows").measurements] == [2]
    assert team.here.job(job.id).metrics == {"rows": 2}


def test_an_output_in_a_bucket_is_read_in_another_home(
    open_team: Callable[..., Team], tmp_path: Path, object_store: ObjectStore, bucket: str
) -> None:
    """The job has a copy of it, which is shared as any output; the blobs may be elsewhere."""
    team = open_team(f"sqlite:///{tmp_path / 'team.db'}", str(tmp_path / "shared"))
    job = ended(team.there.batch("m", "in.json", output=f"s3://{bucket}/scores.json"))

    assert object_store.get(bucket, "scores.json") == b"9\n6\n"
    assert list(team.here.job(job.id).records()) == list(job.records()) == [9, 6]


def test_a_file_beyond_the_limit_is_only_named(
    open_team: Callable[..., Team], tmp_path: Path
) -> None:
    """Who asks for it is told where it is, and how it can be shared; then it is."""
    team = open_team(
        f"sqlite:///{tmp_path / 'team.db'}", str(tmp_path / "shared"), shared_limit="10000B"
    )
    (team.folder / "in.json").write_text('{"x": 4}\n' * 9000)
    job = team.job()
    (team.folder / "out.json").rename(team.folder / "moved.json")
    seen = team.here.job(job.id)
    with pytest.raises(JobElsewhereError, match=r"18,000 bytes of out\.json"):
        list(seen.records())
    hint = str(seen.hint)
    (team.folder / "moved.json").rename(team.folder / "out.json")
    with Workspace(replace(team.there.settings, shared_limit="1MB")) as larger:
        repaired = larger.repair().sharing
    (team.folder / "out.json").unlink()

    assert "only there: printed.jsonl, console.log, outputs/out.json" in hint
    assert repaired == Sharing(jobs=(job.id,))
    assert len(list(team.here.job(job.id).records())) == 9000


def test_a_registration_whose_files_cannot_be_shared_is_refused(
    open_team: Callable[..., Team], postgres: Postgres, object_store: ObjectStore, bucket: str
) -> None:
    """One sentence, nothing on record, nothing lost: the same again does it."""
    team = open_team(postgres.new(), f"s3://{bucket}/team")
    settings = replace(team.here.settings, blobs_url="s3://not-yet/team")
    with Workspace(settings) as workspace:
        with pytest.raises(SharedFilesError, match="no bucket named 'not-yet'"):
            workspace.register("other", "m.py", assets=["weights.json"])
        with pytest.raises(ModelNotFoundError):
            workspace.show("other")
        object_store.client().create_bucket(Bucket="not-yet")
        workspace.register("other", "m.py", assets=["weights.json"])

        assert workspace.show("other").source == SOURCE


def test_without_the_shared_folder_what_is_here_works(team: Team) -> None:
    """A job runs; its log says that others cannot read it, until repair shares it."""
    team.here.snapshot("m")
    team.here.env_build("m@1")
    away = team.folder / "away"
    (team.folder / "shared").rename(away)
    (team.folder / "shared").write_text("what is there now is no folder")
    job = ended(team.here.batch("m", "in.json"))
    log, hint = job.log(), str(job.hint)
    with pytest.raises(JobElsewhereError, match="were not put to file://"):
        team.there.job(job.id).require_readable()
    (team.folder / "shared").unlink()
    away.rename(team.folder / "shared")
    repaired = team.here.repair().sharing

    assert job.status is JobStatus.COMPLETE
    assert "other homes cannot read the files of this job" in log
    assert "Other homes cannot read its files: 'modelop repair' shares them" in hint
    assert "Other homes" not in str(job.hint)
    assert repaired == Sharing(jobs=(job.id,))
    assert [error.index for error in team.there.job(job.id).errors()] == [1]


def test_repair_shares_again_what_was_damaged_or_is_gone(team: Team) -> None:
    """Whoever finds it damaged says so; the home that has it puts it there anew."""
    job = team.job()
    for path in (team.folder / "shared").glob("*/**/*"):
        if path.is_file():
            path.write_bytes(b"")
    lock = team.here.registry.get_snapshot("m", 1).lock
    assert lock is not None
    with pytest.raises(BlobError, match="is not what was stored"):
        team.here.blobs.read(lock)
    with pytest.raises(JobElsewhereError, match="is not what that home put there"):
        team.here.job(job.id).require_readable()
    repaired = [home.repair().sharing for home in (team.here, team.there)]

    assert [each and each.jobs for each in repaired] == [(), (job.id,)]
    assert [each and each.blobs for each in repaired] == [2, 1]
    assert team.here.job(job.id).errors()[0].index == 1


def test_a_job_takes_its_shared_files_along_and_no_blob(team: Team) -> None:
    """Blobs are never removed: another home may be about to name them."""
    job = team.job()
    shared = team.folder / "shared"
    before = sorted(shared.glob("blobs/*/*"))
    team.here.job(job.id).require_readable()
    with pytest.raises(ConflictError, match=f"it is in {team.there.settings.home} on "):
        team.here.job_remove(job.id)
    team.there.job_remove(job.id)
    cleared = team.here.job_gc()

    assert [path for path in (shared / "jobs").rglob("*") if path.is_file()] == []
    assert sorted(shared.glob("blobs/*/*")) == before
    assert [each.kind for each in cleared.cleared] == ["copies of another home's job"]
    assert list(team.here.settings.fetched.rglob("*")) == []


def test_names_in_the_registry_do_not_lead_out_of_the_home(team: Team) -> None:
    """Whoever can write to the database cannot write files of other machines."""
    job = team.job()
    place, files = team.here.registry.shared_files(job.id) or (None, ())
    assert place is not None
    evil = [replace(file, name="../../../evil") for file in files]
    team.here.registry.share_job(job.record, evil, place)
    with pytest.raises(Exception, match="not a path below"):
        team.here.job(job.id).require_readable()

    assert list(team.folder.rglob("evil")) == []


def test_a_rerun_in_another_home_needs_the_inputs_only(team: Team) -> None:
    """The model comes from the shared blobs, and the two are compared there."""
    job = team.job()
    rerun = ended(team.here.job_rerun(job.id))
    (team.folder / "in.json").unlink()

    assert rerun.counts == job.counts
    assert len(team.here.compare(job.id, rerun.id).jobs) == 2
    with pytest.raises(InputError):
        team.here.job_rerun(job.id)


def test_without_shared_blobs_the_home_that_has_a_file_is_named(
    open_team: Callable[..., Team], tmp_path: Path
) -> None:
    """A database alone says which files are on which machine."""
    team = open_team(f"sqlite:///{tmp_path / 'team.db'}", None)
    with pytest.raises(BlobError, match=f"not in this home, but in {tmp_path}/here on "):
        team.there.show("m")
    sharing = team.there.repair().sharing
    elsewhere = sharing.elsewhere if sharing else ()

    assert sorted(each.path for each in elsewhere) == ["m.py", "weights.json"]
    assert {each.place.partition(" on ")[0] for each in elsewhere} == {f"{tmp_path}/here"}


def test_blobs_are_shared_later_by_repair(open_team: Callable[..., Team], tmp_path: Path) -> None:
    """A team that begins to share has its older models, too."""
    team = open_team(f"sqlite:///{tmp_path / 'team.db'}", None)
    url = str(tmp_path / "shared")
    with Workspace(replace(team.here.settings, blobs_url=url)) as here:
        shared = here.repair().sharing
    with Workspace(replace(team.there.settings, blobs_url=url)) as there:
        source = there.show("m").source

    assert shared == Sharing(blobs=2)
    assert source == SOURCE


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({"BLOBS_URL": "bucket/team"}, "Set MODELOP_BLOBS_URL to an address, such as s3://"),
        (
            {"BLOBS_URL": "bfs://box/team"},
            "bfs:// is not a known scheme. Did you mean abfs://?",
        ),
        ({"BLOBS_URL": "https://web/team"}, "https:// is not a place where all homes can write"),
        ({"BLOBS_URL": "s3://bucket/team", "SHARED_LIMIT": "much"}, "Write 64MB or 1GB"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(
    variables: dict[str, str],
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One sentence, with what to write."""
    for name, value in {"HOME": str(tmp_path), **variables}.items():
        monkeypatch.setenv(f"MODELOP_{name}", value)
    code = main(["models"])

    assert code != 0
    assert remedy in capsys.readouterr().err
