"""The supervisor: the detached process that owns one job from its environment to its end.

It imports the database only after the end is written: ``outcome.json`` is the truth, and whoever
sees it first copies it into the registry.
"""

from __future__ import annotations

import dataclasses
import signal
import time
import traceback
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter.domain.advice import advising
from modelop_jupyter.domain.environments import Environment, Lock, Proof
from modelop_jupyter.domain.jobs import JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.engines import Handle, end_tree
from modelop_jupyter.environments import EnvironmentManager, listing
from modelop_jupyter.environments.bytecode import compile_later
from modelop_jupyter.errors import (
    ConflictError,
    DamagedJobError,
    EnvironmentBuildError,
    ModelOpError,
)
from modelop_jupyter.jobs import abilities, changes, codec, faults, parts, trimming, warmth
from modelop_jupyter.jobs.crew import Crew
from modelop_jupyter.jobs.digests import Digesting
from modelop_jupyter.jobs.ending import End, broken, counts_so_far, end_of
from modelop_jupyter.jobs.environment import put_lock, take_lock
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.forwarding import Forwarding
from modelop_jupyter.jobs.judging import verdicts_of
from modelop_jupyter.jobs.lane import Lane
from modelop_jupyter.jobs.outcome import Outcome, end_messages
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.proving import proof_of
from modelop_jupyter.jobs.record import is_recorded, record_outcome, write_outcome
from modelop_jupyter.jobs.steps import StepEvents
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.settings import Settings

_WATCHERS_TURN = 1.0
_LACKING = "ModuleNotFoundError"
# What reading a file raises that holds something else than it should.
_SPOILT = (ValueError, LookupError, TypeError, AttributeError)


class Supervisor:
    """One job's life; :meth:`run` returns how it ended and never raises for what the job did."""

    def __init__(self, folder: JobFolder, settings: Settings, *, runners: Sequence[Handle]) -> None:
        self._folder = folder
        self._settings = settings
        self._plan = from_wire(Plan, folder.read("plan.json"))
        self._blobs = BlobStore(
            settings.blobs,
            holder_of=self._plan.snapshot.holder_of,
            is_shared=settings.is_shared,
        )
        self._started = _now()
        self._runners = runners
        self._lock: Lock | None = None
        self._environment: Environment | None = None
        self._is_looked_at = False
        self._damage = ""
        self._digesting = Digesting(
            folder, self._plan.inputs, waits=self._plan.workers.count >= abilities.cores()
        )

    def run(self, asked: Sequence[int]) -> Outcome:
        """Run the job to its end; SIGTERM, also one that was ``asked`` before, arrives as KeyboardInterrupt."""
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            if asked:
                raise KeyboardInterrupt
            with advising(self._plan.snapshot.model):
                self._environment = self._ensure_environment()
            crew = self._crew(self._environment)
            self._digesting.start()
            stop = crew.watch()
            self._digesting.go_on()
            end = end_of(self._plan, self._folder, crew, stop)
            hint = abilities.array_advice(self._plan, end.counts) or abilities.advice(
                self._plan, crew.cpu, self._started, self._blobs
            )
            return self._end(end, hint=hint)
        except KeyboardInterrupt:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            end_tree(self._plan.id)
            end = broken(self._plan, self._folder, None)
            return self._end(
                dataclasses.replace(end, status=JobStatus.CANCELLED, result=JobResult.UNKNOWN)
            )
        except EnvironmentBuildError as error:
            state = self._plan.snapshot.state
            return self._failed(faults.of_build(error, state, self._blobs.read))
        except ModelOpError as error:
            return self._failed(faults.of_refusal(error))
        except OSError as error:
            end_tree(self._plan.id)
            if self._folder.is_full():
                self._folder.make_room()
                return self._failed(faults.of_full_disk(self._folder))
            problem = {"code": "os", "message": f"the job could not be run: {error}", "hint": None}
            return self._failed(problem)

        except _SPOILT as error:
            # A model can write to its own folder: what it has spoilt there is not told as a kill.
            end_tree(self._plan.id)
            traceback.print_exc()
            reason = f"it holds what no job writes ({type(error).__name__}: {error})"
            return self._failed(faults.of_broken_folder(self._plan.id[:8], reason))

    def _failed(self, fault: faults.Fault) -> Outcome:
        counts = counts_so_far(self._folder)
        return self._end(End(JobStatus.ERROR, JobResult.FAILURE, counts, error=fault))

    def record(self, outcome: Outcome) -> None:
        """Copy the end and the lock into the registry, unless whoever watches has done so by then.

        The database costs more to load than a small job to run, and would slow down the next one;
        so would the compiling of bytecode, after the first job of an environment.
        """
        self._digesting.go_on()
        if self._digesting.is_alive():
            self._digesting.join()
        time.sleep(_WATCHERS_TURN)
        outcome = self._look_late(outcome)
        if self._environment is not None:
            self._make_next_faster(self._environment)
        if is_recorded(self._folder):
            # Not even the database is loaded.
            return
        from modelop_jupyter.registry import Registry

        with Registry.open(self._settings.registry_url, self._settings.home) as registry:
            record_outcome(registry, self._folder, outcome)

    def _make_next_faster(self, environment: Environment) -> None:
        compile_later(environment)
        if self._settings.prepares:
            manager = EnvironmentManager(self._settings.environments)
            codec.fetch(self._settings.codec, environment.interpreter, manager)
        if self._settings.warms:
            warmth.warm_supervisors(self._settings)
            warmth.warm_runners(
                self._settings, self._plan.snapshot, environment.python, self._folder, self._blobs
            )

    def _ensure_environment(self) -> Environment:
        manager = EnvironmentManager(self._settings.environments, progress=StepEvents(self._folder))
        self._lock = take_lock(self._plan.snapshot, manager, self._blobs, keep=self._keep_lock)
        if self._lock.difference:
            self._folder.log("warning", self._lock.difference)
        return self._mended(manager.ensure(self._lock), self._lock, manager)

    def _mended(self, found: Environment, lock: Lock, manager: EnvironmentManager) -> Environment:
        """Build an environment anew that has lost something; say so, also where it cannot be done."""
        # Runners that were started already were started in one that was looked at.
        damage = () if self._runners else listing.damage(Path(found.path))
        if not damage:
            return found
        refusal: ModelOpError | None = None
        try:
            found = manager.repair(lock, found)
        except (ConflictError, EnvironmentBuildError) as error:
            # What is there may do all the same; if it does not, this is the reason.
            refusal = error
        ref = self._plan.snapshot.ref
        self._damage = changes.of_damage_told(damage, refusal=refusal, ref=ref)
        self._folder.log("warning", self._damage)
        return found

    def _keep_lock(self, digest: str) -> str:
        """Record a lock that was made just now, before anything is built with it."""
        from modelop_jupyter.registry import Registry

        with Registry.open(self._settings.registry_url, self._settings.home) as registry:
            return registry.set_lock(self._plan.snapshot, digest)

    def _crew(self, environment: Environment) -> Crew:
        """Return the lanes of the job: one in its own folder, or one for each worker."""
        plan, folder = self._plan, self._folder
        is_shared = plan.workers.count > 1 and not (folder.root / "result.json").exists()
        folders = parts.divide(folder, plan.workers.count) if is_shared else [folder]
        lanes = [
            Lane(
                each,
                python=environment.python,
                mark=f"{plan.id}/{number}" if is_shared else plan.id,
                limits=plan.limits,
                can_resume=plan.can_resume,
                tell=folder.log,
                runner=self._runners[number] if self._runners else None,
                warm=warmth.runners(self._settings, plan.snapshot, environment.python),
            )
            for number, each in enumerate(folders)
        ]
        forwarding = None
        if is_shared:
            folder.append("phase", phase="running")
            total = Path(plan.inputs[0].path).stat().st_size
            forwarding = Forwarding(folder, folders, total=total)
        return Crew(folder, lanes, plan.limits, mark=plan.id, forwarding=forwarding)

    def _proof(self) -> tuple[Proof | None, list[str]]:
        """Return the job's proof, and what is to be told of one that the model has spoilt."""
        try:
            return proof_of(self._folder, self._environment), []
        except DamagedJobError as error:
            return None, [f"This job has no proof of its environment: {error.message}."]

    def _look_at_changes(self, end: End) -> tuple[Proof | None, list[str], End]:
        """Return the proof with what was changed in the environment, what is to be told, and the end.

        A module that is missing because the environment lost it is nothing to add to requirements.
        """
        snapshot = self._plan.snapshot
        proof, notes = self._proof()
        if wrong := changes.of_blobs(snapshot, self._settings.blobs, self._started):
            notes.append(changes.of_blobs_told(wrong, snapshot.ref))
        took = (_now() - self._started).total_seconds()
        lacks = end.error is not None and end.error.get("exception") == _LACKING
        self._is_looked_at = (
            self._environment is None or lacks or changes.is_quick(self._environment, took)
        )
        if self._environment is None or not self._is_looked_at:
            return proof, notes, end
        drift = changes.of_environment(self._environment)
        if drift is not None:
            note = changes.of_environment_told(drift, snapshot.ref)
            notes.append(note)
            proof = dataclasses.replace(proof, drift=drift) if proof else None
            if lacks and drift.removed:
                end = dataclasses.replace(end, error={**(end.error or {}), "hint": note})
        return proof, notes, end

    def _look_late(self, outcome: Outcome) -> Outcome:
        """Look at a large environment after a short job has ended, which was not to wait for it."""
        if self._is_looked_at or self._environment is None:
            return outcome
        self._is_looked_at = True
        drift = changes.of_environment(self._environment)
        if drift is None:
            return outcome
        note = changes.of_environment_told(drift, self._plan.snapshot.ref)
        self._folder.log("warning", note)
        proof = dataclasses.replace(outcome.proof, drift=drift) if outcome.proof else None
        hint = f"{note} {outcome.hint}" if outcome.hint else note
        outcome = dataclasses.replace(outcome, proof=proof, hint=hint)
        return write_outcome(self._folder, outcome)

    def _end(self, end: End, *, hint: str | None = None) -> Outcome:
        reason = end.reason
        if reason is None and end.error is not None:
            reason = end.error["message"]
        ended = _now()
        proof, notes, end = self._look_at_changes(end)
        for note in notes:
            self._folder.log("warning", note)
        outcome = Outcome(
            status=end.status,
            result=end.result,
            started=self._started,
            ended=ended,
            counts=end.counts,
            messages=end_messages(
                received=datetime.fromtimestamp(self._plan.created, timezone.utc),
                started=self._started,
                ended=ended,
                status=end.status,
                counts=end.counts,
                reason=reason,
            ),
            output=end.output,
            is_partial=end.is_partial,
            environment=self._environment.fingerprint if self._environment else None,
            packages=len(self._environment.packages) if self._environment else None,
            lock=put_lock(self._lock, self._blobs) if self._lock else None,
            proof=proof,
            error=end.error,
            hint=" ".join(filter(None, [self._damage, *notes, hint])) or None,
            verdicts=verdicts_of(end, self._plan, self._folder, self._blobs),
        )
        trimming.trim(self._folder, self._plan.snapshot.state)
        return write_outcome(self._folder, outcome)


def _now() -> datetime:
    return datetime.now(timezone.utc)
