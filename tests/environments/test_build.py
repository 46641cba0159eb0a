"""From a lock to a finished environment, all or nothing, with real uv and hand-written packages."""

from __future__ import annotations

import json
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
    EnvironmentSpec,
    LockedPackage,
)
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import (
    EnvironmentBuildError,
)
from tests.waiting import PATIENCE

MakeSpec = Callable[..., EnvironmentSpec]


def test_builds_exactly_what_is_asked_for(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, steps: list[BuildStep]
) -> None:
    """The environment holds its lock and nothing else (spec 6.3)."""
    wheelhouse.add("demo", "1.0", requires=("helper>=2",))
    wheelhouse.add("helper", "2.1")
    wheelhouse.add("other", "9.0")

    environment = manager.ensure(manager.lock(make_spec("demo==1.0\n")))
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


def test_two_versions_live_side_by_side(
    run_in, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Each model sees its own version of a library (spec 6.3)."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("demo", "2.0")

    versions = [
        run_in(manager.ensure(manager.lock(make_spec(f"demo=={v}"))), "import demo; demo.main()")
        for v in ("1.0", "2.0")
    ]

    assert versions == ["demo 1.0", "demo 2.0"]


def test_no_requirements_need_no_installer(run_in, tmp_path: Path, make_spec: MakeSpec) -> None:
    """An empty file is an empty environment, made without uv or an index (spec 6.10)."""
    manager = EnvironmentManager(tmp_path / "e", environ={"PATH": "", "HOME": str(tmp_path)})

    environment = manager.ensure(manager.lock(make_spec("\n# nothing\n")))

    assert environment.packages == ()
    assert run_in(environment, "print(1)") == "1"


def test_scripts_run_under_the_final_path(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """An environment is renamed when it is finished; its scripts must not notice."""
    wheelhouse.add("demo", "1.0")
    environment = manager.ensure(manager.lock(make_spec("demo")))

    result = subprocess.run(
        [Path(environment.path) / "bin" / "demo-run"], capture_output=True, text=True, check=True
    )

    assert result.stdout == "demo 1.0\n"
    assert ".building" not in (Path(environment.path) / "bin" / "demo-run").read_text()


def test_a_failed_installation_leaves_nothing(
    leftovers, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, tmp_path: Path
) -> None:
    """A wheel that changed after it was locked is refused by its hash."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("# pinned\ndemo==1.0"))
    wheelhouse.add("demo", "1.0", requires=("changed",))
    shutil.rmtree(tmp_path / "user" / ".cache")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(lock)

    error = caught.value
    assert (error.asset, error.line, error.requirement) == ("requirements.txt", 2, "demo==1.0")
    assert "hash differs" in error.reason
    assert error.log and "Hash mismatch" in Path(error.log).read_text()
    assert (manager.find(lock), leftovers(manager.root)) == (None, [])


def test_a_package_that_cannot_be_found_is_refused(
    leftovers, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Installed is not enough: here a module compiled for another Python."""
    wheelhouse.add("demo", "1.0", files=("demo.cpython-27-x86_64-linux-gnu.so",))

    with pytest.raises(EnvironmentBuildError, match="demo cannot be imported"):
        manager.ensure(manager.lock(make_spec("demo")))

    assert (manager.list(), leftovers(manager.root)) == ([], [])


def test_leftovers_in_a_killed_build_are_cleaned(
    leftovers, run_in, manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """The next call removes what a kill left behind and succeeds."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("demo"))
    left = manager.root / f".building-{lock.fingerprint}-0000"
    (left / "bin").mkdir(parents=True)
    (left / "environment.json").write_text("{}")

    environment = manager.ensure(lock)

    assert run_in(environment, "import demo; demo.main()") == "demo 1.0"
    assert leftovers(manager.root) == []


def test_an_interrupt_leaves_nothing(
    leftovers, tmp_path: Path, offline: dict[str, str], wheelhouse, make_spec: MakeSpec
) -> None:
    """Ctrl-C in the middle of a build is no half-built environment."""
    wheelhouse.add("demo", "1.0")

    def stop(step: BuildStep) -> None:
        if step.step == "checking":
            raise KeyboardInterrupt

    stopped = EnvironmentManager(tmp_path / "environments", progress=stop, environ=offline)
    lock = stopped.lock(make_spec("demo"))

    with pytest.raises(KeyboardInterrupt):
        stopped.ensure(lock)

    assert (stopped.list(), leftovers(stopped.root)) == ([], [])
    assert EnvironmentManager(stopped.root, environ=offline).ensure(lock)


def test_waiting_for_another_build_is_shown(
    manager: EnvironmentManager, make_spec: MakeSpec, steps: list[BuildStep]
) -> None:
    """Whoever joins a build knows why nothing happens."""
    lock = manager.lock(make_spec(""))
    guard = manager._store.file_lock(lock.fingerprint)
    guard.__enter__()
    thread = threading.Thread(target=manager.ensure, args=(lock,))
    thread.start()
    while not any(step.step == "waiting" for step in steps):
        time.sleep(0.01)
    guard.__exit__(None, None, None)
    thread.join(PATIENCE)

    assert steps[-1].step == "ready"


@pytest.mark.slow
def test_many_processes_build_once(
    leftovers, manager: EnvironmentManager, wheelhouse, offline: dict[str, str], tmp_path: Path
) -> None:
    """Of twenty processes at once one builds, and nineteen wait and show its progress."""
    wheelhouse.add("demo", "1.0")
    script = tmp_path / "ask.py"
    # The one that resolves goes on when another one has shown that.
    script.write_text(
        "import json, sys, pathlib, time\n"
        "from modelop_jupyter.environments import EnvironmentManager\n"
        "from modelop_jupyter.domain.environments import EnvironmentSpec\n"
        "root, environ = sys.argv[1], json.loads(sys.argv[2])\n"
        "shown = pathlib.Path(__file__).with_name('shown')\n"
        "steps = []\n"
        "def tell(step):\n"
        "    steps.append([step.step, step.is_joined])\n"
        "    if step.step == 'resolving' and step.is_joined: shown.touch()\n"
        "    while step.step == 'resolving' and not shown.exists(): time.sleep(0.01)\n"
        "manager = EnvironmentManager(pathlib.Path(root), progress=tell, environ=environ)\n"
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
    reports = [json.loads(out) for out, _ in answers]

    assert len({fingerprint for fingerprint, _ in reports}) == 1
    assert sum(["resolving", False] in steps for _, steps in reports) == 1
    assert sum(["ready", False] in steps for _, steps in reports) == 1
    assert sum(["resolving", True] in steps for _, steps in reports) > 0
    assert leftovers(manager.root) == []


@pytest.mark.slow
def test_after_a_kill_the_next_call_succeeds(
    leftovers,
    manager: EnvironmentManager,
    wheelhouse,
    offline: dict[str, str],
    tmp_path: Path,
    make_spec: MakeSpec,
) -> None:
    """kill -9 at any moment of a build leaves nothing in the way."""
    wheelhouse.add("demo", "1.0", requires=("helper",))
    wheelhouse.add("helper", "1.0")
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

    environment = manager.ensure(manager.lock(make_spec("demo")))

    assert codes == [-9] * 4
    assert manager.prove(environment, names=()).is_exact
    assert leftovers(manager.root) == []


def test_this_machines_own_configuration_works(run_in, tmp_path: Path, make_spec: MakeSpec) -> None:
    """Real packages from the indexes of this machine's pip configuration, by uv."""
    manager = EnvironmentManager(tmp_path / "environments")

    environment = manager.ensure(manager.lock(make_spec("six==1.16.0\nidna>=3,<4\n")))

    assert [package.name for package in environment.packages] == ["idna", "six"]
    assert run_in(environment, "import six, idna; print(six.__version__)") == "1.16.0"
