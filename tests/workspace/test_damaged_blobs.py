"""A stored file that was damaged: named with its model and asset, each time, and hiding nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import BlobError, InvalidError
from modelop_jupyter.settings import Settings

SOURCE = "# modelop.score\ndef score(record):\n    yield record\n"
VERBS: dict[str, Callable[[Workspace], object]] = {
    "show": lambda workspace: workspace.show("hurt"),
    "requirements": lambda workspace: workspace.requirements("hurt"),
    "env build": lambda workspace: workspace.environment("hurt"),
    "batch": lambda workspace: workspace.batch("hurt", "in.json"),
    "stored model": lambda workspace: workspace.stored_model("hurt"),
}


@pytest.fixture
def opened(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A home with a sound model, and one both of whose files are damaged."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    monkeypatch.chdir(tmp_path)
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}")
    (tmp_path / "in.json").write_text("{}\n")
    with Workspace(settings) as workspace:
        for name in ("sound", "hurt"):
            (tmp_path / f"{name}.py").write_text(f"# {name}\n{SOURCE}")
            (tmp_path / "requirements.txt").write_text(f"# {name}\n")
            workspace.register(name, f"{name}.py", assets=["requirements.txt"])
        for asset in workspace.show("hurt").assets:
            path = workspace.blobs.path(asset.digest)
            path.chmod(0o600)
            path.write_bytes(b"#" * asset.size)
    # What one has read is remembered: the next process looks again.
    with Workspace(settings) as workspace:
        yield workspace


@pytest.mark.parametrize("verb", VERBS)
def test_a_damaged_file_is_named_the_same_at_every_look(opened: Workspace, verb: str) -> None:
    """With model and asset, and that it is damaged: not that it is missing, where it was moved aside."""
    with pytest.raises(BlobError) as first:
        VERBS[verb](opened)
    with pytest.raises(BlobError) as second:
        VERBS[verb](opened)

    first.match(r"\(hurt, (hurt\.py|requirements\.txt)\) cannot be used: its content is no longer")
    assert str(second.value) == str(first.value)


def test_lists_show_all_models_and_mark_the_damaged_one(opened: Workspace) -> None:
    """One file hides no other model, in `models` and in a bare `modelop`."""
    rows = {row.name: row.environment for row in opened.overview().models}

    assert set(rows) == {"sound", "hurt"}
    assert rows["hurt"].state == "failed"
    assert "no longer what was stored" in rows["hurt"].failure.reason
    assert rows["sound"].failure is None


def test_registering_again_heals(opened: Workspace, tmp_path: Path) -> None:
    """The remedy that the message names works."""
    opened.register("hurt", "hurt.py", assets=["requirements.txt"])

    assert opened.show("hurt").source == f"# hurt\n{SOURCE}"
    assert list(opened.settings.blobs.rglob("*.damaged")) == []


def test_a_file_below_a_file_is_refused(opened: Workspace, tmp_path: Path) -> None:
    """No folder could hold both."""
    (tmp_path / "sound.py").rename(tmp_path / "kept.py")
    (tmp_path / "sound.py").mkdir()
    (tmp_path / "sound.py" / "data.txt").write_text("x")

    with pytest.raises(InvalidError, match=r"sound\.py is a file, and also the folder of"):
        opened.asset_add("sound", "sound.py/data.txt")
