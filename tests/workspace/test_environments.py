"""Environments as a user names them: by model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import ConflictError, EnvironmentNotFoundError, InvalidError
from modelop_jupyter.settings import Settings

pytestmark = pytest.mark.slow

_MODEL = """\
# modelop.score
def score(record):
    yield {"y": record["x"] * 2}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A home whose environments are its own: here they are removed."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    source = tmp_path / "double.py"
    source.write_text(_MODEL)
    home = tmp_path / "home"
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        for name in ("first", "second"):
            workspace.register(name, source)
        yield workspace


def test_an_environment_of_two_models_is_removed_with_force_only(own: Workspace) -> None:
    """The other is named, as its next job would have to build again."""
    own.env_build("first")

    with pytest.raises(ConflictError, match="is also that of second") as caught:
        own.env_remove("first")
    own.env_remove("first", force=True)

    assert "--force" in str(caught.value)
    assert own.env_show("second").state == "not built"
    with pytest.raises(EnvironmentNotFoundError, match="the environment of 'first' is not built"):
        own.env_remove("first")


def test_a_model_s_snapshot_is_no_other_model(own: Workspace) -> None:
    """Its own snapshots hold off nothing."""
    own.remove("second")
    own.env_build("first")
    ref = own.snapshot("first").ref

    removed = own.env_remove(ref)

    assert removed.name == ref


def test_a_pinned_environment_is_removed_with_force_only(own: Workspace) -> None:
    """And is no longer pinned when it is built again."""
    own.remove("second")
    own.env_build("first")
    own.env_pin("first")

    with pytest.raises(ConflictError, match="is pinned"):
        own.env_remove("first")
    own.env_remove("first", force=True)
    own.env_build("first")

    assert [row.is_pinned for row in own.env_list()] == [False]


def test_what_is_not_built_cannot_be_pinned(own: Workspace) -> None:
    """There is nothing to keep."""
    with pytest.raises(EnvironmentNotFoundError):
        own.env_pin("first")


def test_clearing_removes_what_no_quota_allows(own: Workspace) -> None:
    """With the models that it was of; a pinned one stays."""
    own.env_build("first")
    own.env_pin("second")
    kept = own.env_gc(quota=0)
    own.env_unpin("first")

    done = own.env_gc(quota=0)

    assert [(each.models, each.reason) for each in kept.spared] == [(("first", "second"), "pinned")]
    assert [(each.kind, each.note) for each in done.cleared] == [("environment", "first, second")]
    assert own.env_list() == []


def test_the_default_quota_is_far_away(own: Workspace) -> None:
    """Twenty gigabytes."""
    own.env_build("first")

    done = own.env_gc()

    assert (done.quota, done.cleared, len(own.env_list())) == (20_000_000_000, (), 1)


def test_the_quota_is_a_setting(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """MODELOP_ENV_QUOTA; a word that is no size removes nothing."""
    own.env_build("first")
    monkeypatch.setenv("MODELOP_HOME", str(own.settings.home))
    monkeypatch.setenv("MODELOP_ENV_QUOTA", "much")
    with (
        Workspace(Settings.from_environment()) as other,
        pytest.raises(InvalidError, match="MODELOP_ENV_QUOTA='much' is not a size"),
    ):
        other.env_gc()
    kept = own.env_list()
    monkeypatch.setenv("MODELOP_ENV_QUOTA", "1")
    with Workspace(Settings.from_environment()) as other:
        done = other.env_gc()

    assert len(kept) == 1
    assert (done.quota, [each.kind for each in done.cleared]) == (1, ["environment"])


def test_drift_is_told_and_mended_by_model(own: Workspace) -> None:
    """`env show` and `env build` tell, `--rebuild` mends."""
    environment = own.env_build("first")
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    (site / "stray.py").write_text("")

    shown, told = own.env_show("first"), own.env_build("first")
    rebuilt = own.env_build("first", rebuild=True)

    assert shown.state == "drifted"
    assert told.drift and told.drift.added[0].endswith("stray.py")
    assert not rebuilt.is_drifted
    assert own.env_show("first").state == "ready"


def test_rebuilding_what_is_not_there_builds_it(own: Workspace) -> None:
    """The flag asks for no more than a fresh one."""
    assert Path(own.env_build("first", rebuild=True).path).is_dir()


def test_a_list_names_a_snapshot_where_its_model_has_moved_on(
    own: Workspace, tmp_path: Path
) -> None:
    """An environment is somebody's as long as a snapshot may run in it."""
    own.remove("second")
    own.env_build("first")
    ref = own.snapshot("first").ref
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    own.asset_add("first", tmp_path / "requirements.txt", role="Required libraries")
    own.env_build("first")

    assert [row.models for row in own.env_list()] == [(ref,), ("first",)]
