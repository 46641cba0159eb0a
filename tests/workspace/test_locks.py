"""The lock that a model was given stays, whatever happens to caches and indexes (issue 4)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.environments import Environment, Interpreter
from modelop_jupyter.domain.models import Model
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError
from modelop_jupyter.settings import Settings

SOURCE = "import demo\n# modelop.score\ndef score(record):\n    yield {'demo': demo.VERSION}\n"
Release = Callable[..., None]


@pytest.fixture
def own(tmp_path: Path, release: Release) -> Iterator[Workspace]:
    """A home that shares nothing, with the model ``m``, which asks for any ``demo``.

    Nothing is built in the background: the tests say when.
    """
    release("1.0")
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}", prepares=False)
    with Workspace(settings) as workspace:
        register(workspace, tmp_path, "demo\n")
        yield workspace


def register(workspace: Workspace, folder: Path, requirements: str, source: str = SOURCE) -> None:
    repo = folder / "repo"
    repo.mkdir(exist_ok=True)
    (repo / "m.py").write_text(source)
    (repo / "requirements.txt").write_text(requirements)
    workspace.register("m", repo)


def forget(workspace: Workspace) -> None:
    """Lose every environment and every resolved lock, as after two years and a new disk."""
    shutil.rmtree(workspace.settings.environments)


def demo_of(environment: Environment) -> str:
    return {package.name: package.version for package in environment.packages}["demo"]


def test_a_snapshot_builds_the_same_bytes_when_the_index_has_moved_on(
    own: Workspace, release: Release
) -> None:
    """`env build NAME@1` two years later; NAME is the same as long as nothing was changed."""
    own.env_build("m")
    assert own.snapshot("m").lock
    release("2.0")
    forget(own)

    assert demo_of(own.env_build("m@1")) == "1.0"
    forget(own)
    assert demo_of(own.env_build("m")) == "1.0"
    assert own.env_show("m@1").resolved == own.env_show("m").resolved


def test_a_job_follows_the_lock_of_its_snapshot(own: Workspace, release: Release) -> None:
    """It resolves where nobody did, keeps that before it builds, and the next job does the same."""
    first = own.batch("m", [{"x": 1}]).wait(300)
    release("2.0")
    forget(own)
    second = own.batch("m@1", [{"x": 1}]).wait(300)

    assert list(first.records()) == list(second.records()) == [{"demo": "1.0"}]
    assert own.registry.get_snapshot("m", 1).lock == own.registry.get_model("m").lock


def test_a_job_stores_its_proof(own: Workspace) -> None:
    """Packages visible, lock, interpreter: with the job, in the registry."""
    job = own.batch("m", [{"x": 1}]).wait(300)
    proof = own.registry.get_job(job.id).proof

    assert proof is not None and proof.is_exact
    assert [(package.name, package.version) for package in proof.packages] == [("demo", "1.0")]
    assert proof.lock_digest == own.env_build("m").lock_digest


def test_a_snapshot_of_a_model_that_is_locked_has_its_lock(own: Workspace) -> None:
    """Taken as soon as it is known, not at the end of a job."""
    own.env_build("m")

    assert own.snapshot("m").lock == own.registry.get_model("m").lock is not None


def test_a_snapshot_taken_before_gets_the_lock_of_the_build(own: Workspace) -> None:
    """Registered, snapshot at once, built in the background a moment later."""
    assert own.snapshot("m").lock is None
    own.env_build("m")

    assert own.registry.get_snapshot("m", 1).lock == own.registry.get_model("m").lock is not None


def test_another_source_with_equal_requirements_keeps_the_lock(
    own: Workspace, tmp_path: Path, release: Release
) -> None:
    """Neither a change of the source nor a comment is a reason for other versions."""
    own.env_build("m")
    release("2.0")
    forget(own)
    register(own, tmp_path, "demo  # any will do\n", SOURCE + "\n# changed\n")

    assert demo_of(own.env_build("m")) == "1.0"


def test_other_requirements_are_resolved_anew(
    own: Workspace, tmp_path: Path, release: Release
) -> None:
    """The lock was of another question."""
    own.env_build("m")
    release("2.0")
    register(own, tmp_path, "demo>=2\n")

    assert demo_of(own.env_build("m")) == "2.0"


def test_an_upgrade_takes_newer_versions_and_leaves_snapshots_theirs(
    own: Workspace, release: Release
) -> None:
    """The next job takes a new snapshot, as what it runs in is another."""
    own.batch("m", [{"x": 1}]).wait(300)
    release("2.0")
    upgrade = own.upgrade_requirements("m")
    job = own.batch("m", [{"x": 1}]).wait(300)

    assert [(each.package, each.before, each.after) for each in upgrade.changes] == [
        ("demo", "1.0", "2.0")
    ]
    assert (job.record.snapshot_ref, list(job.records())) == ("m@2", [{"demo": "2.0"}])
    assert demo_of(own.env_build("m@1")) == "1.0"


def test_an_upgrade_without_anything_newer_changes_nothing(own: Workspace) -> None:
    """Neither lock nor snapshot."""
    own.env_build("m")
    before = own.snapshot("m")
    upgrade = own.upgrade_requirements("m")

    assert (upgrade.changes, upgrade.is_first) == ((), False)
    assert own.snapshot("m") == before


def test_the_first_upgrade_locks(own: Workspace) -> None:
    """There was nothing to compare with."""
    upgrade = own.upgrade_requirements("m")

    assert upgrade.is_first
    assert own.registry.get_model("m").lock


def test_a_snapshot_is_not_upgraded(own: Workspace) -> None:
    """It never changes; the model does."""
    own.snapshot("m")

    with pytest.raises(InvalidError, match="m@1 is a snapshot, which never changes"):
        own.upgrade_requirements("m@1")


def test_what_is_not_pinned_says_when_it_was_taken(own: Workspace) -> None:
    """Another day would have had another version."""
    own.env_build("m")
    report = own.requirements("m")

    assert [(each.name, each.version) for each in report.unpinned] == [("demo", "1.0")]
    assert report.resolved == own.env_show("m").resolved is not None


def test_a_lock_whose_python_is_gone_says_so(own: Workspace) -> None:
    """Shown without it, but not built; an upgrade takes the Python there is."""
    model = made_for(own, "3.4.2")

    with pytest.raises(EnvironmentBuildError, match=r"made for Python 3\.4\.2") as caught:
        own.env_build("m")
    assert "'requirements m --upgrade'" in str(caught.value)
    assert "no Python 3.4" in own.env_show("m").notes[0]
    assert "'requirements m --upgrade'" in own.env_show("m").notes[0]
    assert [package.name for package in own.env_show("m").packages] == ["demo"]
    assert own.upgrade_requirements("m").python != "3.4.2"
    assert own.registry.get_model("m").lock != model.lock


def test_a_job_proves_what_was_put_in_by_hand(own: Workspace) -> None:
    """Loose modules, path files and a sitecustomize are visible, and of no package (issue 4)."""
    site = next(Path(own.env_build("m").path).glob("lib/python*/site-packages"))
    for name in ("extra.py", "evil.pth", "sitecustomize.py"):
        (site / name).write_text("import sys\n")
    (site / "empty").mkdir()
    job = own.batch("m", [{"x": 1}], workers=2).wait(300)

    proof = own.registry.get_job(job.id).proof

    assert proof is not None
    assert sorted(proof.foreign) == [
        "evil.pth (of no package)",
        "extra.py (of no package)",
        "sitecustomize.py (of no package)",
    ]


def test_the_advice_about_a_wheel_can_be_typed_as_it_is_read(
    own: Workspace, release: Release, tmp_path: Path
) -> None:
    """It names the model, wherever it is read, and `register` takes it (issue 4)."""
    release("3.0", "other", tag="cp36-cp36m-manylinux_2_17_x86_64")
    register(own, tmp_path, "other==3.0\n")

    with pytest.raises(EnvironmentBuildError) as caught:
        own.env_build("m")
    shown, checked = own.env_show("m").failure, own.requirements("m", check=True)
    job = own.batch("m", [{}]).wait()

    said = "'register m --python 3.6'"
    assert said in str(caught.value)
    assert said in (shown.remedy if shown else "")
    assert said in (checked.rows[0].problem or "")
    assert said in job.record.error.hint


def test_another_patch_of_its_python_serves_with_a_note(own: Workspace) -> None:
    """3.11.9 where it was 3.11.7: the same wheels fit."""
    minor = locked_for(own).minor
    made_for(own, f"{minor}.99")

    assert demo_of(own.env_build("m")) == "1.0"
    assert f"made for Python {minor}.99, and is built with {minor}." in own.env_show("m").notes[0]


def test_a_job_tells_in_its_log_that_its_python_is_another_patch(own: Workspace) -> None:
    """Equal packages, and yet not quite what ran then."""
    minor = locked_for(own).minor
    made_for(own, f"{minor}.99")
    job = own.batch("m", [{"x": 1}]).wait(300)

    assert list(job.records()) == [{"demo": "1.0"}]
    assert f"its lock was made for Python {minor}.99" in job.log()


def test_an_upgrade_that_cannot_be_resolved_changes_nothing(
    own: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The index is gone: the model goes on with what it has."""
    own.env_build("m")
    before = own.registry.get_model("m")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(EnvironmentBuildError, match="line 1: demo"):
        own.upgrade_requirements("m")
    assert own.registry.get_model("m") == before
    assert demo_of(own.env_build("m")) == "1.0"


def locked_for(workspace: Workspace) -> Interpreter:
    """Return the Python that the model is locked for; the lock is made now if there is none."""
    workspace.requirements("m", check=True)
    interpreter = workspace.env_show("m").interpreter
    assert interpreter is not None
    return interpreter


def made_for(workspace: Workspace, version: str) -> Model:
    """Give the model its lock as if it had been made for another Python."""
    interpreter = locked_for(workspace)
    model = workspace.registry.get_model("m")
    document = workspace.blobs.read(model.lock or "").decode()
    minor = version.rpartition(".")[0]
    document = document.replace(json.dumps(interpreter.version), json.dumps(version))
    document = document.replace(f"=={interpreter.minor}.*", f"=={minor}.*")
    digest = workspace.blobs.put(document.encode())
    return workspace.registry.replace_lock(model, digest, now=model.modified)
