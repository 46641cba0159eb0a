"""Submitting jobs, seeing where they stand, cancelling them: whoever asks, from whatever process."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from modelop_jupyter.domain import variables
from modelop_jupyter.domain.jobs import Counts, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.engines import (
    ON_STDIN,
    Command,
    end_tree,
    fork_warm,
    start_detached,
    text_of,
)
from modelop_jupyter.errors import HomeError, ModelOpError
from modelop_jupyter.jobs import codec, elsewhere, faults, supervision, warmth
from modelop_jupyter.jobs.ending import gather_partial
from modelop_jupyter.jobs.environment import spec_of
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome, end_messages
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.rebuilding import plan_of
from modelop_jupyter.jobs.record import log_end, read_outcome, record_outcome
from modelop_jupyter.registry import BlobStore, Registry
from modelop_jupyter.settings import Settings

_CANCEL_SECONDS = 2.0
_POLL_SECONDS = 0.02
# What reading a folder raises in which files are missing, damaged or somebody else's.
UNREADABLE = (ModelOpError, OSError, ValueError, LookupError, TypeError, AttributeError)


class JobService:
    """The jobs of one home folder."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry

    def folder(self, job: str) -> JobFolder:
        return JobFolder(self._settings.jobs / job)

    def plan(self, record: JobRecord) -> Plan:
        """Return what was asked for; raises :class:`DamagedJobError` where nothing tells it any more."""
        return plan_of(record, self.folder(record.id), self._registry)

    def is_elsewhere(self, record: JobRecord) -> bool:
        """Say whether a job's folder is in another home that uses this registry."""
        return elsewhere.is_elsewhere(record, self._settings)

    def require_here(self, record: JobRecord) -> None:
        """Raise :class:`JobElsewhereError` where a job's folder is in another home."""
        if self.is_elsewhere(record):
            raise elsewhere.error_of(record)

    def submit(self, plan: Plan, folder: JobFolder, *, python: str | None = None) -> JobRecord:
        """Record a job whose folder is staged, start its supervisor, and return at once.

        ``python`` is the environment's interpreter where that is known to be ready: the runner then
        starts without another look.
        """
        record = plan.record
        if self._settings.is_shared:
            home = elsewhere.home_of(self._settings)
            record = dataclasses.replace(record, options={**record.options, "home": home})
        try:
            folder.write("plan.json", to_wire(plan))
            # None is started where a retry has only to deliver what is there, or may have to.
            is_done = any(each.read("result.json") for each in [folder, *folder.workers])
            warm = warmth.runners(self._settings, plan.snapshot, python) if python else None
            start = {
                "python": None if is_done else python,
                "workers": plan.workers.count,
                "warm": str(warm) if warm else None,
            }
            if warm is not None and warmth.learns(warm):
                folder.write("request.json", {**(folder.read("request.json") or {}), "learn": True})
            for each in [folder, *folder.workers]:
                codec.offer(each, self._settings.codec)
            folder.write("start.json", {"job": plan.id, **start})
            names = self._names(plan) if python is None else ()
            with supervision.handed_over(folder) as descriptors:
                self._registry.add_job(record)
                try:
                    _start_supervisor(folder, self._settings, descriptors, names=names)
                except OSError as error:
                    fault = faults.of_failed_start(error.strerror or str(error))
                    self._registry.finish_job(_broken_end(fault).applied_to(record))
                    raise
        except OSError as error:
            shutil.rmtree(folder.root, ignore_errors=True)
            raise HomeError(str(self._settings.home), error.strerror or str(error)) from None
        return record

    def list(
        self, *, model: str | None = None, running: bool = False, limit: int = 50
    ) -> list[JobRecord]:
        """Return jobs as they stand now, newest first."""
        records = self._registry.list_jobs(model=model, running=running, limit=limit)
        found = [self.refresh(record) for record in records]
        return [record for record in found if not (running and record.status.is_done)]

    def refresh(self, record: JobRecord) -> JobRecord:
        """Return the job as it stands now, told by its folder; its end is recorded on the way.

        One whose folder cannot be understood is an ERROR that says so: it breaks nobody's list.
        """
        if record.status.is_done and not record.has_assumed_end:
            return record
        if self.is_elsewhere(record):
            # Whoever runs it says how it ends.
            return record
        folder = self.folder(record.id)
        try:
            if record.status.is_done:
                return self._corrected(record, folder)
            return self._seen(record, folder)
        except UNREADABLE as error:
            return record if record.status.is_done else self._broken(record, folder, error)

    def _corrected(self, record: JobRecord, folder: JobFolder) -> JobRecord:
        """Return a job whose end was only assumed with the end that its supervisor wrote after all."""
        outcome = read_outcome(folder)
        if outcome is None:
            return record
        found = outcome.applied_to(record)
        if found.has_assumed_end:
            return record
        with contextlib.suppress(HomeError):
            self._registry.finish_job(found)
        return found

    def _seen(self, record: JobRecord, folder: JobFolder) -> JobRecord:
        outcome = read_outcome(folder)
        if outcome is None and not supervision.is_supervised(folder, record.created):
            try:
                outcome = self._write_end(record, folder, JobStatus.ERROR)
            except OSError:
                # In a read-only home its end is told, though nobody can write it down.
                return self._end(record, folder, JobStatus.ERROR).applied_to(record)
        if outcome is None:
            return live(record, folder)
        # Where all folders are gone, as on a disk that is not mounted, they may come back.
        if self._settings.jobs.is_dir():
            # On a full disk, or a read-only one, the folder tells the end as well; whoever looks
            # later records it.
            with contextlib.suppress(HomeError):
                record_outcome(self._registry, folder, outcome)
        return outcome.applied_to(record)

    def _broken(self, record: JobRecord, folder: JobFolder, error: BaseException) -> JobRecord:
        """Return a job whose folder cannot be understood, ended where that is for good."""
        is_locked = supervision.is_locked(folder)
        if is_locked or supervision.is_announced_running(folder):
            # Its supervisor lives, and will say how it ends.
            return record
        outcome = _broken_end(faults.of_broken_folder(record.short_id, _said(error)))
        # What cannot be read may be readable again, and without the lock nobody knows who runs.
        if isinstance(error, OSError) or is_locked is None:
            return outcome.applied_to(record)
        end_tree(record.id)
        with contextlib.suppress(OSError, HomeError), supervision.ending(folder):
            folder.make_room()
            log_end(folder, outcome)
            folder.write("outcome.json", to_wire(outcome))
            record_outcome(self._registry, folder, outcome)
        return outcome.applied_to(record)

    def cancel(self, record: JobRecord) -> JobRecord:
        """Stop a job and everything it started; what it has so far is kept. Done jobs stay as they are."""
        record = self.refresh(record)
        if record.status.is_done:
            return record
        self.require_here(record)
        folder = self.folder(record.id)
        end, asked = folder.root / "outcome.json", None
        deadline = time.monotonic() + _CANCEL_SECONDS
        while not end.exists() and supervision.is_supervised(folder, record.created):
            # One that has not told its number yet has just been started.
            pid = supervision.supervisor_of(folder)
            if pid is not None and asked is None:
                asked = pid
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGTERM)
            if time.monotonic() > deadline:
                end_tree(record.id, root=asked)
                break
            time.sleep(_POLL_SECONDS)
        if not end.exists():
            self._write_end(record, folder, JobStatus.CANCELLED)
        return self.refresh(record)

    def _names(self, plan: Plan) -> tuple[str, ...]:
        """Return the variables that the requirements of a job's model use."""
        return spec_of(plan.snapshot, BlobStore(self._settings.blobs)).requirements.variables

    def _write_end(self, record: JobRecord, folder: JobFolder, status: JobStatus) -> Outcome | None:
        """End a job whose supervisor no longer can; None while somebody else does so."""
        with supervision.ending(folder) as is_ours:
            # It may have ended between two looks.
            outcome = read_outcome(folder)
            if outcome is None and is_ours:
                outcome = self._end(record, folder, status)
                # Where there is no room left, or no folder, the registry has it alone.
                with contextlib.suppress(OSError):
                    folder.make_room()
                    log_end(folder, outcome)
                    folder.write("outcome.json", to_wire(outcome))
            return outcome

    def _end(self, record: JobRecord, folder: JobFolder, status: JobStatus) -> Outcome:
        """Return the end of a job whose supervisor is gone; whatever it left running ends."""
        end_tree(record.id)
        standing, partial = record, None
        # What cannot be understood of its folder is missing in its end; a retry says what of it.
        with contextlib.suppress(*UNREADABLE):
            standing = live(record, folder)
        with contextlib.suppress(*UNREADABLE):
            partial = gather_partial(self.plan(record), folder)
        now = datetime.now(timezone.utc)
        error = faults.of_dead_supervisor(record.short_id) if status is JobStatus.ERROR else None
        if error is not None and not folder.root.is_dir():
            error = faults.of_broken_folder(record.short_id, f"{folder.root} is gone")
        return Outcome(
            status=status,
            result=JobResult.FAILURE if error else JobResult.UNKNOWN,
            started=standing.started or record.created,
            ended=now,
            counts=standing.counts,
            messages=end_messages(
                received=record.created,
                started=standing.started or record.created,
                ended=now,
                status=status,
                counts=standing.counts,
                reason=error["message"] if error else None,
            ),
            output=partial,
            is_partial=partial is not None,
            error=error,
        )


def live(record: JobRecord, folder: JobFolder) -> JobRecord:
    """Return a job that has not ended as its events tell it: when it began, and its last progress."""
    for _, event in folder.events():
        if event["event"] == "phase" and event["phase"] == "running":
            record = applied(record, event)
            break
    progress = folder.last_event("progress")
    return record if progress is None else applied(record, progress)


def applied(record: JobRecord, event: dict[str, object]) -> JobRecord:
    """Return a job as it stands after one event."""
    if event["event"] == "phase" and event["phase"] == "running":
        moment = datetime.fromtimestamp(float(str(event["t"])), timezone.utc)
        started = record.started or moment
        return dataclasses.replace(record, status=JobStatus.RUNNING, started=started)
    if event["event"] == "progress":
        return dataclasses.replace(record, counts=from_wire(Counts, event))
    return record


def _broken_end(fault: faults.Fault) -> Outcome:
    now = datetime.now(timezone.utc)
    return Outcome(JobStatus.ERROR, JobResult.FAILURE, started=now, ended=now, error=fault)


def _said(error: BaseException) -> str:
    if isinstance(error, ModelOpError):
        return error.message
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"it holds what no job writes ({type(error).__name__}: {error})"


def _start_supervisor(
    folder: JobFolder, settings: Settings, descriptors: Mapping[str, int], *, names: Iterable[str]
) -> None:
    """Start it; ``names`` are the variables that the requirements it may have to build use."""
    # What may be secret is no part of its environment, which a model can read: see domain/variables.py.
    known = {**os.environ, **settings.variables}
    private = text_of(variables.private(known, names))
    command = Command(
        arguments=(str(folder.root), private),
        cwd=folder.root,
        environment=variables.plain(known),
        console=folder.root / "supervisor.log",
        descriptors=descriptors,
    )
    warm = warmth.supervisors(settings)
    forked = None if warm is None else fork_warm(warm, command)
    if forked is not None:
        forked.release()
    else:
        start_detached(
            [sys.executable, "-m", "modelop_jupyter.jobs.supervise", str(folder.root), ON_STDIN],
            cwd=command.cwd,
            environment=command.environment,
            log=command.console,
            descriptors=descriptors,
            stdin=private,
        )
