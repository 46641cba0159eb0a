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

import psutil
import pytest

from modelop_jupyter.domain.environments import Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.cleanup import leftovers
from modelop_jupyter.environments.cleanup.disk_usage import DiskUsage
from modelop_jupyter.environments.cleanup.gc import GarbageCollector
from modelop_jupyter.environments.cleanup.leftovers import temporary_files
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.environments.temporary_folders import orphaned_folders, temporary_folder
from modelop_jupyter.environments.wheel_store import WheelStore
from modelop_jupyter.errors import ConflictError

MakeSpec = Callable[..., EnvironmentSpec]
MONTHS = 90 * 86400


@pytest.fixture
def collector(
    manager: EnvironmentManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> GarbageCollector:
    """Its temporary folders are those of the test."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return GarbageCollector(manager.root)


@pytest.fixture
def three(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> list[Environment]:
    """Environments of different packages, the last one built used first."""
    for name in ("one", "two", "six-like"):
        wheelhouse.add(name, "1.0")
    built = [manager.ensure(manager.lock(make_spec(name))) for name in ("one", "two", "six-like")]
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


def clear(collector: GarbageCollector, quota: int, **more: object):
    return collector.clear(quota, **{"owners": {}, "busy": (), "is_dry_run": False, **more})  # type: ignore[arg-type]


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

    usage = DiskUsage([first, second])

    assert usage.shares([first, second]) == {first: shared, second: cached + own}
    assert usage.shares([second, first]) == {second: shared + cached + own, first: 0}
    assert usage.total([first, second]) == shared + cached + own
    assert [usage.freed(folders) for folders in ([first], [second], [first, second])] == [
        0,
        own,
        shared + own,
    ]


def test_the_list_shows_all_of_an_environment(
    collector: GarbageCollector, three: list[Environment]
) -> None:
    """Sizes, models, drift, pins and use."""
    collector.pin(three[1])
    (Path(three[0].path) / "stray").write_text("")
    process = subprocess.Popen([three[2].python, "-I", "-c", "input()"], stdin=subprocess.PIPE)

    rows = collector.rows({three[0].fingerprint: ("a", "b@2")})
    process.communicate(b"\n")

    assert [row.environment.fingerprint for row in rows] == [item.fingerprint for item in three]
    assert [row.models for row in rows] == [("a", "b@2"), (), ()]
    assert [row.environment.is_drifted for row in rows] == [True, False, False]
    assert [row.is_pinned for row in rows] == [False, True, False]
    assert [row.in_use for row in rows] == [False, False, True]
    assert all(row.environment.size and row.environment.size >= row.freed > 0 for row in rows)


def test_the_packages_of_kernels_are_listed_and_cleared_too(
    collector: GarbageCollector,
    manager: EnvironmentManager,
    offline: dict[str, str],
    wheelhouse,
    make_spec: MakeSpec,
) -> None:
    """A kernel that uses one has its path among its arguments."""
    wheelhouse.add("demo", "1.0")
    overlays = EnvironmentManager(manager.root / "overlays", environ=offline)
    overlay = overlays.ensure(overlays.lock(make_spec("demo")))
    command = [sys.executable, "-c", "input()", f"{overlay.path}/lib"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)

    rows = collector.rows({})
    during = clear(collector, 0)
    process.communicate(b"\n")
    after = clear(collector, 0)

    assert [(row.is_overlay, row.in_use) for row in rows] == [(True, True)]
    assert (during.cleared, during.spared[0].reason) == ((), "in use")
    assert next((item.kind, item.note) for item in after.cleared) == (
        "environment",
        "isolated kernels",
    )
    assert overlays.list() == []


def test_the_least_recently_used_go_first(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """As many as it takes, and no more."""
    total = sum(row.environment.size or 0 for row in collector.rows({}))

    nothing = clear(collector, total)
    one = clear(collector, total - 1)

    assert nothing.cleared == ()
    assert (nothing.before, nothing.after, nothing.freed) == (total, total, 0)
    assert [item.name for item in one.cleared] == [three[2].fingerprint]
    assert one.after < total
    assert {item.fingerprint for item in manager.list()} == {item.fingerprint for item in three[:2]}


def test_a_dry_run_removes_nothing(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """It tells what would be removed, and that is what is removed then."""
    (manager.root / ".building-0-0").mkdir()

    dry = clear(collector, 0, is_dry_run=True)
    there = len(manager.list()), (manager.root / ".building-0-0").exists()
    wet = clear(collector, 0)

    assert there == (3, True)
    assert dry.cleared == wet.cleared
    assert (dry.before, dry.after, dry.freed) == (wet.before, wet.after, wet.freed)
    assert (manager.list(), (manager.root / ".building-0-0").exists()) == ([], False)


def test_pinned_used_and_busy_environments_are_kept(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """Whatever the quota, and the report says why."""
    pinned, busy, used = three
    collector.pin(pinned)
    process = subprocess.Popen([used.python, "-I", "-c", "input()"], stdin=subprocess.PIPE)

    done = clear(collector, 0, busy={busy.fingerprint})
    process.communicate(b"\n")

    assert done.cleared == ()
    assert {item.name: item.reason for item in done.spared} == {
        pinned.fingerprint: "pinned",
        busy.fingerprint: "in use",
        used.fingerprint: "in use",
    }
    assert len(manager.list()) == 3


def test_one_that_a_task_uses_stays(
    collector: GarbageCollector, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Issue 14: before its runner starts and between two of them, too."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("demo"))
    with manager.in_use(lock, "one"), manager.in_use(lock, "two"):
        environment = manager.ensure(lock)
        done = clear(collector, 0)
        with pytest.raises(ConflictError, match="is used by a task of a job"):
            manager.remove(environment)
    left = names_of(manager.root / "guards")
    after = clear(collector, 0)

    assert [(item.name, item.reason) for item in done.spared] == [(lock.fingerprint, "in use")]
    assert [item.name for item in after.cleared] == [lock.fingerprint]
    assert not any(name.startswith("use-") for name in left)


def test_wheels_that_were_sent_count_and_go_first(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """Issue 14: those of the last hour stay, as a build may use them; a day later all go."""
    store = WheelStore(manager.root)
    for data in (b"a" * 1000, b"b" * 3000):
        store.put(data)
    (new, _), (old, _) = sorted(store, key=lambda pair: pair[1].st_size)
    moment = time.time() - 7200
    os.utime(old, (moment, moment))
    environments = sum(row.environment.size or 0 for row in collector.rows({}))
    within = clear(collector, environments + 4000)
    beyond = clear(collector, environments + 3999)
    age(new)
    later = clear(collector, 10**12)

    assert (within.before, within.cleared) == (environments + 4000, ())
    assert [(item.kind, item.size) for item in beyond.cleared] == [
        ("wheel that was sent here", 3000)
    ]
    assert (beyond.after, beyond.freed) == (environments + 1000, 3000)
    assert [(item.kind, item.size) for item in later.cleared] == [
        ("wheel that was sent here", 1000)
    ]
    assert len(manager.list()) == 3


def test_one_that_is_being_built_again_stays(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """Its guard is held."""
    with manager._store.file_lock(three[2].fingerprint):
        done = clear(collector, 0)

    assert [item.name for item in done.spared] == [three[2].fingerprint]


def test_a_process_that_starts_at_the_last_moment_keeps_it(
    manager: EnvironmentManager, three: list[Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes are looked for again when the folder has another name; it gets its own back."""
    from modelop_jupyter.environments.cleanup import removal

    started: list[subprocess.Popen[bytes]] = []

    def start_one(path: Path) -> None:
        command = [three[0].python, "-I", "-c", "input()"]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE))

    monkeypatch.setattr(removal, "end_compiling", start_one)
    with pytest.raises(ConflictError, match="is used by process"):
        manager.remove(three[0])
    started[0].communicate(b"\n")

    assert three[0].fingerprint in {item.fingerprint for item in manager.list()}


def test_a_process_counts_while_its_program_is_loaded(
    manager: EnvironmentManager, three: list[Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of execve a process has no arguments, and would not keep its environment."""
    command = [three[0].python, "-I", "-c", "input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    cmdline = psutil.Process.cmdline
    loading = iter([True] * 3)

    def cmdline_while_loading(each: psutil.Process) -> list[str]:
        return [] if each.pid == process.pid and next(loading, False) else cmdline(each)

    monkeypatch.setattr(psutil.Process, "cmdline", cmdline_while_loading)
    with pytest.raises(ConflictError, match=f"used by process {process.pid}"):
        manager.remove(three[0])
    process.communicate(b"\n")

    assert list(loading) == []


def test_a_pin_outlives_a_rebuild(
    collector: GarbageCollector, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """It is the environment's, not the folder's."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("demo"))
    environment = manager.ensure(lock)
    collector.pin(environment)
    manager.rebuild(lock)
    before = collector.is_pinned(environment)

    collector.unpin(environment)
    collector.unpin(environment)

    assert (before, collector.is_pinned(environment)) == (True, False)


def test_leftovers_of_killed_builds_are_removed(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """But not what a process is building."""
    (manager.root / ".building-dead-00" / "lib").mkdir(parents=True)
    (manager.root / ".building-dead-00" / "lib" / "big").write_bytes(b"x" * 1000)
    (manager.root / ".building-alive-00").mkdir()

    with manager._store.file_lock("alive"):
        done = clear(collector, 10**12)

    assert [(item.kind, item.name, item.size) for item in done.cleared] == [
        ("half-built environment", ".building-dead-00", 1000)
    ]
    assert done.freed == 1000
    assert (manager.root / ".building-alive-00").exists()


def test_a_leftover_that_another_process_removes_meanwhile_takes_no_bytes(
    collector: GarbageCollector, manager: EnvironmentManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ends removes its temporary folder, and two cleanups may run at once."""
    gone, there = manager.root / ".building-gone-00", manager.root / ".building-there-00"
    for folder in (gone, there):
        folder.mkdir(parents=True)
    is_unlocked = leftovers._is_unlocked

    def unlocked_and_removed(store: EnvironmentStore, name: str) -> bool:
        if name == "gone":
            gone.rmdir()
        return is_unlocked(store, name)

    monkeypatch.setattr(leftovers, "_is_unlocked", unlocked_and_removed)
    done = clear(collector, 10**12)

    assert {item.name: item.size for item in done.cleared} == {gone.name: 0, there.name: 0}
    assert list(manager.root.glob(".building-*")) == []


def test_old_logs_and_locks_of_nothing_are_swept(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
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

    done = clear(collector, 10**12)

    assert sorted(item.name for item in done.cleared) == sorted(
        path.name for path in age_of_nothing
    )
    assert resolved.exists()
    assert {folder: names_of(manager.root / folder) for folder in kept} == kept


def test_hidden_files_of_environments_are_theirs(
    collector: GarbageCollector, manager: EnvironmentManager, three: list[Environment]
) -> None:
    """However old: only temporary files are swept."""
    hidden = list(Path(three[0].path).glob(".*"))
    for path in hidden:
        age(path)

    clear(collector, 10**12)

    assert hidden
    assert all(path.exists() for path in hidden)


def test_temporary_files_are_those_of_yesterday(tmp_path: Path) -> None:
    """One that is being written stays, and so does what is no temporary file."""
    folder = tmp_path / "ab" / "cd"
    folder.mkdir(parents=True)
    (folder / ".new.part").write_text("")
    age_old = age_file(folder / ".old.part")
    age_file(folder / "abcd")

    assert [item.path for item in temporary_files(tmp_path, "*/*/.*.part")] == [age_old]


def age_file(path: Path) -> Path:
    path.write_text("")
    return age(path)


def test_temporary_folders_of_dead_processes_are_ours_to_remove(tmp_path: Path) -> None:
    """Those of running processes are not, nor other files with such names."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"modelop-{dead.pid}-abcd1234").mkdir()
    (tmp_path / f"modelop-{os.getpid()}-abcd1234").mkdir()
    (tmp_path / "modelop-notes").mkdir()
    (tmp_path / f"modelop-{dead.pid}-file").write_text("")
    (tmp_path / f"modelop-{dead.pid}-link").symlink_to(tmp_path)

    assert orphaned_folders(tmp_path) == [tmp_path / f"modelop-{dead.pid}-abcd1234"]


def test_sockets_without_a_listener_are_removed(tmp_path: Path) -> None:
    """Kernels outlive the process that made their folder."""
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

    orphaned = orphaned_folders(tmp_path)
    ends[0].close()

    assert orphaned == [dead]


def test_a_scratch_folder_names_its_process() -> None:
    """And is gone afterwards."""
    with temporary_folder() as folder:
        name = folder.name

    assert name.startswith(f"modelop-{os.getpid()}-")
    assert not folder.exists()
