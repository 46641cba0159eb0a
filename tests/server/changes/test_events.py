"""Changes made elsewhere are told within a second, and nobody looks when nobody is there."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from modelop_jupyter import Workspace
from modelop_jupyter.server.changes import events
from modelop_jupyter.server.changes.events import SCHEMA_ID, ChangeNotifier
from modelop_jupyter.server.changes.watcher import ChangeWatcher
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.file_root import FileRoot
from modelop_jupyter.settings import Settings
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE

Fetch = Callable[..., Awaitable[Any]]
Listen = Callable[[], AbstractAsyncContextManager[Any]]


@pytest.fixture
def listen(
    jp_serverapp: Any, http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str
) -> Listen:
    """Open a connection that gets all events, and close it at both ends."""
    url = http_server_client.get_url(f"{jp_base_url}api/events/subscribe")

    @asynccontextmanager
    async def listen() -> AsyncIterator[Any]:
        socket = await websocket_connect(
            HTTPRequest(
                url.replace("http", "ws", 1),
                headers=jp_auth_header,
                connect_timeout=PATIENCE,
                request_timeout=PATIENCE,
            )
        )
        try:
            yield socket
        finally:
            socket.close()
            # An open one would be noticed while the next test is set up.
            while await socket.read_message() is not None:
                pass

    return listen


async def next_event(socket: Any, topic: str) -> dict[str, Any]:
    """Return the next event about a topic, as a browser receives it."""
    while True:
        message = await asyncio.wait_for(socket.read_message(), PATIENCE)
        event: dict[str, Any] = json.loads(message)
        if event["schema_id"] == SCHEMA_ID and event["topic"] == topic:
            return event


async def test_a_change_of_another_process_is_told(
    api: ApiCall, listen: Listen, workspace: Workspace, root: Path, model: str
) -> None:
    """A magic registers, and every open sidebar shows it (issue 6)."""
    async with listen() as socket:
        await api("GET", "changes")
        workspace.asset_role(model, "double.py", "UNKNOWN")
        event = await next_event(socket, "models")

    assert event["count"] == 1


async def test_a_poll_counts_the_same_changes(
    api: ApiCall, workspace: Workspace, model: str
) -> None:
    """Whoever cannot listen asks, and an unchanged answer is not sent twice."""
    _, before = await api("GET", "changes")
    _, same = await api("GET", "changes")
    workspace.remove(model)
    _, after = await api("GET", "changes")

    assert same["models"] == before["models"]
    assert after["models"] == before["models"] + 1
    assert after["session"] == before["session"]


async def test_an_answer_that_is_the_same_is_not_sent_again(jp_fetch: Fetch, model: str) -> None:
    """A browser that has it is told so."""
    first = await jp_fetch("modelop-jupyter", "roles")
    headers = {"If-None-Match": first.headers["Etag"]}
    second = await jp_fetch("modelop-jupyter", "roles", headers=headers, raise_error=False)

    assert (second.code, second.body) == (304, b"")


@pytest.mark.slow
async def test_a_running_job_is_told_of_by_its_id(
    api: ApiCall, listen: Listen, workspace: Workspace, root: Path
) -> None:
    """Progress is asked for when there is some, and the end is a toast."""
    go = root / "go"
    (root / "slow.py").write_text(
        "import os, time\n# modelop.score\ndef score(r):\n"
        f"    while not os.path.exists({str(go)!r}): time.sleep(0.02)\n    yield r\n"
    )
    workspace.register("slow", root / "slow.py")
    workspace.env_build("slow")
    async with listen() as socket:
        await api("GET", "changes")
        job = workspace.batch("slow", [{"x": 1}])
        told = await next_event(socket, "jobs")
        while job.id not in told["ids"]:
            told = await next_event(socket, "jobs")
        is_running = not job.status.is_done
        go.touch()
        job.wait(PATIENCE)

    assert is_running


@pytest.fixture
def quiet_home(tmp_path: Path) -> Path:
    """A home that nobody else uses: jobs of other tests may still write to the common environments."""
    home = tmp_path / "quiet-home"
    for name in ("environments/locks", "environments/abc", "kernels/abc"):
        (home / name).mkdir(parents=True)
    return home


@pytest.fixture
def watcher(quiet_home: Path) -> Iterator[ChangeWatcher]:
    with Workspace(Settings(quiet_home, f"sqlite:///{quiet_home / 'registry.db'}")) as workspace:
        watcher = ChangeWatcher(workspace)
        watcher.look()
        yield watcher
        watcher.close()


@pytest.mark.parametrize(
    ("folder", "topic"),
    [
        ("environments/locks", "environments"),
        ("environments", "environments"),
        ("kernels", "kernels"),
    ],
)
def test_a_folder_that_changes_is_seen(
    watcher: ChangeWatcher, quiet_home: Path, folder: str, topic: str
) -> None:
    """Environments and kernels are folders; the registry does not know of them."""
    # The clock of some file systems has not gone on since they were made.
    os.utime(quiet_home / folder, (1, 1))
    watcher.look()
    (quiet_home / folder / "new").mkdir()

    assert [change.topic for change in watcher.look()] == [topic]


def test_nothing_new_is_no_news(watcher: ChangeWatcher) -> None:
    """A look without a change says nothing."""
    assert watcher.look() == []


async def test_nobody_looks_when_nobody_has_asked_for_a_while(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An idle server does nothing at all."""
    monkeypatch.setattr(events, "_AWAKE_SECONDS", 0.1)
    monkeypatch.setattr(events, "_LOOK_SECONDS", 0.01)
    context = ServerContext(Settings(home, f"sqlite:///{home / 'registry.db'}"), FileRoot(tmp_path))
    notifier = ChangeNotifier(context, None)  # type: ignore[arg-type]
    notifier.wake()
    task = notifier._task
    assert task is not None
    await asyncio.wait([task], timeout=PATIENCE)
    context.close()

    assert task.done()
    assert task.exception() is None
