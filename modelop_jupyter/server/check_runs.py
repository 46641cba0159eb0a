"""The checks that this server runs: started by a request, followed and stopped by others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Event, Lock, Thread

from modelop_jupyter.checks.sample_runs import StoppedError
from modelop_jupyter.domain.checks import CheckReport, CheckStep
from modelop_jupyter.domain.wire import OPTIONAL, from_wire
from modelop_jupyter.errors import ConflictError, ModelOpError
from modelop_jupyter.server.errors import ErrorBody

# A check starts two runners at a time itself.
_AT_ONCE = 2
_CLOSE_SECONDS = 2.0
_UNEXPECTED = ErrorBody("internal", "The check failed unexpectedly", "The server's log says why")

RunCheck = Callable[[Callable[[CheckStep], None], Callable[[], bool]], CheckReport]


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check that runs, or that could not be made: ``failure`` says why.

    ``step`` is None until the environment is ready. ``is_stopping`` once it was asked to stop.
    """

    is_running: bool
    is_stopping: bool = False
    step: CheckStep | None = field(default=None, metadata=OPTIONAL)
    failure: ErrorBody | None = field(default=None, metadata=OPTIONAL)


class CheckRuns:
    """At most one check of each reference. Thread-safe; closing it stops all of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._slots = BoundedSemaphore(_AT_ONCE)
        self._runs: dict[str, _Run] = {}

    def start(self, ref: str, check: RunCheck) -> CheckRun:
        """Start a check; raises :class:`ConflictError` where one of ``ref`` runs already."""
        with self._lock:
            before = self._runs.get(ref)
            if before is not None and before.failure is None:
                raise ConflictError(f"{ref} is being checked", "Wait for the check, or stop it")
            run = self._runs[ref] = _Run()
        run.thread = Thread(
            target=self._run, args=(ref, run, check), name="modelop-check", daemon=True
        )
        run.thread.start()
        return run.view()

    def _run(self, ref: str, run: _Run, check: RunCheck) -> None:
        failure: ErrorBody | None = None
        try:
            with self._slots:
                check(run.report, run.stop.is_set)
        except StoppedError:
            pass
        except ModelOpError as error:
            failure = from_wire(ErrorBody, error.to_wire())
        except Exception:
            logging.getLogger(__name__).exception("the check of %s", ref)
            failure = _UNEXPECTED
        with self._lock:
            if failure is None or run.stop.is_set():
                del self._runs[ref]
            else:
                run.failure = failure

    def find(self, ref: str) -> CheckRun | None:
        """Return the check of a reference that runs or could not be made."""
        with self._lock:
            run = self._runs.get(ref)
            return None if run is None else run.view()

    def stop(self, ref: str) -> CheckRun | None:
        """Ask the check of a reference to stop, or forget one that could not be made."""
        with self._lock:
            run = self._runs.get(ref)
            if run is not None and run.failure is not None:
                del self._runs[ref]
                return None
            if run is None:
                return None
            run.stop.set()
            return run.view()

    def close(self) -> None:
        """Stop all checks, and wait a moment for their end."""
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.stop.set()
        for run in runs:
            if run.thread is not None:
                run.thread.join(_CLOSE_SECONDS)


@dataclass
class _Run:
    stop: Event = field(default_factory=Event)
    step: CheckStep | None = None
    failure: ErrorBody | None = None
    thread: Thread | None = None

    def report(self, step: CheckStep) -> None:
        self.step = step

    def view(self) -> CheckRun:
        is_running = self.failure is None
        return CheckRun(is_running, self.stop.is_set(), self.step, self.failure)
