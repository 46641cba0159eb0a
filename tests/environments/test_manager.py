"""From requirements to a proven environment, with real uv and real packages written by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import (
    BuildStep,
    Environment,
    EnvironmentSpec,
    LockedPackage,
)
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import (
    ConflictError,
    EnvironmentBuildError,
    EnvironmentNotFoundError,
    HomeError,
)

Asking = Callable[..., EnvironmentSpec]


def run_in(environment: Environment, code: str, **extra: str) -> str:
    """Execute code as the runner does: isolated, with the environment's own interpreter."""
    done = subprocess.run(
        [environment.python, "-I", "-c", code],
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def leftovers(manager: EnvironmentManager) -> list[str]:
    return [path.name for path in manager.root.glob(".building-*")]


def test_builds_exactly_what_is_asked_for(
    manager: EnvironmentManager, house, asking: Asking, steps: list[BuildStep]
) -> None:
    """The environment holds its lock and nothing else (6.3)."""
    house.add("demo", "1.0", requires=("helper>=2",))
    house.add("helper", "2.1")
    house.add("other", "9.0")

    environment = manager.ensure(manager.lock(asking("demo==1.0\n")))
    proof = manager.prove(environment, names=["pytest", "hypothesis", "demo", "json"])

    assert environment.packages == (LockedPackage("demo", "1.0"), LockedPackage("helper", "2.1"))
    assert proof.packages == environment.packages
    assert proof.is_exact, proof
    assert proof.tried == 4
    assert [step.step for step in steps] == [
        "resolving",
        "creating",
        "installing",
        "checking",
        "ready",
    ]


def test_the_notebooks_packages_cannot_be_imported(
    manager: EnvironmentManager, asking: Asking
) -> None:
    """By default everything this process could import is tried."""
    environment = manager.ensure(manager.lock(asking("")))

    proof = manager.prove(environment)

    assert proof.leaked == ()
    assert proof.tried > 20
    assert proof.is_exact


def test_two_versions_live_side_by_side(manager: EnvironmentManager, house, asking: Asking) -> None:
    """Each model sees its own version of a library (6.3)."""
    house.add("demo", "1.0")
    house.add("demo", "2.0")

    versions = [
        run_in(manager.ensure(manager.lock(asking(f"demo=={v}"))), "import demo; demo.main()")
        for v in ("1.0", "2.0")
    ]

    assert versions == ["demo 1.0", "demo 2.0"]


def test_equal_locks_share_an_environment(
    manager: EnvironmentManager, house, asking: Asking, steps: list[BuildStep]
) -> None:
    """The unresolved text is not the key: what it resolves to is."""
    house.add("demo", "1.0")
    first = manager.ensure(manager.lock(asking("demo==1.0")))
    before = len(steps)

    second = manager.ensure(manager.lock(asking("demo>=1,<2\n# another text\n")))

    assert second.path == first.path
    assert [step.step for step in steps[before:]] == ["resolving"]


def test_the_same_question_is_never_resolved_twice(
    manager: EnvironmentManager, house, asking: Asking, steps: list[BuildStep]
) -> None:
    """A lock stays as it was though a newer version appeared; refresh looks again."""
    house.add("demo", "1.0")
    first = manager.lock(asking("demo"))
    house.add("demo", "2.0")

    assert manager.lock(asking("demo")) == first
    assert manager.lock(asking("  demo   # with a remark\n")) == first
    assert len(steps) == 1
    assert manager.lock(asking("demo"), refresh=True).packages[0].version == "2.0"
    assert manager.lock(asking("demo")).packages[0].version == "2.0"


def test_a_kept_lock_builds_the_same_again(
    manager: EnvironmentManager, house, asking: Asking, tmp_path: Path, offline: dict[str, str]
) -> None:
    """The text of a lock is enough, in another home, when newer versions are out."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("demo"))
    house.add("demo", "2.0")
    elsewhere = EnvironmentManager(tmp_path / "elsewhere", environ=offline)

    restored = elsewhere.restore(lock.text)

    assert restored == lock
    assert run_in(elsewhere.ensure(restored), "import demo; demo.main()") == "demo 1.0"


def test_waiting_for_another_build_is_said(
    manager: EnvironmentManager, asking: Asking, steps: list[BuildStep]
) -> None:
    """Whoever joins a build knows why nothing happens."""
    lock = manager.lock(asking(""))
    guard = manager._shelf.guard(lock.fingerprint)
    guard.__enter__()
    thread = threading.Thread(target=manager.ensure, args=(lock,))
    thread.start()
    while not any(step.step == "waiting" for step in steps):
        time.sleep(0.01)
    guard.__exit__(None, None, None)
    thread.join(20)

    assert steps[-1].step == "ready"


def test_no_requirements_need_no_installer(tmp_path: Path, asking: Asking) -> None:
    """An empty file is an empty environment, made without uv or an index (6.10)."""
    manager = EnvironmentManager(tmp_path / "e", environ={"PATH": "", "HOME": str(tmp_path)})

    environment = manager.ensure(manager.lock(asking("\n# nothing\n")))

    assert environment.packages == ()
    assert run_in(environment, "print(1)") == "1"


def test_additions_join_what_is_asked_for(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """What the runtime adds is resolved together with the model's own lines (13.13)."""
    house.add("demo", "1.0")
    house.add("extra", "1.0")
    spec = asking("demo")

    lock = manager.lock(EnvironmentSpec(None, spec.files, spec.holders, ("extra", "demo")))

    assert [package.name for package in lock.packages] == ["demo", "extra"]
    assert lock.additions == ("extra",)


def test_nothing_leaks_in(
    manager: EnvironmentManager, house, asking: Asking, tmp_path: Path
) -> None:
    """PYTHONPATH, the working directory and the user's site stay outside."""
    (tmp_path / "leak.py").write_text("x = 1")
    environment = manager.ensure(manager.lock(asking("")))
    code = "import importlib.util as u; print(u.find_spec('leak'))"

    seen = subprocess.run(
        [environment.python, "-I", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONUSERBASE": str(tmp_path)},
        capture_output=True,
        text=True,
    ).stdout

    assert seen.strip() == "None"


def test_proof_finds_what_was_put_in_by_hand(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """A distribution, a stray module and a missing package are all seen."""
    house.add("demo", "1.0")
    environment = manager.ensure(manager.lock(asking("demo")))
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    info = site / "guest-3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 3.0\n")
    (site / "stray.py").write_text("")
    (site / "demo-1.0.dist-info").rename(site / "demo-1.0.hidden")

    proof = manager.prove(environment, names=["stray"])

    assert "guest 3.0" in proof.foreign
    assert "stray.py (of no package)" in proof.foreign
    assert proof.missing == ("demo",)
    assert not proof.is_exact


def test_proof_finds_a_leak(manager: EnvironmentManager, asking: Asking, tmp_path: Path) -> None:
    """A path file that opens another folder is found out."""
    environment = manager.ensure(manager.lock(asking("")))
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "notebookish.py").write_text("")
    (site / "hole.pth").write_text(str(tmp_path / "outside"))

    proof = manager.prove(environment, names=["notebookish"])

    assert proof.leaked == ("notebookish",)


def test_scripts_run_under_the_final_path(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """An environment is renamed when it is finished; its scripts must not notice."""
    house.add("demo", "1.0")
    environment = manager.ensure(manager.lock(asking("demo")))

    said = subprocess.run(
        [Path(environment.path) / "bin" / "demo-run"], capture_output=True, text=True, check=True
    )

    assert said.stdout == "demo 1.0\n"
    assert ".building" not in (Path(environment.path) / "bin" / "demo-run").read_text()


def test_find_sees_only_what_is_complete(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """Without its marker, or its interpreter, an environment is not there and is made anew."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("demo"))
    environment = manager.ensure(lock)
    (Path(environment.path) / "environment.json").unlink()
    nothing = manager.find(lock)
    manager.ensure(lock)
    Path(environment.python).unlink()

    assert nothing is None
    assert manager.find(lock) is None
    assert run_in(manager.ensure(lock), "import demo; demo.main()") == "demo 1.0"


def test_find_loads_nothing_heavy(manager: EnvironmentManager, asking: Asking) -> None:
    """A ready environment is attached without packaging or virtualenv."""
    lock = manager.lock(asking(""))
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
    same.lock(asking(""))

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


def test_lists_gets_and_removes(manager: EnvironmentManager, house, asking: Asking) -> None:
    """Environments are found again by the beginning of their fingerprint."""
    house.add("demo", "1.0")
    empty = manager.ensure(manager.lock(asking("")))
    full = manager.ensure(manager.lock(asking("demo")))

    listed = manager.list()
    manager.remove(empty)

    assert listed == sorted(listed, key=lambda item: item.created)
    assert {item.fingerprint for item in listed} == {empty.fingerprint, full.fingerprint}
    assert manager.get(full.fingerprint[:8]) == manager.list()[0]
    assert not Path(empty.path).exists()
    with pytest.raises(EnvironmentNotFoundError):
        manager.get(empty.fingerprint)


def test_an_ambiguous_name_is_refused(manager: EnvironmentManager, asking: Asking) -> None:
    """Nothing is removed by half a name."""
    first = manager.ensure(manager.lock(asking("")))
    twin = Path(first.path).with_name(first.fingerprint[:-1] + "z")
    twin.mkdir()
    marker = json.loads((Path(first.path) / "environment.json").read_text())
    marker["fingerprint"] = twin.name
    marker["python"] = first.python
    (twin / "environment.json").write_text(json.dumps(marker))

    with pytest.raises(ConflictError, match="2 environments"):
        manager.get(first.fingerprint[:4])


def test_sizes_count_each_file_once(manager: EnvironmentManager, house, asking: Asking) -> None:
    """A package that two environments share is counted for the older one."""
    wheel = house.add("demo", "1.0")
    house.add("six-like", "1.0", module="six_like")
    assert wheel.is_file()
    manager.ensure(manager.lock(asking("demo")))
    manager.ensure(manager.lock(asking("demo\nsix-like")))

    older, newer = manager.list(sizes=True)
    site = next(Path(newer.path).glob("lib/python*/site-packages"))

    assert older.size and newer.size
    assert (site / "demo" / "__init__.py").stat().st_nlink > 1


def test_one_in_use_is_not_removed(manager: EnvironmentManager, asking: Asking) -> None:
    """A process of a job keeps its environment."""
    environment = manager.ensure(manager.lock(asking("")))
    process = subprocess.Popen([environment.python, "-I", "-c", "input()"], stdin=subprocess.PIPE)

    with pytest.raises(ConflictError, match=f"used by process {process.pid}"):
        manager.remove(environment)
    process.communicate(b"\n")
    manager.remove(environment)

    assert manager.list() == []


def test_one_being_built_is_not_removed(manager: EnvironmentManager, asking: Asking) -> None:
    """The guard of a build holds off removal."""
    environment = manager.ensure(manager.lock(asking("")))

    with (
        manager._shelf.guard(environment.fingerprint),
        pytest.raises(ConflictError, match="being built"),
    ):
        manager.remove(environment)


def test_an_unusable_home_is_said_so(tmp_path: Path, asking: Asking) -> None:
    """A file where the folder should be: no traceback of an OSError."""
    (tmp_path / "home").write_text("")

    with pytest.raises(HomeError, match="cannot be used"):
        EnvironmentManager(tmp_path / "home", environ={}).lock(asking(""))


def test_a_failed_installation_leaves_nothing(
    manager: EnvironmentManager, house, asking: Asking, tmp_path: Path
) -> None:
    """A wheel that changed after it was locked is refused by its hash."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("# pinned\ndemo==1.0"))
    house.add("demo", "1.0", requires=("changed",))
    shutil.rmtree(tmp_path / "user" / ".cache")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(lock)

    error = caught.value
    assert (error.asset, error.line, error.requirement) == ("requirements.txt", 2, "demo==1.0")
    assert "hash differs" in error.reason
    assert error.log and "Hash mismatch" in Path(error.log).read_text()
    assert (manager.find(lock), leftovers(manager)) == (None, [])


def test_a_package_that_cannot_be_found_is_refused(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """Installed is not enough: here a module compiled for another Python."""
    house.add("demo", "1.0", files=("demo.cpython-27-x86_64-linux-gnu.so",))

    with pytest.raises(EnvironmentBuildError, match="demo cannot be imported"):
        manager.ensure(manager.lock(asking("demo")))

    assert (manager.list(), leftovers(manager)) == ([], [])


def test_leftovers_of_a_killed_build_are_cleaned(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """The next call removes what a kill left behind and succeeds."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("demo"))
    left = manager.root / f".building-{lock.fingerprint}-0000"
    (left / "bin").mkdir(parents=True)
    (left / "environment.json").write_text("{}")

    environment = manager.ensure(lock)

    assert run_in(environment, "import demo; demo.main()") == "demo 1.0"
    assert leftovers(manager) == []


def test_a_damaged_lock_is_resolved_again(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """Half a file counts as none."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("demo"))
    for file in (manager.root / "locks").glob("*.json"):
        file.write_text(file.read_text()[:20])

    assert manager.lock(asking("demo")) == lock


def test_an_interrupt_leaves_nothing(
    tmp_path: Path, offline: dict[str, str], house, asking: Asking
) -> None:
    """Ctrl-C in the middle of a build is no half-built environment."""
    house.add("demo", "1.0")

    def stop(step: BuildStep) -> None:
        if step.step == "checking":
            raise KeyboardInterrupt

    stopped = EnvironmentManager(tmp_path / "environments", progress=stop, environ=offline)
    lock = stopped.lock(asking("demo"))

    with pytest.raises(KeyboardInterrupt):
        stopped.ensure(lock)

    assert (stopped.list(), leftovers(stopped)) == ([], [])
    assert EnvironmentManager(stopped.root, environ=offline).ensure(lock)


@pytest.mark.slow
def test_many_processes_build_once(
    manager: EnvironmentManager, house, offline: dict[str, str], tmp_path: Path
) -> None:
    """Twenty ask at once: one builds, nineteen wait for it."""
    house.add("demo", "1.0")
    script = tmp_path / "ask.py"
    script.write_text(
        "import json, sys, pathlib\n"
        "from modelop_jupyter.environments import EnvironmentManager\n"
        "from modelop_jupyter.domain.environments import EnvironmentSpec\n"
        "root, environ = sys.argv[1], json.loads(sys.argv[2])\n"
        "steps = []\n"
        "manager = EnvironmentManager(pathlib.Path(root), progress=lambda s: steps.append(s.step), environ=environ)\n"
        "lock = manager.lock(EnvironmentSpec(files={'r.txt': b'demo'}, holders=('r.txt',)))\n"
        "environment = manager.ensure(lock)\n"
        "print(json.dumps([environment.fingerprint, steps]))\n"
    )
    command = [sys.executable, str(script), str(manager.root), json.dumps(offline)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(20)
    ]

    answers = [process.communicate() for process in processes]
    told = [json.loads(out) for out, _ in answers]

    assert len({fingerprint for fingerprint, _ in told}) == 1
    assert sum("resolving" in steps for _, steps in told) == 1
    assert sum("ready" in steps for _, steps in told) == 1
    assert leftovers(manager) == []


@pytest.mark.slow
def test_after_a_kill_the_next_call_succeeds(
    manager: EnvironmentManager, house, offline: dict[str, str], tmp_path: Path, asking: Asking
) -> None:
    """kill -9 at any moment of a build leaves nothing in the way."""
    house.add("demo", "1.0", requires=("helper",))
    house.add("helper", "1.0")
    script = tmp_path / "ask.py"
    script.write_text(
        "import json, sys, pathlib\n"
        "from modelop_jupyter.environments import EnvironmentManager\n"
        "from modelop_jupyter.domain.environments import EnvironmentSpec\n"
        "def progress(step):\n"
        "    if step.step == sys.argv[3]:\n"
        "        import os; os.kill(os.getpid(), 9)\n"
        "manager = EnvironmentManager(pathlib.Path(sys.argv[1]), progress=progress, environ=json.loads(sys.argv[2]))\n"
        "spec = EnvironmentSpec(files={'requirements.txt': b'demo'}, holders=('requirements.txt',))\n"
        "manager.ensure(manager.lock(spec))\n"
    )
    codes = [
        subprocess.run(
            [sys.executable, str(script), str(manager.root), json.dumps(offline), moment]
        ).returncode
        for moment in ("resolving", "creating", "installing", "checking")
    ]

    environment = manager.ensure(manager.lock(asking("demo")))

    assert codes == [-9] * 4
    assert manager.prove(environment, names=()).is_exact
    assert leftovers(manager) == []


def test_this_machines_own_configuration_works(tmp_path: Path, asking: Asking) -> None:
    """Real packages from wherever pip would take them here; uv is told what pip knows."""
    manager = EnvironmentManager(tmp_path / "environments")

    environment = manager.ensure(manager.lock(asking("six==1.16.0\nidna>=3,<4\n")))

    assert [package.name for package in environment.packages] == ["idna", "six"]
    assert run_in(environment, "import six, idna; print(six.__version__)") == "1.16.0"


def test_a_known_lock_is_read_and_never_resolved(
    manager: EnvironmentManager, house, asking: Asking, steps: list[BuildStep]
) -> None:
    """What was never asked has no known lock."""
    house.add("demo", "1.0")
    unknown = manager.known_lock(asking("demo"))
    lock = manager.lock(asking("demo"))
    before = len(steps)

    assert unknown is None
    assert manager.known_lock(asking("demo")) == lock
    assert manager.known_lock(asking("-e .")) is None
    assert len(steps) == before


def test_says_whether_a_process_runs_inside(manager: EnvironmentManager, asking: Asking) -> None:
    """As long as it runs, and no longer."""
    environment = manager.ensure(manager.lock(asking("")))
    process = subprocess.Popen([environment.python, "-I", "-c", "input()"], stdin=subprocess.PIPE)
    during = manager.is_used(environment)
    process.communicate(b"\n")

    assert (during, manager.is_used(environment)) == (True, False)
