"""The home is its owner's alone, whatever the umask; what is written elsewhere follows the umask."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace, files
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE
from .jobs import when_supervisors_are_gone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
SOURCE = "# modelop.score\ndef score(record):\n    print(record)\n    yield record\n"


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def workspace(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A home that is made now, with the environments of all tests."""
    home = tmp_path / "home"
    monkeypatch.chdir(tmp_path)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        workspace.models()
        (home / "environments").symlink_to(environments)
        yield workspace


def modes(home: Path) -> dict[str, str]:
    """Return the mode of each file that others could read, were it not for the home's own."""
    found = {str(path.relative_to(home)): path.lstat().st_mode for path in home.rglob("*")}
    return {
        path: oct(mode)
        for path, mode in found.items()
        if mode & 0o077 and (home / path).is_file() and not (home / path).is_symlink()
    }


@pytest.mark.slow
@pytest.mark.parametrize("workers", [None, "2"])
def test_no_file_of_a_home_can_be_read_by_others(
    workspace: Workspace, tmp_path: Path, open_umask: None, workers: str | None
) -> None:
    """Registry, blobs, job folders: also those that supervisor and runner write."""
    (tmp_path / "plain.py").write_text(SOURCE)
    (tmp_path / "in.json").write_text('{"x": 1}\n' * 20_000)
    workspace.register("plain", "plain.py")

    job = workspace.batch("plain", "in.json", output="out.json", workers=workers).wait(PATIENCE)
    when_supervisors_are_gone(workspace)

    assert job.status == "COMPLETE"
    assert modes(workspace.settings.home) == {}
    assert oct(workspace.settings.home.stat().st_mode & 0o777) == "0o700"
    assert oct((tmp_path / "out.json").stat().st_mode & 0o777) == "0o666"


def test_a_blob_is_its_owners_to_read(workspace: Workspace, open_umask: None) -> None:
    """Nobody writes it, and nobody else reads it."""
    digest = workspace.blobs.put(b"secret")

    assert oct(workspace.blobs.path(digest).stat().st_mode & 0o777) == "0o400"


def test_a_home_that_was_open_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    """As homes of earlier versions are: the folder and the database."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "registry.db").touch()
    (home / "registry.db").chmod(0o644)

    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        workspace.models()

    assert oct(home.stat().st_mode & 0o777) == "0o700"
    assert oct((home / "registry.db").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(("mode", "expected"), [(0o1777, "0o1777"), (0o770, "0o700")])
def test_a_folder_that_everybody_shares_stays_so(tmp_path: Path, mode: int, expected: str) -> None:
    """A home may have been set to /tmp, even by root."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)

    files.make_private(folder)

    assert oct(folder.stat().st_mode & 0o7777) == expected


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid(), reason="only root gives away")
def test_somebody_elses_home_stays_as_it_is(tmp_path: Path) -> None:
    """A team's home belongs to one of them."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o770)
    os.chown(folder, 65534, 65534)

    files.make_private(folder)

    assert oct(folder.stat().st_mode & 0o777) == "0o770"
