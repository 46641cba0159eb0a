"""Replica sets of real runners, and HTTP servers in front of them, for models that a test writes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.deployments.access import Access
from modelop_jupyter.deployments.application import application
from modelop_jupyter.deployments.http_server import HttpServer, ServerLimits, new_event_loop
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.replica import Replica
from modelop_jupyter.deployments.replica_set import ReplicaSet
from modelop_jupyter.deployments.scoring import AnsweredRecord, Scorer
from modelop_jupyter.deployments.served_model import ModelDescription, RequestLimits, ServedModel
from modelop_jupyter.deployments.staging import stage_replica
from modelop_jupyter.domain.deployments import DeploymentOptions
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE


@dataclass
class Served:
    """A replica set that answers, and what the tests see of it."""

    replicas: ReplicaSet
    restarts: list[int | None] = field(default_factory=list)

    async def ask(self, text: str, *, slot: int = 0, seconds: float = PATIENCE) -> str:
        """Return the lines of the record's answer; a problem is ``stage: message``."""
        answer = await self.replicas.ask(slot, text.encode(), seconds)
        if answer.problem is not None:
            problem = json.loads(answer.problem)
            return f"{problem['stage']}: {problem['message']}"
        return b"".join(lines for _, lines in answer.outputs).decode().strip()


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@contextlib.asynccontextmanager
async def _serve(
    workspace: Workspace,
    folder: Path,
    source: str,
    assets: Sequence[Path],
    *,
    size: int = 1,
    queue: int = 100,
    check_schemas: str | None = None,
) -> AsyncIterator[Served]:
    """Register a source and start replicas of it."""
    path = folder / "model.py"
    path.write_text(source)
    workspace.register("served", path, assets=assets)
    environment = workspace.environment("served")
    model, snapshot = workspace._home.resolve_snapshot("served")
    plan = DeploymentPlan(
        # Processes are ended by it, also those of tests that run at the same time.
        str(uuid4()),
        model,
        snapshot,
        environment.python,
        time.time(),
        DeploymentOptions(schemas=check_schemas),
    )
    blobs = workspace.blobs

    async def start(
        number: int,
        *,
        on_free: Callable[[Replica], object],
        on_end: Callable[[Replica], object],
    ) -> Replica:
        job = JobFolder(folder / plan.id / str(number))
        await asyncio.to_thread(stage_replica, plan, job, blobs)
        replica = Replica(job, on_free=on_free, on_end=on_end)
        await replica.start(environment.python, f"{plan.id}/{number}")
        return replica

    restarts: list[int | None] = []
    replicas = ReplicaSet(
        size, start, queue=queue, on_restart=lambda replica: restarts.append(replica.code)
    )
    await replicas.start(PATIENCE)
    try:
        yield Served(replicas, restarts)
    finally:
        await replicas.kill()


@pytest.fixture
def serve(workspace: Workspace, tmp_path: Path) -> Serve:
    """Register a source and start replicas of it."""

    def serve(source: str, *assets: Path, **options: Any) -> AbstractAsyncContextManager[Served]:
        return _serve(workspace, tmp_path, source, assets, **options)

    return serve


@dataclass
class Live:
    """A model that answers at a port, in another thread."""

    port: int
    meter: LoadMeter
    answered: list[AnsweredRecord]
    loop: asyncio.AbstractEventLoop
    http: HttpServer
    replicas: ReplicaSet

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, seconds: float = PATIENCE) -> None:
        """Stop the HTTP server only; returns when it is done."""
        asyncio.run_coroutine_threadsafe(self.http.stop(seconds), self.loop).result(PATIENCE)

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(PATIENCE)
        return connection

    def talk(self, *parts: bytes) -> bytes:
        """Send parts over a connection of its own; return all that comes until it is closed."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            data += part
    return data


GoLive = Callable[..., AbstractContextManager[Live]]


@pytest.fixture(scope="module")
def go_live(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> GoLive:
    """Return what serves a source at a port; several tests may share one."""

    @contextlib.contextmanager
    def go_live(
        source: str,
        *assets: Path,
        description: ModelDescription | None = None,
        limits: RequestLimits | None = None,
        server_limits: ServerLimits | None = None,
        inputs: frozenset[int] = frozenset({0}),
        outputs: frozenset[int] = frozenset({1}),
        token: str | None = None,
        size: int = 1,
        set_slots: tuple[int, ...] = (),
        **options: Any,
    ) -> Iterator[Live]:
        folder = tmp_path_factory.mktemp("live")
        home = folder / "home"
        home.mkdir()
        (home / "environments").symlink_to(environments)
        meter = LoadMeter()
        answered: list[AnsweredRecord] = []

        def on_answer(record: AnsweredRecord) -> None:
            meter.count_record(record)
            answered.append(record)

        async def run(workspace: Workspace) -> None:
            serving = _serve(workspace, folder, source, assets, size=size, **options)
            async with serving as served:
                model = ServedModel(
                    description or ModelDescription("served", "served@1"),
                    Scorer(served.replicas, size, on_answer, set_slots),
                    inputs,
                    outputs,
                    limits or RequestLimits(PATIENCE),
                )
                app = application(lambda: model, meter, access=Access(token))
                http = HttpServer(app, server_limits)
                sock = socket.socket()
                sock.bind(("127.0.0.1", 0))
                port = sock.getsockname()[1]
                await http.start(sock)
                loop = asyncio.get_running_loop()
                found.append(Live(port, meter, answered, loop, http, served.replicas))
                ready.set()
                await asyncio.to_thread(done.wait)
                await http.stop(0)

        def run_all() -> None:
            loop = new_event_loop()
            try:
                with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
                    loop.run_until_complete(run(workspace))
            finally:
                ready.set()
                loop.run_until_complete(loop.shutdown_default_executor())
                loop.close()

        found: list[Live] = []
        ready, done = threading.Event(), threading.Event()
        thread = threading.Thread(target=run_all)
        thread.start()
        ready.wait()
        try:
            yield found[0]
        finally:
            done.set()
            thread.join()

    return go_live
