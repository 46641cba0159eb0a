"""Locks are kept, environments are found, listed and removed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import (
    BuildStep,
    EnvironmentSpec,
)
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import (
    ConflictError,
    EnvironmentNotFoundError,
    HomeError,
)

MakeSpec = Callable[..., EnvironmentSpec]


def test_equal_locks_share_an_environment(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, steps: list[BuildStep]
) -> None:
    """The unresolved text is not the key: what it resolves to is."""
    wheelhouse.add("demo", "1.0")
    first = manager.ensure(manager.lock(make_spec("demo==1.0")))
    before = len(steps)

    second = manager.ensure(manager.lock(make_spec("demo>=1,<2\n# another text\n")))

    assert second.path == first.path
    assert [step.step for step in steps[before:]] == ["resolving"]


def test_the_same_requirements_are_resolved_once(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, steps: list[BuildStep]
) -> None:
    """A lock stays as it was though a newer version appeared; refresh looks again."""
    wheelhouse.add("demo", "1.0")
    first = manager.lock(make_spec("demo"))
    wheelhouse.add("demo", "2.0")

    assert manager.lock(make_spec("demo")) == first
    assert manager.lock(make_spec("  demo   # with a remark\n")) == first
    assert len(steps) == 1
    assert manager.lock(make_spec("demo"), refresh=True).packages[0].version == "2.0"
    assert manager.lock(make_spec("demo")).packages[0].version == "2.0"


def test_additions_join_what_is_asked_for(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """What the runtime adds is resolved together with the model's own lines (spec 13.13)."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("extra", "1.0")
    spec = make_spec("demo")

    lock = manager.lock(EnvironmentSpec(None, spec.files, spec.holders, ("extra", "demo")))

    assert [package.name for package in lock.packages] == ["demo", "extra"]
    assert lock.additions == ("extra",)


def test_find_sees_only_what_is_complete(
    run_in, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Without its marker, or its interpreter, an environment does not count and is built again."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("demo"))
    environment = manager.ensure(lock)
    (Path(environment.path) / "environment.json").unlink()
    nothing = manager.find(lock)
    manager.ensure(lock)
    Path(environment.python).unlink()

    assert nothing is None
    assert manager.find(lock) is None
    assert run_in(manager.ensure(lock), "import demo; demo.main()") == "demo 1.0"


def test_find_loads_nothing_heavy(manager: EnvironmentManager, make_spec: MakeSpec) -> None:
    """A ready environment is found without importing packaging or virtualenv."""
    lock = manager.lock(make_spec(""))
    manager.ensure(lock)
    code = (
        "import sys, pathlib;"
        "from modelop_jupyter.environments import EnvironmentManager as M;"
        "from modelop_jupyter.domain.environments import EnvironmentSpec as S;"
        f"m = M(pathlib.Path({str(manager.root)!r}),"
        " environ={'PIP_CONFIG_FILE': '/dev/null', 'PIP_NO_INDEX': '1'});"
        "lock = m.lock(S(files={'requirements.txt': b''}, holders=('requirements.txt',)));"
        "assert m.find(lock);"
        "print([n for n in ('packaging','virtualenv','uv','filelock','tomllib')"
        " if n in sys.modules])"
    )
    environ = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1"}
    same = EnvironmentManager(manager.root, environ=environ)
    same.lock(make_spec(""))

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"


def test_lists_gets_and_removes(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Environments are found again by the beginning of their fingerprint."""
    wheelhouse.add("demo", "1.0")
    empty = manager.ensure(manager.lock(make_spec("")))
    full = manager.ensure(manager.lock(make_spec("demo")))

    listed = manager.list()
    manager.remove(empty)

    assert listed == sorted(listed, key=lambda item: item.created)
    assert {item.fingerprint for item in listed} == {empty.fingerprint, full.fingerprint}
    assert manager.get(full.fingerprint[:8]) == manager.list()[0]
    assert not Path(empty.path).exists()
    with pytest.raises(EnvironmentNotFoundError):
        manager.get(empty.fingerprint)


def test_an_ambiguous_name_is_refused(manager: EnvironmentManager, make_spec: MakeSpec) -> None:
    """Nothing is removed by half a name."""
    first = manager.ensure(manager.lock(make_spec("")))
    twin = Path(first.path).with_name(first.fingerprint[:-1] + "z")
    twin.mkdir()
    marker = json.loads((Path(first.path) / "environment.json").read_text())
    marker["fingerprint"] = twin.name
    marker["python"] = first.python
    (twin / "environment.json").write_text(json.dumps(marker))

    with pytest.raises(ConflictError, match="2 environments"):
        manager.get(first.fingerprint[:4])


def test_sizes_count_each_file_once(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """A package that two environments share is counted for the older one."""
    wheel = wheelhouse.add("demo", "1.0")
    wheelhouse.add("six-like", "1.0", module="six_like")
    assert wheel.is_file()
    manager.ensure(manager.lock(make_spec("demo")))
    manager.ensure(manager.lock(make_spec("demo\nsix-like")))

    older, newer = manager.list(sizes=True)
    site = next(Path(newer.path).glob("lib/python*/site-packages"))

    assert older.size and newer.size
    assert (site / "demo" / "__init__.py").stat().st_nlink > 1


def test_one_in_use_is_not_removed(manager: EnvironmentManager, make_spec: MakeSpec) -> None:
    """A process of a job keeps its environment."""
    environment = manager.ensure(manager.lock(make_spec("")))
    process = subprocess.Popen([environment.python, "-I", "-c", "input()"], stdin=subprocess.PIPE)

    with pytest.raises(ConflictError, match=f"used by process {process.pid}"):
        manager.remove(environment)
    process.communicate(b"\n")
    manager.remove(environment)

    assert manager.list() == []


def test_one_being_built_is_not_removed(manager: EnvironmentManager, make_spec: MakeSpec) -> None:
    """The guard of a build holds off removal."""
    environment = manager.ensure(manager.lock(make_spec("")))

    with (
        manager._store.file_lock(environment.fingerprint),
        pytest.raises(ConflictError, match="being built"),
    ):
        manager.remove(environment)


def test_an_unusable_home_has_its_own_error(tmp_path: Path, make_spec: MakeSpec) -> None:
    """A file where the folder should be: no traceback of an OSError."""
    (tmp_path / "home").write_text("")

    with pytest.raises(HomeError, match="cannot be used"):
        EnvironmentManager(tmp_path / "home", environ={}).lock(make_spec(""))


def test_a_damaged_lock_is_resolved_again(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Half a file counts as none."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("demo"))
    for file in (manager.root / "locks").glob("*.json"):
        file.write_text(file.read_text()[:20])

    assert manager.lock(make_spec("demo")) == lock


def test_a_known_lock_is_read_and_never_resolved(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, steps: list[BuildStep]
) -> None:
    """Requirements that were never resolved have no known lock."""
    wheelhouse.add("demo", "1.0")
    unknown = manager.known_lock(make_spec("demo"))
    lock = manager.lock(make_spec("demo"))
    before = len(steps)

    assert unknown is None
    assert manager.known_lock(make_spec("demo")) == lock
    assert manager.known_lock(make_spec("-e .")) is None
    assert len(steps) == before
