"""What environments take on disk, which are removed beyond a quota, and what is swept up."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.census import Census
from modelop_jupyter.environments.leftovers import temporary_files
from modelop_jupyter.environments.scratch import forsaken, scratch
from modelop_jupyter.environments.upkeep import Upkeep

Asking = Callable[..., EnvironmentSpec]
MONTHS = 90 * 86400


@pytest.fixture
def upkeep(manager: EnvironmentManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upkeep:
    """Its temporary folders are those of the test."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return Upkeep(manager.root)


@pytest.fixture
def three(manager: EnvironmentManager, house, asking: Asking) -> list[Environment]:
    """Environments of different packages, the last one built used first."""
    for name in ("one", "two", "six-like"):
        house.add(name, "1.0")
    built = [manager.ensure(manager.lock(asking(name))) for name in ("one", "two", "six-like")]
    for age, environment in enumerate(built):
        moment = time.time() - 1000 * (age + 1)
        os.utime(Path(environment.path) / "environment.json", (moment, moment))
    return built


def age(path: Path) -> Path:
    """Make a file or folder look as if it had been there for months."""
    moment = time.time() - MONTHS
    os.utime(path, (moment, moment))
    return path


def names_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def clear(upkeep: Upkeep, quota: int, **more: object):
    return upkeep.clear(quota, **{"owners": {}, "busy": (), "is_dry_run": False, **more})  # type: ignore[arg-type]


def test_a_file_with_many_links_is_counted_once(tmp_path: Path) -> None:
    """For the first that holds it; it is freed with its last link."""
    first, second, cache = tmp_path / "first", tmp_path / "second", tmp_path / "cache"
    for folder in (first, second, cache):
        folder.mkdir()
    (first / "shared").write_bytes(b"x" * 100_000)
    (second / "shared").hardlink_to(first / "shared")
    (second / "again").hardlink_to(first / "shared")
    (second / "cached").write_bytes(b"x" * 50_000)
    (cache / "cached").hardlink_to(second / "cached")
    (second / "own").write_bytes(b"x" * 10_000)
    shared, cached, own = (
        path.stat().st_blocks * 512
        for path in (first / "shared", second / "cached", second / "own")
    )

    census = Census([first, second])

    assert census.shares([first, second]) == {first: shared, second: cached + own}
    assert census.shares([second, first]) == {second: shared + cached + own, first: 0}
    assert census.total([first, second]) == shared + cached + own
    assert [census.freed(each) for each in ([first], [second], [first, second])] == [
        0,
        own,
        shared + own,
    ]


def test_the_list_tells_all_of_an_environment(upkeep: Upkeep, three: list[Environment]) -> None:
    """Sizes, models, drift, pins and use."""
    upkeep.pin(three[1])
    (Path(three[0].path) / "stray").write_text("")
    process = subprocess.Popen([three[2].python, "-I", "-c", "input()"], stdin=subprocess.PIPE)

    rows = upkeep.rows({three[0].fingerprint: ("a", "b@2")})
    process.communicate(b"\n")

    assert [row.environment.fingerprint for row in rows] == [each.fingerprint for each in three]
    assert [row.models for row in rows] == [("a", "b@2"), (), ()]
    assert [row.environment.is_drifted for row in rows] == [True, False, False]
    assert [row.is_pinned for row in rows] == [False, True, False]
    assert [row.in_use for row in rows] == [False, False, True]
    assert all(row.environment.size and row.environment.size >= row.freed > 0 for row in rows)


def test_the_packages_of_kernels_are_listed_and_cleared_too(
    upkeep: Upkeep, manager: EnvironmentManager, offline: dict[str, str], house, asking: Asking
) -> None:
    """A kernel that uses one has its path among its arguments."""
    house.add("demo", "1.0")
    overlays = EnvironmentManager(manager.root / "overlays", environ=offline)
    overlay = overlays.ensure(overlays.lock(asking("demo")))
    command = [sys.executable, "-c", "input()", f"{overlay.path}/lib"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)

    rows = upkeep.rows({})
    during = clear(upkeep, 0)
    process.communicate(b"\n")
    after = clear(upkeep, 0)

    assert [(row.is_overlay, row.in_use) for row in rows] == [(True, True)]
    assert (during.cleared, during.spared[0].reason) == ((), "in use")
    assert next((each.kind, each.note) for each in after.cleared) == (
        "environment",
        "isolated kernels",
    )
    assert overlays.list() == []


def test_the_least_recently_used_go_first(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """As many as it takes, and no more."""
    total = sum(row.environment.size or 0 for row in upkeep.rows({}))

    nothing = clear(upkeep, total)
    one = clear(upkeep, total - 1)

    assert nothing.cleared == ()
    assert (nothing.before, nothing.after, nothing.freed) == (total, total, 0)
    assert [each.name for each in one.cleared] == [three[2].fingerprint]
    assert one.after < total
    assert {each.fingerprint for each in manager.list()} == {each.fingerprint for each in three[:2]}


def test_a_dry_run_removes_nothing(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """It tells what would be removed, and that is what is removed then."""
    (manager.root / ".building-0-0").mkdir()

    dry = clear(upkeep, 0, is_dry_run=True)
    there = len(manager.list()), (manager.root / ".building-0-0").exists()
    wet = clear(upkeep, 0)

    assert there == (3, True)
    assert dry.cleared == wet.cleared
    assert (dry.before, dry.after, dry.freed) == (wet.before, wet.after, wet.freed)
    assert (manager.list(), (manager.root / ".building-0-0").exists()) == ([], False)


def test_what_is_pinned_used_or_about_to_be_stays(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """Whatever the quota, and the report says why."""
    pinned, busy, used = three
    upkeep.pin(pinned)
    process = subprocess.Popen([used.python, "-I", "-c", "input()"], stdin=subprocess.PIPE)

    done = clear(upkeep, 0, busy={busy.fingerprint})
    process.communicate(b"\n")

    assert done.cleared == ()
    assert {each.name: each.reason for each in done.spared} == {
        pinned.fingerprint: "pinned",
        busy.fingerprint: "in use",
        used.fingerprint: "in use",
    }
    assert len(manager.list()) == 3


def test_one_that_is_being_built_again_stays(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """Its guard is held."""
    with manager._shelf.guard(three[2].fingerprint):
        done = clear(upkeep, 0)

    assert [each.name for each in done.spared] == [three[2].fingerprint]


def test_whoever_starts_in_it_at_the_last_moment_keeps_it(
    manager: EnvironmentManager, three: list[Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes are looked for again when the folder has another name; it gets its own back."""
    from modelop_jupyter.environments import removing
    from modelop_jupyter.errors import ConflictError

    started: list[subprocess.Popen[bytes]] = []

    def start_one(path: Path) -> None:
        command = [three[0].python, "-I", "-c", "input()"]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE))

    monkeypatch.setattr(removing, "end_compiling", start_one)
    with pytest.raises(ConflictError, match="is used by process"):
        manager.remove(three[0])
    started[0].communicate(b"\n")

    assert three[0].fingerprint in {each.fingerprint for each in manager.list()}


def test_a_pin_outlives_a_rebuild(
    upkeep: Upkeep, manager: EnvironmentManager, house, asking: Asking
) -> None:
    """It is the environment's, not the folder's."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("demo"))
    environment = manager.ensure(lock)
    upkeep.pin(environment)
    manager.rebuild(lock)
    before = upkeep.is_pinned(environment)

    upkeep.unpin(environment)
    upkeep.unpin(environment)

    assert (before, upkeep.is_pinned(environment)) == (True, False)


def test_what_killed_builds_leave_is_swept(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """But not what somebody works on."""
    (manager.root / ".building-dead-00" / "lib").mkdir(parents=True)
    (manager.root / ".building-dead-00" / "lib" / "big").write_bytes(b"x" * 1000)
    (manager.root / ".building-alive-00").mkdir()

    with manager._shelf.guard("alive"):
        done = clear(upkeep, 10**12)

    assert [(each.kind, each.name, each.size) for each in done.cleared] == [
        ("half-built environment", ".building-dead-00", 1000)
    ]
    assert done.freed == 1000
    assert (manager.root / ".building-alive-00").exists()


def test_old_logs_and_locks_of_nothing_are_swept(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """Those of environments that are there stay, and every resolved lock: it builds them again."""
    kept = {folder: names_of(manager.root / folder) for folder in ("guards", "logs", "locks")}
    locks = manager.root / "locks"
    resolved = next(path for path in locks.iterdir() if "same_as" not in path.read_text())
    for path in locks.iterdir():
        age(path)
    for folder in ("guards", "logs"):
        age(
            manager.root / folder / f"{three[0].fingerprint}.{folder[:-1].replace('guard', 'lock')}"
        )
    age_of_nothing = [manager.root / "guards" / "gone.lock", manager.root / "logs" / "gone.log"]
    age_of_nothing += [locks / "raw-gone.json", locks / ".key.1.aa"]
    for path in age_of_nothing:
        path.write_text(json.dumps({"same_as": "gone"}))
        age(path)

    done = clear(upkeep, 10**12)

    assert sorted(each.name for each in done.cleared) == sorted(
        path.name for path in age_of_nothing
    )
    assert resolved.exists()
    assert {folder: names_of(manager.root / folder) for folder in kept} == kept


def test_hidden_files_of_environments_are_theirs(
    upkeep: Upkeep, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """However old: only temporary files are swept."""
    hidden = list(Path(three[0].path).glob(".*"))
    for path in hidden:
        age(path)

    clear(upkeep, 10**12)

    assert hidden
    assert all(path.exists() for path in hidden)


def test_temporary_files_are_those_of_yesterday(tmp_path: Path) -> None:
    """One that is being written stays, and so does what is no temporary file."""
    folder = tmp_path / "ab" / "cd"
    folder.mkdir(parents=True)
    (folder / ".new.part").write_text("")
    age_old = age_file(folder / ".old.part")
    age_file(folder / "abcd")

    assert [each.path for each in temporary_files(tmp_path, "*/*/.*.part")] == [age_old]


def age_file(path: Path) -> Path:
    path.write_text("")
    return age(path)


def test_temporary_folders_of_dead_processes_are_ours_to_remove(tmp_path: Path) -> None:
    """Those of living ones are not, nor what anybody else named alike."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"modelop-{dead.pid}-abcd1234").mkdir()
    (tmp_path / f"modelop-{os.getpid()}-abcd1234").mkdir()
    (tmp_path / "modelop-notes").mkdir()
    (tmp_path / f"modelop-{dead.pid}-file").write_text("")
    (tmp_path / f"modelop-{dead.pid}-link").symlink_to(tmp_path)

    assert forsaken(tmp_path) == [tmp_path / f"modelop-{dead.pid}-abcd1234"]


def test_sockets_that_nobody_listens_to_are_ours_to_remove(tmp_path: Path) -> None:
    """Kernels outlive whoever made their folder."""
    alive, dead, new = (tmp_path / f"modelop-kernel-{name}" for name in ("alive", "dead", "new"))
    ends = []
    for folder in (alive, dead, new):
        folder.mkdir()
        ends.append(socket.socket(socket.AF_UNIX))
        ends[-1].bind(str(folder / "s-1"))
        ends[-1].listen()
    ends[1].close()
    ends[2].close()
    age(alive)
    age(dead)

    found = forsaken(tmp_path)
    ends[0].close()

    assert found == [dead]


def test_a_scratch_folder_names_its_process() -> None:
    """And is gone afterwards."""
    with scratch() as folder:
        name = folder.name

    assert name.startswith(f"modelop-{os.getpid()}-")
    assert not folder.exists()
