"""Processes that change one model at once lose nothing (issue 11)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.postgres import Postgres

from .racing import Racers

pytestmark = pytest.mark.slow

ROUNDS = 10
DONE = ["done", "done"]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty registry, on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'registry.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new()


@pytest.fixture
def workspace(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A home with the model ``plain``, in the folder of the files that are raced with."""
    monkeypatch.chdir(tmp_path)
    for number in range(ROUNDS):
        Path(f"left-{number}.txt").write_text(f"left {number}")
        Path(f"right-{number}.txt").write_text(f"right {number}")
    Path("plain.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    with Workspace(Settings(tmp_path / "home", url)) as workspace:
        workspace.register("plain", "plain.py")
        yield workspace


@pytest.fixture
def racers(workspace: Workspace, url: str, tmp_path: Path) -> Iterator[Racers]:
    """Two more processes that have this home open."""
    with Racers(workspace.settings.home, url, tmp_path, count=2) as racers:
        yield racers


def paths(workspace: Workspace, model: str = "plain") -> set[str]:
    return {asset.path for asset in workspace.asset_list(model)}


def test_files_added_at_once_are_all_there(workspace, racers):
    """Both said done; one of the two files was lost, 15 times of 15."""
    answers = [
        racers.race(
            ["asset_add", "plain", f"left-{n}.txt"], ["asset_add", "plain", f"right-{n}.txt"]
        )
        for n in range(ROUNDS)
    ]

    assert answers == [DONE] * ROUNDS
    assert len(paths(workspace)) == 1 + 2 * ROUNDS


def test_a_role_and_a_file_at_once_are_both_kept(workspace, racers):
    """The one who gives a role does not write back the files that it read."""
    workspace.asset_add("plain", *(f"left-{n}.txt" for n in range(ROUNDS)))
    answers = [
        racers.race(
            ["asset_role", "plain", f"left-{n}.txt", "Test data"],
            ["asset_add", "plain", f"right-{n}.txt"],
        )
        for n in range(ROUNDS)
    ]

    assert answers == [DONE] * ROUNDS
    assert len(paths(workspace)) == 1 + 2 * ROUNDS
    roles = [each.role.label for each in workspace.asset_list("plain")]
    assert roles.count("Test data") == ROUNDS


def test_a_file_removed_while_another_comes_stays_removed(workspace, racers):
    """Nor does one who adds a file."""
    workspace.asset_add("plain", *(f"left-{n}.txt" for n in range(ROUNDS)))
    answers = [
        racers.race(
            ["asset_remove", "plain", f"left-{n}.txt"], ["asset_add", "plain", f"right-{n}.txt"]
        )
        for n in range(ROUNDS)
    ]

    assert answers == [DONE] * ROUNDS
    assert paths(workspace) == {"plain.py", *(f"right-{n}.txt" for n in range(ROUNDS))}


def test_a_source_registered_while_a_file_comes_keeps_it(workspace, racers):
    """Registering the source again keeps the files that were added before, up to now."""
    answers = [
        racers.race(["register", "plain", "plain.py"], ["asset_add", "plain", f"right-{n}.txt"])
        for n in range(ROUNDS)
    ]

    assert answers == [DONE] * ROUNDS
    assert len(paths(workspace)) == 1 + ROUNDS


def test_a_model_registered_by_two_at_once_is_there(workspace, racers):
    """Whoever comes second changes what the first has made; neither fails."""
    answers = [
        racers.race(["register", f"new-{n}", "plain.py"], ["register", f"new-{n}", "plain.py"])
        for n in range(ROUNDS)
    ]

    assert answers == [DONE] * ROUNDS
    assert len(workspace.models()) == 1 + ROUNDS


def test_snapshots_taken_while_files_come_have_numbers_of_their_own(workspace, racers):
    """And equal content is one snapshot, whoever takes it."""
    answers = [
        racers.race(["snapshot", "plain"], ["asset_add", "plain", f"right-{n}.txt"])
        for n in range(ROUNDS)
    ]
    snapshots = workspace.snapshots("plain")

    assert answers == [DONE] * ROUNDS
    assert sorted(each.number for each in snapshots) == list(range(1, len(snapshots) + 1))
    assert len({each.state.digest for each in snapshots}) == len(snapshots)
