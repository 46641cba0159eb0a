"""The supervisor: the detached process that owns one job from its environment to its end.

It imports the database only after the end is written: ``outcome.json`` is the truth, and whoever
sees it first copies it into the registry.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.domain.environments import Environment, Lock
from modelop_jupyter.domain.jobs import Counts, JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.engines import Handle, describe_exit
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.bytecode import compile_later
from modelop_jupyter.errors import EnvironmentBuildError, ModelOpError, OutputError
from modelop_jupyter.jobs import faults
from modelop_jupyter.jobs.delivery import deliver, keep_partial
from modelop_jupyter.jobs.environment import put_lock, take_lock
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.launch import launch
from modelop_jupyter.jobs.outcome import Outcome, end_messages
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.proving import proof_of
from modelop_jupyter.jobs.record import is_recorded, record_outcome
from modelop_jupyter.jobs.steps import StepEvents
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.settings import Settings

_FOREVER = 3600.0
_WATCHERS_TURN = 1.0


class Supervisor:
    """One job's life; :meth:`run` returns how it ended and never raises for what the job did."""

    def __init__(self, folder: JobFolder, settings: Settings, *, runner: Handle | None) -> None:
        self._folder = folder
        self._settings = settings
        self._plan = from_wire(Plan, folder.read("plan.json"))
        self._blobs = BlobStore(settings.blobs)
        self._started = _now()
        self._runner = runner
        self._lock: Lock | None = None
        self._environment: Environment | None = None

    def run(self, asked: Sequence[int]) -> Outcome:
        """Run the job to its end; SIGTERM, also one that was ``asked`` before, arrives as KeyboardInterrupt."""
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            if asked:
                raise KeyboardInterrupt
            self._environment = self._ensure_environment()
            if self._runner is None:
                self._runner = launch(self._folder, self._environment.python, self._plan.id)
            return self._collect(*self._watch(self._runner))
        except KeyboardInterrupt:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if self._runner is not None:
                self._runner.kill()
            return self._end(
                JobStatus.CANCELLED, JobResult.UNKNOWN, self._counts_so_far(), keep=True
            )
        except EnvironmentBuildError as error:
            state = self._plan.snapshot.state
            fault = faults.of_build(error, state, self._blobs.read)
            return self._end(JobStatus.ERROR, JobResult.FAILURE, Counts(), error=fault)
        except ModelOpError as error:
            return self._end(
                JobStatus.ERROR, JobResult.FAILURE, Counts(), error=faults.of_refusal(error)
            )
        except OSError as error:
            problem = {"code": "os", "message": f"the job could not be run: {error}", "hint": None}
            return self._end(
                JobStatus.ERROR, JobResult.FAILURE, self._counts_so_far(), error=problem
            )

    def record(self, outcome: Outcome) -> None:
        """Copy the end and the lock into the registry, unless whoever watches has done so by then.

        The database costs more to load than a small job to run, and would slow down the next one;
        so would the compiling of bytecode, after the first job of an environment.
        """
        time.sleep(_WATCHERS_TURN)
        if self._environment is not None:
            compile_later(self._environment)
        if is_recorded(self._folder):
            return
        from modelop_jupyter.registry import Registry

        with Registry.open(self._settings.registry_url, self._settings.home) as registry:
            record_outcome(registry, self._folder, outcome)

    def _ensure_environment(self) -> Environment:
        manager = EnvironmentManager(self._settings.environments, progress=StepEvents(self._folder))
        self._lock = take_lock(self._plan.snapshot, manager, self._blobs, keep=self._keep_lock)
        found = manager.find(self._lock)
        if found is None:
            found = manager.ensure(self._lock)
        manager.touch(found)
        return found

    def _keep_lock(self, digest: str) -> str:
        """Record a lock that was made just now, before anything is built with it."""
        from modelop_jupyter.registry import Registry

        with Registry.open(self._settings.registry_url, self._settings.home) as registry:
            return registry.set_lock(self._plan.snapshot, digest)

    def _watch(self, runner: Handle) -> tuple[int, bool]:
        """Wait for the runner's end; the second value says that it was stopped for its time."""
        seconds = self._plan.limits.seconds
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            code = runner.wait(
                _FOREVER if deadline is None else max(deadline - time.monotonic(), 0)
            )
            if code is not None:
                return code, False
            if deadline is not None and time.monotonic() >= deadline:
                runner.kill()
                return runner.poll() or 0, True

    def _collect(self, code: int, is_late: bool) -> Outcome:
        result = self._folder.read("result.json")
        if is_late:
            text = f"stopped after {self._plan.limits.seconds:g} s, as --timeout asked"
            problem = {
                "code": "timeout",
                "message": text,
                "hint": "Give it more time with --timeout",
            }
            return self._end(
                JobStatus.ERROR, JobResult.FAILURE, self._counts_so_far(), error=problem, keep=True
            )
        if result is None:
            self._folder.log("error", f"the model's process is gone ({describe_exit(code)})")
            self._folder.log("info", "state changes to ERROR")
            return self._end(
                JobStatus.ERROR,
                JobResult.FAILURE,
                self._counts_so_far(),
                error=faults.of_death(code, self._folder),
                keep=True,
            )
        counts = from_wire(Counts, result["counts"])
        status, verdict = JobStatus(result["status"]), JobResult(result["result"])
        if status is not JobStatus.COMPLETE or result.get("stopped_early") == "max_errors":
            return self._end(status, verdict, counts, error=faults.of_model(result), keep=True)
        try:
            output = deliver(self._plan.output, self._folder)
        except OutputError as error:
            fault = faults.of_refusal(error)
            return self._end(
                JobStatus.ERROR, JobResult.FAILURE, counts, output=error.kept, error=fault
            )
        return self._end(
            status,
            verdict,
            counts,
            output=output,
            reason=result["reason"],
            error=faults.of_model(result),
        )

    def _end(
        self,
        status: JobStatus,
        result: JobResult,
        counts: Counts,
        *,
        output: str | None = None,
        reason: str | None = None,
        error: dict[str, Any] | None = None,
        keep: bool = False,
    ) -> Outcome:
        if keep:
            output = keep_partial(self._plan.output, self._folder)
        if reason is None and error is not None:
            reason = error["message"]
        ended = _now()
        outcome = Outcome(
            status=status,
            result=result,
            started=self._started,
            ended=ended,
            counts=counts,
            messages=end_messages(
                received=datetime.fromtimestamp(self._plan.created, timezone.utc),
                started=self._started,
                ended=ended,
                status=status,
                counts=counts,
                reason=reason,
            ),
            output=output,
            is_partial=keep and output is not None,
            environment=self._environment.fingerprint if self._environment else None,
            packages=len(self._environment.packages) if self._environment else None,
            lock=put_lock(self._lock, self._blobs) if self._lock else None,
            proof=proof_of(self._folder, self._environment),
            error=error,
        )
        self._folder.write("outcome.json", to_wire(outcome))
        return outcome

    def _counts_so_far(self) -> Counts:
        last = Counts()
        for _, event in self._folder.events():
            if event["event"] == "progress":
                last = from_wire(Counts, event)
        return last


def _now() -> datetime:
    return datetime.now(timezone.utc)
