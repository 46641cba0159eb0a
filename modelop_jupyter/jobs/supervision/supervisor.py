"""The supervisor: the detached process that owns one job from its environment to its end.

It imports the database only after the end is written: ``outcome.json`` is the truth, and the first
process that sees it copies it into the registry.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
import traceback
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from modelop_jupyter.accelerators import codec, fork_servers
from modelop_jupyter.domain.build_advice import advising
from modelop_jupyter.domain.chunks import Chunk, chunk_size
from modelop_jupyter.domain.environments import BuildStep, Environment, Lock, Proof
from modelop_jupyter.domain.jobs import JobError, JobResult, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.engines import Handle, end_tree
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.bytecode import compile_in_background
from modelop_jupyter.errors import (
    DamagedJobError,
    EngineError,
    EnvironmentBuildError,
    HomeError,
    InvalidError,
    JobNotFoundError,
    ModelOpError,
)
from modelop_jupyter.jobs import fetched_inputs, job_errors
from modelop_jupyter.jobs.cleanup import trimming
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import (
    Outcome,
    end_messages,
    is_recorded,
    record_outcome,
    write_outcome,
)
from modelop_jupyter.jobs.protocol import (
    EnvironmentEvent,
    LoadedModules,
    RunnerResult,
)
from modelop_jupyter.jobs.resume.input_changes import DigestThread, read_states, with_digests
from modelop_jupyter.jobs.sharding import capabilities, chunks
from modelop_jupyter.jobs.sharding.merged_progress import ProgressMerger
from modelop_jupyter.jobs.start import PhaseEvent
from modelop_jupyter.jobs.supervision import waiting
from modelop_jupyter.jobs.supervision.ending import (
    End,
    counts_so_far,
    end_early,
    end_of,
    verdicts_of,
)
from modelop_jupyter.jobs.supervision.environment import ensure_environment
from modelop_jupyter.jobs.supervision.proof import (
    changed_blobs,
    describe_changed_blobs,
    describe_drift,
    drift_of,
    is_quick_to_check,
    proof_of,
)
from modelop_jupyter.jobs.supervision.runner_group import RunnerGroup
from modelop_jupyter.jobs.supervision.runner_supervisor import RunnerSupervisor
from modelop_jupyter.models.environment_spec import ensure_lock, store_lock
from modelop_jupyter.processes import available_cores
from modelop_jupyter.registry.opening import open_blobs, open_registry
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from types import FrameType

    from modelop_jupyter.jobs.sharding.chunk_uploads import ChunkUploads
    from modelop_jupyter.registry import Registry

# How long a process that follows the job has to record its end.
_WATCHERS_SECONDS = 1.0
_EVENT_SECONDS = 0.2
_MISSING_MODULE = "ModuleNotFoundError"
# What reading a file raises that holds something else than it should.
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError)


class Supervisor:
    """Own one job; :meth:`run` returns how it ended and never raises for what the job did.

    ``runners`` were started already, in the environment that the job was submitted with.
    """

    def __init__(self, folder: JobFolder, settings: Settings, *, runners: Sequence[Handle]) -> None:
        self._folder = folder
        self._settings = settings
        self._plan = folder.require(Plan)
        self._blobs = open_blobs(settings, holder_of=self._plan.snapshot.holder_of)
        self._started = _now()
        self._runners = runners
        self._lock: Lock | None = None
        self._environment: Environment | None = None
        self._node_proof: Proof | None = None
        self._is_environment_checked = False
        self._damage = ""
        self._digests = DigestThread(
            folder,
            self._plan.inputs,
            waits=self._plan.workers.count >= available_cores(),
        )

    def run(self, signals: Sequence[int]) -> Outcome:
        """Run the job to its end.

        SIGTERM arrives as KeyboardInterrupt and cancels the job, also one of the ``signals`` that
        came before.
        """
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            if signals:
                raise KeyboardInterrupt
            return self._run()
        except KeyboardInterrupt:
            signal.signal(signal.SIGTERM, _do_nothing)
            end_tree(self._plan.id)
            end = end_early(self._plan, self._folder, None)
            return self._end(
                dataclasses.replace(end, status=JobStatus.CANCELLED, result=JobResult.UNKNOWN)
            )
        except EnvironmentBuildError as error:
            state = self._plan.snapshot.state
            return self._failed(job_errors.of_build(error, state, self._blobs.read))
        except ModelOpError as error:
            return self._failed(job_errors.of_refusal(error))
        except OSError as error:
            end_tree(self._plan.id)
            if self._folder.is_full():
                self._folder.make_room()
                return self._failed(job_errors.of_full_disk(self._folder))
            return self._failed(JobError("os", f"the job could not be run: {error}"))
        except _DAMAGED as error:
            # A model can write to its own folder: damage it did there is not the supervisor's death.
            end_tree(self._plan.id)
            traceback.print_exc()
            reason = f"it has unexpected content ({type(error).__name__}: {error})"
            return self._failed(job_errors.of_broken_folder(reason))

    def _run(self) -> Outcome:
        if self._plan.engine is not None:
            return self._run_on_engine()
        with advising(self._plan.snapshot.model):
            self._environment = self._ensure_environment()
        group = self._runner_group(self._environment)
        self._digests.start()
        stop = group.watch()
        self._digests.allow()
        end = end_of(self._plan, self._folder, group, stop)
        hint = capabilities.array_advice(self._plan, end.counts) or capabilities.workers_advice(
            self._plan, group.cpu, self._started, self._blobs
        )
        return self._end(end, hint=hint, usage=group.usage)

    def _run_on_engine(self) -> Outcome:
        """Run the job's tasks on its engine; environments are built on the nodes."""
        # What engines need takes as long to load as a small job on this machine to run.
        from modelop_jupyter.jobs.nodes.task_group import TaskGroup

        plan, folder = self._plan, self._folder
        manager = EnvironmentManager(self._settings.environments, progress=BuildEvents(folder))
        with advising(plan.snapshot.model):
            lock = ensure_lock(plan.snapshot, manager, self._blobs, keep=self._keep_lock)
        self._lock = lock
        snapshot = dataclasses.replace(plan.snapshot, lock=store_lock(lock, self._blobs))
        folder.append(PhaseEvent(time.time(), "running"))
        parts = self._engine_chunks()
        group = TaskGroup(
            dataclasses.replace(plan, snapshot=snapshot),
            folder,
            self._blobs,
            self._settings,
            parts=parts,
            uploads=self._uploads(parts),
        )
        self._digests.start()
        try:
            stop = group.watch()
        except EngineError as error:
            return self._end(end_early(plan, folder, job_errors.of_refusal(error)))
        finally:
            self._node_proof = group.proof
        self._digests.allow()
        return self._end(end_of(plan, folder, group, stop))

    def _engine_chunks(self) -> tuple[Chunk, ...]:
        """Return the chunks of a job on an engine; none where it is one task."""
        if self._folder.has(RunnerResult) or not self._plan.is_cut_for_engine:
            return ()
        size = chunks.input_size(self._folder)
        return chunks.cut_input(self._folder, max(1, size // chunk_size(size)))

    def _failed(self, error: JobError) -> Outcome:
        counts = counts_so_far(self._folder)
        return self._end(End(JobStatus.ERROR, JobResult.FAILURE, counts, error=error))

    def record(self, outcome: Outcome) -> None:
        """Copy the end and the lock into the registry, unless a process that follows has done so.

        The database costs more to load than a small job to run, and would slow down the next one;
        so would the compiling of bytecode, after the first job of an environment.
        """
        self._digests.allow()
        if self._digests.is_alive():
            self._digests.join()
        time.sleep(_WATCHERS_SECONDS)
        outcome = self._check_environment_late(outcome)
        if self._environment is not None:
            self._make_next_faster(self._environment)
        elif self._plan.engine_name is not None:
            self._make_next_on_engine_faster(self._plan.engine_name)
        # A folder that is gone may have been removed with its home, which is not to be made anew.
        is_gone = not self._folder.root.is_dir()
        is_on_record = is_recorded(self._folder) or is_gone
        # Those of large inputs, which are on record without.
        known = with_digests(self._plan.inputs, read_states(self._folder))
        has_digests = not is_gone and known != self._plan.inputs
        if is_on_record and not has_digests and self._settings.blobs_url is None:
            # Not even the database is loaded.
            return
        with open_registry(self._settings) as registry:
            if not is_on_record:
                record_outcome(registry, self._folder, outcome)
            if has_digests:
                registry.set_inputs(self._plan.id, known)
            if self._settings.blobs_url is not None:
                self._share(registry)

    def _share(self, registry: Registry) -> None:
        """Put what the job left where other homes find it; where that fails, its log says so."""
        from modelop_jupyter.jobs.shared_files import share

        with contextlib.suppress(JobNotFoundError):
            try:
                record = registry.get_job(self._plan.id)
                share(record, self._folder, self._settings, registry)
            except (HomeError, InvalidError) as error:
                with contextlib.suppress(OSError):
                    self._folder.log(
                        "warning",
                        f"other homes cannot read the files of this job: {error.message}."
                        " 'modelop repair' shares them later",
                    )

    def _make_next_faster(self, environment: Environment) -> None:
        compile_in_background(environment)
        if self._settings.prepares:
            manager = EnvironmentManager(self._settings.environments)
            codec.fetch(self._settings, environment.interpreter, manager)
        waiting.start(self._settings)
        loaded = self._folder.read_if_whole(LoadedModules)
        if loaded is not None:
            snapshot, python = self._plan.snapshot, environment.python
            modules, read_blob = loaded.modules, self._blobs.read
            fork_servers.start_for_runners(self._settings, snapshot, python, modules, read_blob)

    def _make_next_on_engine_faster(self, engine: str) -> None:
        """Have a process wait for the next job that has loaded what this one had to."""
        with contextlib.suppress(EngineError):
            waiting.start(self._settings, engine=engine)

    def _ensure_environment(self) -> Environment:
        progress = BuildEvents(self._folder)
        manager = EnvironmentManager(self._settings.environments, progress=progress)
        self._lock = ensure_lock(self._plan.snapshot, manager, self._blobs, keep=self._keep_lock)
        if self._lock.difference:
            self._folder.log("warning", self._lock.difference)
        # Runners that were started already were started in an environment that was looked at.
        ready = ensure_environment(
            self._lock, manager, ref=self._plan.snapshot.ref, is_checked=bool(self._runners)
        )
        self._damage = ready.damage
        if self._damage:
            self._folder.log("warning", self._damage)
        return ready.environment

    def _keep_lock(self, digest: str) -> str:
        """Record a lock that was made just now, before anything is built with it."""
        with open_registry(self._settings) as registry:
            return registry.set_lock(self._plan.snapshot, digest)

    def _runner_group(self, environment: Environment) -> RunnerGroup:
        """Return the runners of the job: one in its own folder, or one in the folder of each worker."""
        plan, folder = self._plan, self._folder
        warm = fork_servers.runner_folder(self._settings, plan.snapshot, environment.python)
        parts = self._chunks()
        folders = [chunks.chunk_folder(folder, chunk) for chunk in parts] or [folder]
        supervisors = [
            RunnerSupervisor(
                runner_folder,
                python=environment.python,
                mark=f"{plan.id}/{parts[number].id}" if parts else plan.id,
                limits=plan.limits,
                can_resume=plan.can_resume,
                log=folder.log,
                runner=self._runners[number] if number < len(self._runners) else None,
                warm=warm,
                prepare=partial(chunks.create_chunk_folder, folder, parts[number])
                if parts
                else None,
            )
            for number, runner_folder in enumerate(folders)
        ]
        progress = None
        if parts:
            folder.append(PhaseEvent(time.time(), "running"))
            progress = ProgressMerger(folder, parts, total=chunks.input_size(folder))
        return RunnerGroup(
            folder,
            supervisors,
            plan.limits,
            mark=plan.id,
            progress=progress,
            most=plan.workers.count,
            uploads=self._uploads(parts),
        )

    def _chunks(self) -> tuple[Chunk, ...]:
        """Return the chunks of a job whose input is shared; none for one runner in its own folder.

        A job of one worker has some, too, where it goes on with those of another job.
        """
        if self._folder.has(RunnerResult):
            return ()
        count, prefix = self._plan.workers.count, self._plan.output.prefix
        if count > 1 or prefix is not None or chunks.is_converted(self._folder):
            return chunks.cut_input(self._folder, count)
        return chunks.chunks_of(self._folder)

    def _uploads(self, parts: Sequence[Chunk]) -> ChunkUploads | None:
        """Return what uploads the chunks that are done here, None where they stay in the folder."""
        if not parts or self._plan.output.prefix is None:
            return None
        from modelop_jupyter.jobs.sharding.chunk_uploads import ChunkUploads

        return ChunkUploads(self._plan)

    def _end(
        self, end: End, *, hint: str | None = None, usage: ResourceUsage | None = None
    ) -> Outcome:
        reason = end.reason
        if reason is None and end.error is not None:
            reason = end.error.message
        ended = _now()
        proof, notes, end = self._check_environment(end)
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
            environment=self._fingerprint(proof),
            packages=self._packages(proof),
            lock=store_lock(self._lock, self._blobs) if self._lock else None,
            proof=proof,
            error=end.error,
            usage=usage,
            hint=" ".join(filter(None, [self._damage, *notes, hint])) or None,
            verdicts=verdicts_of(end, self._plan, self._folder, self._blobs),
        )
        fetched_inputs.remove_copies(self._plan, self._folder)
        trimming.trim(self._folder, self._plan.snapshot.state)
        # It has ended: nothing is left to cancel.
        signal.signal(signal.SIGTERM, _do_nothing)
        return write_outcome(self._folder, outcome)

    def _fingerprint(self, proof: Proof | None) -> str | None:
        if self._environment is not None:
            return self._environment.fingerprint
        return proof.fingerprint if proof else None

    def _packages(self, proof: Proof | None) -> int | None:
        if self._environment is not None:
            return len(self._environment.packages)
        return len(proof.packages) if proof else None

    def _check_environment(self, end: End) -> tuple[Proof | None, list[str], End]:
        """Look for changes of the environment and of the model's stored files.

        Returns the proof with them, sentences about them, and the end. A module that is missing as
        the environment lost it is nothing to add to the requirements: the end's error gets another
        hint.
        """
        snapshot = self._plan.snapshot
        proof, notes = self._proof()
        if paths := changed_blobs(snapshot, self._settings.blobs, self._started):
            notes.append(describe_changed_blobs(paths, snapshot.ref))
        took = (_now() - self._started).total_seconds()
        is_missing = end.error is not None and end.error.details.get("exception") == _MISSING_MODULE
        if self._environment is None:
            self._is_environment_checked = True
            return proof, notes, end
        if not is_missing and not is_quick_to_check(self._environment, took):
            return proof, notes, end
        self._is_environment_checked = True
        drift = drift_of(self._environment)
        if drift is not None:
            note = describe_drift(drift, snapshot.ref)
            notes.append(note)
            proof = dataclasses.replace(proof, drift=drift) if proof else None
            if end.error is not None and is_missing and drift.removed:
                end = dataclasses.replace(end, error=dataclasses.replace(end.error, hint=note))
        return proof, notes, end

    def _proof(self) -> tuple[Proof | None, list[str]]:
        """Return the job's proof, and a sentence about one that cannot be read."""
        if self._plan.engine is not None:
            return self._node_proof, []
        try:
            return proof_of(self._folder, self._environment), []
        except DamagedJobError as error:
            return None, [f"This job has no proof of its environment: {error.message}."]

    def _check_environment_late(self, outcome: Outcome) -> Outcome:
        """Look for changes of a large environment: a short job was not to wait for that."""
        if self._is_environment_checked or self._environment is None:
            return outcome
        self._is_environment_checked = True
        drift = drift_of(self._environment)
        if drift is None:
            return outcome
        note = describe_drift(drift, self._plan.snapshot.ref)
        self._folder.log("warning", note)
        proof = dataclasses.replace(outcome.proof, drift=drift) if outcome.proof else None
        hint = f"{note} {outcome.hint}" if outcome.hint else note
        return write_outcome(self._folder, dataclasses.replace(outcome, proof=proof, hint=hint))


class BuildEvents:
    """Write each step of an environment's build as an event of the job, but no repetitions.

    The job is in the phase ``environment`` from the first step on.
    """

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._last: BuildStep | None = None
        self._written = 0.0

    def __call__(self, step: BuildStep) -> None:
        last, now = self._last, time.monotonic()
        if last is None:
            self._folder.append(PhaseEvent(time.time(), "environment"))
        elif dataclasses.replace(step, seconds=last.seconds) == last or (
            step.step == last.step and now - self._written < _EVENT_SECONDS
        ):
            return
        begins = last is None or step.step != last.step
        self._last, self._written = step, now
        values = {field.name: getattr(step, field.name) for field in dataclasses.fields(step)}
        self._folder.append(EnvironmentEvent(time.time(), begins=begins, **values))


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal by nothing: what is ignored instead would be by all processes started later."""
