"""The event that tells every open browser that something has changed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.watch import TOPICS, News

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from modelop_jupyter.server.desk import Desk

SCHEMA_ID = "https://modelop.com/modelop-jupyter/change/v1"
SCHEMA: dict[str, Any] = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "A change in the home folder of modelop-jupyter",
    "description": "Models, jobs, environments or kernels have changed; whoever shows them asks again.",
    "personal-data": True,
    "type": "object",
    "properties": {
        "topic": {"enum": list(TOPICS), "description": "What has changed."},
        "count": {
            "type": "integer",
            "description": "How often it was seen to change, as /changes tells it.",
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
# A sidebar asks something at least every half minute, be it only whether anything has changed.
_AWAKE_SECONDS = 90.0


class Beat:
    """Looks for changes four times a second while somebody is there to be told, else not at all."""

    def __init__(self, desk: Desk, events: EventLogger) -> None:
        self._desk = desk
        self._events = events
        self._awake_until = 0.0
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Go on for a while: somebody has just asked something."""
        self._awake_until = time.monotonic() + _AWAKE_SECONDS
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while time.monotonic() < self._awake_until:
            try:
                for news in await self._desk.run(self._look):
                    self._emit(news)
            except ModelOpError:
                # The home cannot be read now: whoever asks for something is told so.
                pass
            await asyncio.sleep(_LOOK_SECONDS)

    def _look(self) -> list[News]:
        return self._desk.watch.look()

    def _emit(self, news: News) -> None:
        data = {"topic": news.topic, "count": news.count, "ids": list(news.ids)}
        self._events.emit(schema_id=SCHEMA_ID, data=data)
