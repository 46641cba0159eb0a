"""What all requests share: one workspace, the threads that its work is done in, the file root."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from threading import BoundedSemaphore, Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.paths import Root
from modelop_jupyter.server.threads import Threads
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.server.cache import AnswerCache
    from modelop_jupyter.server.sources import Sources
    from modelop_jupyter.server.watch import Watch

T = TypeVar("T")

_QUICK_THREADS = 8
_SLOW_THREADS = 4
_CLOSE_SECONDS = 2.0


class Desk:
    """A home folder as the server's requests use it. Nothing is opened before the first of them."""

    def __init__(self, settings: Settings, root: Root) -> None:
        self.root = root
        self._settings = settings
        self._lock = Lock()
        # What takes seconds waits among its own kind, and looking at a list never behind it.
        self._quick = Threads("modelop-quick", _QUICK_THREADS)
        self._slow = Threads("modelop-slow", _SLOW_THREADS)
        self._turns = BoundedSemaphore(_SLOW_THREADS)
        self._begun: dict[str, Thread] = {}

    async def run(self, work: Callable[[], T], *, is_slow: bool = False) -> T:
        """Do work in a thread; the event loop goes on meanwhile."""
        return await (self._slow if is_slow else self._quick).run(work)

    def begin(self, work: Callable[[], object], *, key: str) -> None:
        """Do work that nobody waits for; what is under way already is not begun again.

        It does not keep a server from stopping, unlike a pool's: an environment that is half built
        then is built by whoever needs it next.
        """

        def in_turn() -> None:
            # How it failed is told by what it was to make.
            with self._turns, suppress(ModelOpError):
                work()

        with self._lock:
            there = self._begun.get(key)
            if there is None or not there.is_alive():
                self._begun[key] = Thread(target=in_turn, name="modelop-long", daemon=True)
                self._begun[key].start()

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

    @cached_property
    def answers(self) -> AnswerCache:
        """Answers that are kept until what they were made of changes."""
        from modelop_jupyter.server.cache import AnswerCache

        return AnswerCache(self._sources)

    @cached_property
    def _sources(self) -> Sources:
        from modelop_jupyter.server.sources import Sources

        return Sources(self.workspace)

    def kernels(self) -> Kernels:
        """Return the isolated kernels of the home; none of them belongs to the server."""
        from modelop_jupyter.kernels import Kernels

        return Kernels(self.workspace)

    def close(self) -> None:
        """Let go of the database once what somebody waits for is done; what is stuck ends with the process."""
        done = [threads.close(_CLOSE_SECONDS) for threads in (self._quick, self._slow)]
        if not all(done):
            return
        if "watch" in self.__dict__:
            self.watch.close()
        if "_sources" in self.__dict__:
            self._sources.close()
        self._workspace.close()
