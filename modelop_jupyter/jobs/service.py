"""Submitting jobs, seeing where they stand, cancelling them: whoever asks, from whatever process."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import sys
import time
from datetime import datetime, timezone

from modelop_jupyter.domain.jobs import Counts, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.engines import (
    Command,
    end_tree,
    fork_warm,
    is_running,
    start_detached,
    started_at,
)
from modelop_jupyter.errors import HomeError, RegistryError
from modelop_jupyter.jobs import codec, warmth
from modelop_jupyter.jobs.ending import gather_partial
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome, end_messages
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.record import record_of, record_outcome
from modelop_jupyter.registry import Registry
from modelop_jupyter.settings import Settings

_CANCEL_SECONDS = 2.0
_POLL_SECONDS = 0.02
_START_SECONDS = 10.0


class JobService:
    """The jobs of one home folder."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry

    def folder(self, job: str) -> JobFolder:
        return JobFolder(self._settings.jobs / job)

    def submit(self, plan: Plan, folder: JobFolder, *, python: str | None = None) -> JobRecord:
        """Record a job whose folder is staged, start its supervisor, and return at once.

        ``python`` is the environment's interpreter where that is known to be ready: the runner then
        starts without another look.
        """
        record = record_of(plan)
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
            self._registry.add_job(record)
            _start_supervisor(folder, self._settings)
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
        """Return the job as it stands now, told by its folder; its end is recorded on the way."""
        if record.status.is_done:
            return record
        folder = self.folder(record.id)
        outcome = self._outcome(folder)
        if outcome is None and not self._is_supervised(record, folder):
            # It may have ended between the two looks.
            outcome = self._outcome(folder) or self._write_end(record, folder, JobStatus.ERROR)
        if outcome is not None:
            # On a full disk the folder tells the end as well; whoever looks later records it.
            with contextlib.suppress(RegistryError):
                record_outcome(self._registry, folder, outcome)
            return outcome.applied_to(record)
        return live(record, folder)

    def cancel(self, record: JobRecord) -> JobRecord:
        """Stop a job and everything it started; what it has so far is kept. Done jobs stay as they are."""
        record = self.refresh(record)
        if record.status.is_done:
            return record
        folder = self.folder(record.id)
        supervisor = folder.read("supervisor.json")
        if supervisor is not None and is_running(supervisor["pid"], supervisor["began"]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(supervisor["pid"], signal.SIGTERM)
            deadline = time.monotonic() + _CANCEL_SECONDS
            while time.monotonic() < deadline:
                if self._outcome(folder) is not None:
                    return self.refresh(record)
                time.sleep(_POLL_SECONDS)
            end_tree(record.id, root=supervisor["pid"])
        if self._outcome(folder) is None:
            self._write_end(record, folder, JobStatus.CANCELLED)
        return self.refresh(record)

    def _outcome(self, folder: JobFolder) -> Outcome | None:
        message = folder.read("outcome.json")
        return None if message is None else from_wire(Outcome, message)

    def _is_supervised(self, record: JobRecord, folder: JobFolder) -> bool:
        supervisor = folder.read("supervisor.json")
        if supervisor is None:
            age = datetime.now(timezone.utc) - record.created
            return age.total_seconds() < _START_SECONDS
        return is_running(supervisor["pid"], supervisor["began"])

    def _write_end(self, record: JobRecord, folder: JobFolder, status: JobStatus) -> Outcome:
        """End a job whose supervisor no longer can."""
        end_tree(record.id)
        standing = live(record, folder)
        plan = folder.read("plan.json")
        partial = gather_partial(from_wire(Plan, plan), folder) if plan else None
        now = datetime.now(timezone.utc)
        error = None
        if status is JobStatus.ERROR:
            text = "the process that watched over the job is gone"
            error = {
                "code": "supervisor_died",
                "message": text,
                "hint": f"It was killed, or the machine was switched off: 'job retry {record.short_id}'"
                " goes on where it stood",
            }
        outcome = Outcome(
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
        if folder.root.is_dir():
            folder.make_room()
            folder.write("outcome.json", to_wire(outcome))
        return outcome


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


def _start_supervisor(folder: JobFolder, settings: Settings) -> None:
    command = Command(
        arguments=(str(folder.root),),
        cwd=folder.root,
        environment={**os.environ, **settings.variables},
        console=folder.root / "supervisor.log",
    )
    warm = warmth.supervisors(settings)
    forked = None if warm is None else fork_warm(warm, command)
    if forked is not None:
        forked.release()
        pid = forked.pid
    else:
        pid = start_detached(
            [sys.executable, "-m", "modelop_jupyter.jobs.supervise", *command.arguments],
            cwd=command.cwd,
            environment=command.environment,
            log=command.console,
        )
    folder.write("supervisor.json", {"pid": pid, "began": started_at(pid)})
