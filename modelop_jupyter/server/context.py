"""What all requests of the extension share: the workspace, the threads for its work, the file root."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from threading import BoundedSemaphore, RLock, Thread
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.file_root import FileRoot
from modelop_jupyter.server.thread_pool import ThreadPool
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from modelop_jupyter.domain.checks import CheckReport, CheckStep
    from modelop_jupyter.domain.deployments import Deployment
    from modelop_jupyter.domain.reports import Step
    from modelop_jupyter.domain.results.causes import Causes
    from modelop_jupyter.domain.results.challenges import Challenge, ChallengeStep
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.server.background_runs import BackgroundRuns
    from modelop_jupyter.server.changes.home_state import HomeStateReader
    from modelop_jupyter.server.changes.response_cache import ResponseCache
    from modelop_jupyter.server.changes.watcher import ChangeWatcher

T = TypeVar("T")

_QUICK_THREADS = 8
_SLOW_THREADS = 4
_CLOSE_SECONDS = 2.0


class ServerContext:
    """The workspace and threads of one server. The database is opened by the first request."""

    def __init__(self, settings: Settings, root: FileRoot) -> None:
        self.root = root
        self._settings = settings
        # Two threads that made the same thing at once would leave one open for ever.
        self._lock = RLock()
        # Two pools, so that a quick request never waits for a slow one.
        self._quick = ThreadPool("modelop-quick", _QUICK_THREADS)
        self._slow = ThreadPool("modelop-slow", _SLOW_THREADS)
        self._background_slots = BoundedSemaphore(_SLOW_THREADS)
        self._background: dict[str, Thread] = {}

    async def run(self, work: Callable[[], T], *, is_slow: bool = False) -> T:
        """Run a blocking function in a thread and return its result."""
        return await (self._slow if is_slow else self._quick).run(work)

    def start(self, work: Callable[[], object], *, key: str) -> None:
        """Run a function in a background thread, unless one with the same key is still running.

        The thread does not keep the server from stopping: an environment that was half built then
        is built by the next process that needs it.
        """

        def run() -> None:
            # The failure of a build is recorded with the environment.
            with self._background_slots, suppress(ModelOpError):
                work()

        with self._lock:
            running = self._background.get(key)
            if running is None or not running.is_alive():
                self._background[key] = Thread(target=run, name="modelop-long", daemon=True)
                self._background[key].start()

    @property
    def workspace(self) -> Workspace:
        """The workspace with an open database; threads may share it."""
        with self._lock:
            workspace = self._workspace
            workspace.open()
            return workspace

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace(self._settings)

    @property
    def checks(self) -> BackgroundRuns[CheckStep, CheckReport]:
        """The checks that this server runs."""
        with self._lock:
            return self._checks

    @cached_property
    def _checks(self) -> BackgroundRuns[CheckStep, CheckReport]:
        from modelop_jupyter.server.background_runs import BackgroundRuns

        return BackgroundRuns("check")

    @property
    def challenges(self) -> BackgroundRuns[ChallengeStep, Challenge]:
        """The challenges that this server runs, with their last results."""
        with self._lock:
            return self._challenges

    @cached_property
    def _challenges(self) -> BackgroundRuns[ChallengeStep, Challenge]:
        from modelop_jupyter.server.background_runs import BackgroundRuns

        return BackgroundRuns("challenge", keeps_results=True)

    @property
    def causes(self) -> BackgroundRuns[CheckStep, Causes]:
        """The searches for what makes two jobs differ, with their last results."""
        with self._lock:
            return self._causes

    @cached_property
    def _causes(self) -> BackgroundRuns[CheckStep, Causes]:
        from modelop_jupyter.server.background_runs import BackgroundRuns

        return BackgroundRuns("search for causes", keeps_results=True)

    @property
    def deployments(self) -> BackgroundRuns[Step, Deployment]:
        """What this server deploys now, or could not; the deployments are processes of their own."""
        with self._lock:
            return self._deployments

    @cached_property
    def _deployments(self) -> BackgroundRuns[Step, Deployment]:
        from modelop_jupyter.server.background_runs import BackgroundRuns

        return BackgroundRuns("deployment")

    @property
    def watcher(self) -> ChangeWatcher:
        """The counter of changes in the home folder."""
        with self._lock:
            return self._watcher

    @cached_property
    def _watcher(self) -> ChangeWatcher:
        from modelop_jupyter.server.changes.watcher import ChangeWatcher

        return ChangeWatcher(self.workspace)

    @property
    def response_cache(self) -> ResponseCache:
        """The responses that are kept until what they were computed from changes."""
        with self._lock:
            return self._response_cache

    @cached_property
    def _response_cache(self) -> ResponseCache:
        from modelop_jupyter.server.changes.response_cache import ResponseCache

        return ResponseCache(self._home_state)

    @cached_property
    def _home_state(self) -> HomeStateReader:
        from modelop_jupyter.server.changes.home_state import HomeStateReader

        return HomeStateReader(self.workspace)

    def kernels(self) -> Kernels:
        """Return the isolated kernels of the home folder; the server owns none of them."""
        from modelop_jupyter.kernels import Kernels

        return Kernels(self.workspace)

    def close(self) -> None:
        """Stop checks, challenges and deploying, wait a moment for all work and close the database.

        What is deployed goes on. If some goes on, such as a build, the database stays open: both end with the process.
        """
        have_ended = []
        for runs in ("_checks", "_challenges", "_causes", "_deployments"):
            if runs in self.__dict__:
                have_ended.append(self.__dict__[runs].close())
        have_ended += [pool.close(_CLOSE_SECONDS) for pool in (self._quick, self._slow)]
        have_ended.append(self._join_background(_CLOSE_SECONDS))
        if not all(have_ended):
            return
        if "_watcher" in self.__dict__:
            self._watcher.close()
        if "_home_state" in self.__dict__:
            self._home_state.close()
        self._workspace.close()

    def _join_background(self, seconds: float) -> bool:
        """Wait so long for the background threads, and say whether all have ended."""
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = list(self._background.values())
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)
