"""What all requests share: made once, whoever comes first, and closed when nobody uses it any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.server import background_runs
from modelop_jupyter.server import context as contexts
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.file_root import FileRoot
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE


@pytest.fixture
def context(home: Path, tmp_path: Path) -> Iterator[ServerContext]:
    context = ServerContext(Settings(home, f"sqlite:///{home / 'registry.db'}"), FileRoot(tmp_path))
    yield context
    context.close()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Workspace]:
    """The workspaces that are closed from now on."""
    closed: list[Workspace] = []
    original = Workspace.close
    monkeypatch.setattr(Workspace, "close", lambda it: (closed.append(it), original(it)))
    return closed


@pytest.mark.parametrize("name", ["watcher.ChangeWatcher", "home_state.HomeStateReader"])
def test_requests_that_come_at_once_share_one_connection(
    context: ServerContext, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Only one of two would be closed with the server."""
    path = f"modelop_jupyter.server.changes.{name}"
    made: list[Any] = []
    is_first, is_second = threading.Event(), threading.Event()

    class Made:
        def __init__(self, _workspace: Workspace) -> None:
            made.append(self)
            (is_second if is_first.is_set() else is_first).set()
            # The other thread is here now, or it waits for this one.
            is_second.wait(0.5)

        def close(self) -> None:
            pass

    monkeypatch.setattr(path, Made)
    ask = (lambda: context.watcher) if "Watcher" in name else (lambda: context.response_cache)
    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    assert is_first.wait(PATIENCE)
    threads[1].start()
    for thread in threads:
        thread.join(PATIENCE)

    assert len(made) == 1


def test_the_database_stays_open_for_a_check_that_goes_on(
    context: ServerContext, closed: list[Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a build: what does not stop at once would open it again."""
    begun, may_end = threading.Event(), threading.Event()
    context.checks.start(
        "m", lambda *_: (begun.set(), may_end.wait(PATIENCE)), refusal=ConflictError("no")
    )
    assert begun.wait(PATIENCE)
    with monkeypatch.context() as patch:
        patch.setattr(background_runs, "_CLOSE_SECONDS", 0.01)
        context.close()
    meanwhile = list(closed)
    may_end.set()
    context.close()

    assert (meanwhile, len(closed)) == ([], 1)


def test_the_database_stays_open_for_a_build_that_goes_on(
    context: ServerContext, closed: list[Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would open it again, and nobody would close that."""
    begun, may_end = threading.Event(), threading.Event()
    workspace = context.workspace
    context.start(lambda: (begun.set(), may_end.wait(PATIENCE)), key="build")
    assert begun.wait(PATIENCE)
    with monkeypatch.context() as patch:
        patch.setattr(contexts, "_CLOSE_SECONDS", 0.01)
        context.close()
    meanwhile = list(closed)
    may_end.set()
    context.close()

    assert meanwhile == []
    assert closed == [workspace]
