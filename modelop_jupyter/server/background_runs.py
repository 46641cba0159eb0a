"""Work of seconds or minutes that this server does: started by a request, followed and stopped by others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Generic, TypeVar

from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import ConflictError, ModelOpError, StoppedError
from modelop_jupyter.server.errors import ErrorBody

S = TypeVar("S")
R = TypeVar("R")

# Each starts two runners at a time itself.
_AT_ONCE = 2
_CLOSE_SECONDS = 2.0

# Gets what reports a step, and what says whether to stop.
Work = Callable[[Callable[[S], None], Callable[[], bool]], R]


@dataclass(frozen=True, slots=True)
class RunState(Generic[S]):
    """Work that is done now, or that could not be: ``failure`` says why."""

    is_running: bool
    is_stopping: bool
    step: S | None
    failure: ErrorBody | None


class BackgroundRuns(Generic[S, R]):
    """At most one piece of work for each key. Thread-safe; closing it stops all of them.

    ``what`` names the work, as in "the check". With ``keeps_results`` the last result of each key is
    there as long as the server.
    """

    def __init__(self, what: str, *, keeps_results: bool = False) -> None:
        self._what = what
        self._keeps_results = keeps_results
        self._lock = Lock()
        self._slots = BoundedSemaphore(_AT_ONCE)
        self._runs: dict[str, _Run[S]] = {}
        self._results: dict[str, R] = {}

    def start(self, key: str, work: Work[S, R], *, refusal: ConflictError) -> RunState[S]:
        """Start it; raises ``refusal`` where work for this key is being done."""
        with self._lock:
            before = self._runs.get(key)
            if before is not None and before.failure is None:
                raise refusal
            run: _Run[S] = _Run()
            run.thread = Thread(
                target=self._run, args=(key, run, work), name=f"modelop-{self._what}", daemon=True
            )
            self._runs[key] = run
            run.thread.start()
        return run.state()

    def _run(self, key: str, run: _Run[S], work: Work[S, R]) -> None:
        failure: ErrorBody | None = None
        try:
            with self._slots:
                result = work(run.report, run.stop.is_set)
            if self._keeps_results:
                with self._lock:
                    self._results[key] = result
        except StoppedError:
            pass
        except ModelOpError as error:
            failure = from_wire(ErrorBody, error.to_wire())
        except Exception:
            logging.getLogger(__name__).exception("the %s of %s", self._what, key)
            failure = ErrorBody(
                "internal", f"The {self._what} failed unexpectedly", "The server's log says why"
            )
        with self._lock:
            if failure is None or run.stop.is_set():
                del self._runs[key]
            else:
                run.failure = failure

    def find(self, key: str) -> RunState[S] | None:
        """Return the work for a key that is being done or could not be."""
        with self._lock:
            run = self._runs.get(key)
            return None if run is None else run.state()

    def last(self, key: str) -> R | None:
        """Return the last result for a key, where results are kept."""
        with self._lock:
            return self._results.get(key)

    def stop(self, key: str) -> RunState[S] | None:
        """Ask the work for a key to stop, or forget what could not be done."""
        with self._lock:
            run = self._runs.get(key)
            if run is not None and run.failure is not None:
                del self._runs[key]
                return None
            if run is None:
                return None
            run.stop.set()
            return run.state()

    def close(self) -> bool:
        """Stop all of it, wait a moment for the end, and say whether all has ended."""
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.stop.set()
        threads = [run.thread for run in runs if run.thread is not None]
        for thread in threads:
            thread.join(_CLOSE_SECONDS)
        return not any(thread.is_alive() for thread in threads)


@dataclass
class _Run(Generic[S]):
    stop: Event = field(default_factory=Event)
    step: S | None = None
    failure: ErrorBody | None = None
    thread: Thread | None = None

    def report(self, step: S) -> None:
        self.step = step

    def state(self) -> RunState[S]:
        return RunState(self.failure is None, self.stop.is_set(), self.step, self.failure)
