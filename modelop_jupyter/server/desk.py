"""What all requests share: one workspace, the threads that its work is done in, the file root."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter.server.paths import Root
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.server.watch import Watch

T = TypeVar("T")

_QUICK_THREADS = 8
_SLOW_THREADS = 4


class Desk:
    """A home folder as the server's requests use it. Nothing is opened before the first of them."""

    def __init__(self, settings: Settings, root: Root) -> None:
        self.root = root
        self._settings = settings
        self._lock = Lock()
        # What takes seconds waits among its own kind, and looking at a list never behind it.
        self._quick = ThreadPoolExecutor(_QUICK_THREADS, "modelop-quick")
        self._slow = ThreadPoolExecutor(_SLOW_THREADS, "modelop-slow")
        self._long = ThreadPoolExecutor(_SLOW_THREADS, "modelop-long")
        self._begun: dict[str, Future[object]] = {}

    async def run(self, work: Callable[[], T], *, is_slow: bool = False) -> T:
        """Do work in a thread; the event loop goes on meanwhile."""
        pool = self._slow if is_slow else self._quick
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def begin(self, work: Callable[[], object], *, key: str) -> None:
        """Do work that nobody waits for; what is under way already is not begun again."""
        with self._lock:
            there = self._begun.get(key)
            if there is None or there.done():
                self._begun[key] = self._long.submit(work)

    @property
    def workspace(self) -> Workspace:
        """The workspace, whose database is open; threads may share it."""
        with self._lock:
            workspace = self._workspace
            # Two threads that opened it at once would leave one database open for ever.
            workspace.registry  # noqa: B018
            workspace.blobs  # noqa: B018
            return workspace

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace(self._settings)

    @cached_property
    def watch(self) -> Watch:
        """What tells whether anything has changed."""
        from modelop_jupyter.server.watch import Watch

        return Watch(self.workspace)

    def kernels(self) -> Kernels:
        """Return the isolated kernels of the home; none of them belongs to the server."""
        from modelop_jupyter.kernels import Kernels

        return Kernels(self.workspace)

    def close(self) -> None:
        """Let go of the database once what is being done is done."""
        for pool in (self._quick, self._slow, self._long):
            pool.shutdown(wait=True, cancel_futures=True)
        if "watch" in self.__dict__:
            self.watch.close()
        self._workspace.close()
