"""Send an event through Jupyter's event bus to every open browser when something has changed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.changes.watcher import TOPICS, TopicChange

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from modelop_jupyter.server.context import ServerContext

SCHEMA_ID = "https://modelop.com/modelop-jupyter/change/v1"
SCHEMA: dict[str, Any] = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "A change in the home folder of modelop-jupyter",
    "description": "Models, jobs, environments, kernels or deployments have changed; a client that shows them"
    " should request them again.",
    "personal-data": True,
    "type": "object",
    "properties": {
        "topic": {"enum": list(TOPICS), "description": "What has changed."},
        "count": {
            "type": "integer",
            "description": "The number of its changes so far, as in /changes.",
        },
        "ids": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The jobs that have changed, where that is known.",
        },
    },
    "required": ["topic", "count", "ids"],
}

_LOOK_SECONDS = 0.25
# An open sidebar sends a request at least every half minute.
_AWAKE_SECONDS = 90.0


class ChangeNotifier:
    """Looks for changes four times a second while clients send requests, and emits an event for each."""

    def __init__(self, context: ServerContext, events: EventLogger) -> None:
        self._context = context
        self._events = events
        self._awake_until = 0.0
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Keep looking for another while: a request has come."""
        self._awake_until = time.monotonic() + _AWAKE_SECONDS
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop looking for changes."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while time.monotonic() < self._awake_until:
            try:
                for change in await self._context.run(self._look):
                    self._emit(change)
            except ModelOpError:
                # The home folder cannot be read now: the next request gets that error.
                pass
            await asyncio.sleep(_LOOK_SECONDS)

    def _look(self) -> list[TopicChange]:
        return self._context.watcher.look()

    def _emit(self, change: TopicChange) -> None:
        data = {"topic": change.topic, "count": change.count, "ids": list(change.ids)}
        self._events.emit(schema_id=SCHEMA_ID, data=data)
