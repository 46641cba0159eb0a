"""Replica sets of real runners, for models that a test writes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.replica import Replica
from modelop_jupyter.deployments.replica_set import ReplicaSet
from modelop_jupyter.deployments.staging import stage_replica
from modelop_jupyter.domain.deployments import DeploymentOptions
from modelop_jupyter.jobs.folder import JobFolder

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


@pytest.fixture
def serve(workspace: Workspace, tmp_path: Path) -> Serve:
    """Register a source and start replicas of it."""
    numbers = itertools.count(1)

    @contextlib.asynccontextmanager
    async def serve(
        source: str,
        *assets: Path,
        size: int = 1,
        queue: int = 100,
        check_schemas: str | None = None,
    ) -> AsyncIterator[Served]:
        Path("model.py").write_text(source)
        workspace.register("served", "model.py", assets=assets)
        environment = workspace.environment("served")
        model, snapshot = workspace._home.resolve_snapshot("served")
        plan = DeploymentPlan(
            f"deployment-{next(numbers)}",
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
            folder = JobFolder(tmp_path / plan.id / str(number))
            await asyncio.to_thread(stage_replica, plan, folder, blobs)
            replica = Replica(folder, on_free=on_free, on_end=on_end)
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

    return serve
