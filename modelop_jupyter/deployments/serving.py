"""A snapshot with the replicas that answer for it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.accelerators import codec
from modelop_jupyter.deployments.describe import describe
from modelop_jupyter.deployments.errors import ReplicaEndedError
from modelop_jupyter.deployments.folder import DeploymentFolder
from modelop_jupyter.deployments.log_file import LogFile, ReplicaLog
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.replica import Replica
from modelop_jupyter.deployments.replica_set import ReplicaSet
from modelop_jupyter.deployments.scoring import AnsweredRecord, Scorer
from modelop_jupyter.deployments.served_model import RequestLimits, ServedModel
from modelop_jupyter.deployments.staging import slots_of, stage_replica
from modelop_jupyter.domain.deployments import DeploymentProblem
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs import job_errors, staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import CodecOffer, RunnerResult
from modelop_jupyter.settings import Settings


class NotReadyError(Exception):
    """The replicas of a snapshot could not be started; ``problem`` says why."""

    def __init__(self, problem: DeploymentProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Serving:
    """The replicas of one snapshot, and the rules by which they answer.

    ``on_answer`` is called for each record, ``on_restart`` when a replica has ended by itself.
    ``numbers`` gives each replica a number that none of the deployment has had.
    """

    def __init__(
        self,
        plan: DeploymentPlan,
        folder: DeploymentFolder,
        blobs: staging.Blobs,
        settings: Settings,
        log: LogFile,
        *,
        numbers: itertools.count[int],
        on_answer: Callable[[AnsweredRecord], object],
        on_restart: Callable[[], object],
    ) -> None:
        self.plan = plan
        self._folder = folder
        self._blobs = blobs
        self._log = log
        self._numbers = numbers
        self._on_restart = on_restart
        self._logs: dict[Replica, ReplicaLog] = {}
        self._last_failed: JobFolder | None = None
        library = codec.offer(settings)
        self._codec = CodecOffer(codec.NAME, str(library)) if library else None
        self.replicas = ReplicaSet(
            plan.replicas, self._start, queue=plan.options.queue, on_restart=self._handle_restart
        )
        slots = slots_of(plan.snapshot.state, blobs)
        self.model = ServedModel(
            describe(plan, slots, blobs),
            Scorer(self.replicas, plan.replicas, on_answer, slots.sets),
            frozenset(slots.inputs),
            frozenset(slots.outputs),
            _limits_of(plan),
        )

    def apply(self, plan: DeploymentPlan) -> None:
        """Take over what another plan, for which the replicas do, says of requests."""
        self.plan = plan
        self.model = replace(self.model, limits=_limits_of(plan))

    async def start(self) -> None:
        """Initialise the model in all replicas; raises :class:`NotReadyError`."""
        seconds = self.plan.options.start_timeout
        try:
            await self.replicas.start(seconds)
        except asyncio.TimeoutError:
            raise NotReadyError(
                self._problem(
                    "init_timeout",
                    f"init of {self.plan.ref} did not end within {seconds:g} s",
                    "Allow more with --start-timeout",
                )
            ) from None
        except ReplicaEndedError as error:
            raise NotReadyError(self._problem_of_end(error.exit_code)) from None
        except ModelOpError as error:
            raise NotReadyError(self._problem(error.code, error.message, error.hint)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotReadyError(
                self._problem("home", f"the process of a replica cannot be started: {reason}")
            ) from None

    async def drain(self, seconds: float | None) -> None:
        """Wait until every request is answered, and end the replicas; None waits for ever."""
        await self.replicas.drain(seconds)

    async def kill(self) -> None:
        """End the replicas at once."""
        await self.replicas.kill()

    def move_logs(self) -> None:
        """Move what the replicas have logged and printed to the deployment's log."""
        for log in self._logs.values():
            log.move()

    async def _start(
        self,
        number: int,  # of the set; those of all sets of the deployment differ
        *,
        on_free: Callable[[Replica], object],
        on_end: Callable[[Replica], object],
    ) -> Replica:
        number = next(self._numbers)
        folder = self._folder.replica(number)

        def handle_end(replica: Replica) -> None:
            self._handle_end(replica)
            on_end(replica)

        await asyncio.to_thread(stage_replica, self.plan, folder, self._blobs, codec=self._codec)
        replica = Replica(folder, on_free=on_free, on_end=handle_end)
        self._logs[replica] = ReplicaLog(folder, self._log)
        try:
            await replica.start(self.plan.python, f"{self.plan.id}/{number}")
        except BaseException:
            del self._logs[replica]
            shutil.rmtree(folder.root, ignore_errors=True)
            raise
        return replica

    def _handle_end(self, replica: Replica) -> None:
        with contextlib.suppress(OSError):
            self._logs.pop(replica).move(is_whole=True)
        if not replica.ready.done() or replica.ready.cancelled() or replica.ready.exception():
            self._last_failed = replica.folder  # why it ended stands there
        else:
            _remove(replica.folder.root)

    def _handle_restart(self, replica: Replica) -> None:
        from modelop_jupyter.engines import describe_exit

        self._log.write(
            "warning",
            f"a replica of {self.plan.ref} ended ({describe_exit(replica.code or 0)});"
            " another one is started",
        )
        self._on_restart()

    def _problem_of_end(self, code: int) -> DeploymentProblem:
        """Return why the model could not be initialised: its own error, or how the process ended."""
        folder = self._last_failed
        if folder is None:
            return self._problem("process_ended", "the process of a replica ended")
        result = folder.read_if_whole(RunnerResult)
        error = job_errors.of_model(result.error if result else None, folder)
        if error is None:
            error = job_errors.of_death(code, folder)
        problem = self._problem(error.code, error.message, error.hint)
        return DeploymentProblem(
            problem.code,
            problem.message,
            problem.hint,
            problem.snapshot,
            traceback=error.details.get("traceback"),
            console=job_errors.console_tail(folder) or None,
        )

    def _problem(self, code: str, message: str, hint: str | None = None) -> DeploymentProblem:
        return DeploymentProblem(code, message, hint, self.plan.snapshot.number)


def _limits_of(plan: DeploymentPlan) -> RequestLimits:
    return RequestLimits(seconds=plan.options.record_timeout, body=plan.options.body_limit)


def _remove(folder: Path) -> None:
    # Its working directory may hold much.
    asyncio.get_running_loop().run_in_executor(
        None, lambda: shutil.rmtree(folder, ignore_errors=True)
    )
