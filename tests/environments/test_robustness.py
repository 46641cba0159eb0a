"""What goes wrong around a build leaves nothing in the way of the next one."""

from __future__ import annotations

import contextlib
import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.cleanup.leftovers import leftovers_in
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.errors import EnvironmentBuildError
from tests.waiting import PATIENCE, wait_until

from .conftest import Index

pytestmark = pytest.mark.slow

MakeSpec = Callable[..., EnvironmentSpec]
ASK = """
import json, pathlib, sys
from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
manager = EnvironmentManager(pathlib.Path(sys.argv[1]), environ=json.loads(sys.argv[2]))
spec = EnvironmentSpec(files={"requirements.txt": b"demo"}, holders=("requirements.txt",))
print("begun", flush=True)
manager.ensure(manager.lock(spec))
"""


def ask(root: Path, environ: dict[str, str], **more: object) -> subprocess.Popen[str]:
    """Have another process build an environment of demo."""
    return subprocess.Popen(
        [sys.executable, "-c", ASK, str(root), json.dumps(environ)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,  # type: ignore[call-overload]
    )


def kill(builder: subprocess.Popen[str]) -> list[psutil.Process]:
    """Kill a builder, if it has not ended, and return the tools that outlive it."""
    tools: list[psutil.Process] = []
    builder.send_signal(signal.SIGSTOP)
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(builder.pid)
        wait_until(lambda: process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE))
        tools = process.children(recursive=True)
    builder.kill()
    builder.communicate()
    return tools


@pytest.mark.parametrize("seed", range(8))
def test_a_kill_at_any_moment_leaves_nothing_in_the_way(
    manager: EnvironmentManager,
    wheelhouse,
    offline: dict[str, str],
    make_spec: MakeSpec,
    leftovers,
    seed: int,
) -> None:
    """kill -9 somewhere between the first step and the last; the next call succeeds."""
    wheelhouse.add("demo", "1.0", requires=("helper",))
    wheelhouse.add("helper", "1.0", files=tuple(f"helper/m{number}.py" for number in range(300)))
    builder = ask(manager.root, offline)
    assert builder.stdout
    builder.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 0.6))
    tools = kill(builder)

    environment = manager.ensure(manager.lock(make_spec("demo")))

    assert manager.prove(environment, names=()).is_exact
    # What a tool that outlived its builder wrote meanwhile is for `env gc`.
    assert psutil.wait_procs(tools, timeout=PATIENCE)[1] == []
    for left in leftovers_in(EnvironmentStore(manager.root)):
        left.remove()
    assert leftovers(manager.root) == []


def test_a_full_disk_is_reported_and_leaves_nothing(
    manager: EnvironmentManager,
    wheelhouse,
    offline: dict[str, str],
    make_spec: MakeSpec,
    leftovers,
) -> None:
    """No file may grow past some kilobytes, which stands for a disk without room for a package."""
    modules = tuple(f"demo/m{number}.py" for number in range(500))
    wheelhouse.add("demo", "1.0", files=modules)

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    builder = ask(manager.root, offline, preexec_fn=no_room)
    stderr = builder.communicate()[1]

    assert builder.returncode == 1
    assert "EnvironmentBuildError" in stderr or "HomeError" in stderr
    assert (manager.list(), leftovers(manager.root)) == ([], [])
    assert manager.prove(manager.ensure(manager.lock(make_spec("demo"))), names=()).is_exact


def test_an_index_that_dies_in_the_middle_is_named(
    wheelhouse,
    index: Index,
    machine: dict[str, str],
    make_spec: MakeSpec,
    tmp_path: Path,
    leftovers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has told what there is, and is gone when a file is fetched; it comes back later."""
    wheelhouse.add("demo", "1.0")
    environ = {**machine, "PIP_NO_INDEX": "", "PIP_INDEX_URL": index.url}
    manager = EnvironmentManager(tmp_path / "environments", environ=environ)
    lock = manager.lock(make_spec("demo"))
    (tmp_path / "user" / ".cache").rename(tmp_path / "no-cache")
    answer = index.answer

    def hang_up(path: str, authorization: str | None) -> tuple[int, str, bytes]:
        raise ConnectionAbortedError

    monkeypatch.setattr(index.server, "handle_error", lambda *_: None)
    index.answer = hang_up  # type: ignore[method-assign]
    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(lock)
    index.answer = answer  # type: ignore[method-assign]

    assert caught.value.reason
    assert (manager.find(lock), leftovers(manager.root)) == (None, [])
    assert manager.prove(manager.ensure(lock), names=()).is_exact
