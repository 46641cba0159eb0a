"""Submit jobs, look at them and cancel them, from any process that has the home folder.

A list of jobs that have ended needs their rows only: what submits a job, and what looks into the
folder of one that has not ended, is loaded when it is needed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.job_options import HomeAddress
from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.domain.notify import NOBODY
from modelop_jupyter.errors import HomeError, JobElsewhereError, ModelOpError
from modelop_jupyter.jobs.folder import UNREADABLE, JobFolder
from modelop_jupyter.jobs.outcome import Outcome, record_outcome, write_assumed_outcome
from modelop_jupyter.jobs.supervision import ownership
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.domain.plan import Plan
    from modelop_jupyter.jobs.shared_files import SharedJobs
    from modelop_jupyter.registry import Registry

# A supervisor that ends its job puts together what is done, and lets go of a cluster: seconds where
# the machine is busy. One that was killed leaves that to others, and notifies nobody.
_CANCEL_SECONDS = 10.0
_POLL_SECONDS = 0.02
_THERE = (
    "Use that home; others can read what it has left when it has ended, if MODELOP_BLOBS_URL is set"
)


class JobService:
    """The jobs of one home folder."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry

    def folder(self, job: str) -> JobFolder:
        return JobFolder(self._settings.jobs / job)

    def plan(self, record: JobRecord) -> Plan:
        """Return the plan of a job; raises :class:`DamagedJobError` where it is lost."""
        from modelop_jupyter.jobs.stored_plan import plan_of

        return plan_of(record, self.folder_of(record), self._registry)

    def is_elsewhere(self, record: JobRecord) -> bool:
        """Say whether a job's folder is in another home that uses this registry.

        One that is gone from this home is not elsewhere.
        """
        if not self._settings.is_shared or self.folder(record.id).root.is_dir():
            return False
        return record.options.home != self._settings.address

    def require_here(self, record: JobRecord) -> None:
        """Raise :class:`JobElsewhereError` where a job's folder is in another home."""
        if self.is_elsewhere(record):
            from modelop_jupyter.jobs.shared_files import elsewhere

            raise elsewhere(record, remedy=None if self._settings.blobs_url is None else _THERE)

    def require_readable(self, record: JobRecord, name: str | None = None) -> None:
        """Raise :class:`JobElsewhereError` where a job's folder cannot be read here, even as a copy.

        With a name, also where that file was too large to be shared.
        """
        if not self.is_elsewhere(record):
            return
        if not record.status.is_done:
            from modelop_jupyter.jobs.shared_files import elsewhere

            raise elsewhere(record, remedy=_THERE)
        self._shared_jobs.documents(record)
        if name is not None:
            self._shared_jobs.require(record, name)

    def folder_of(self, record: JobRecord) -> JobFolder:
        """Return the folder to read a job from: its own, or copies of what another home has shared.

        Where there are none, :meth:`require_readable` says why.
        """
        if record.status.is_done and self.is_elsewhere(record):
            with contextlib.suppress(JobElsewhereError):
                return self._shared_jobs.documents(record)
        return self.folder(record.id)

    def output_of(self, record: JobRecord, path: Path, name: str) -> Path:
        """Return where an output can be read that is on record with a path: there, or as a copy.

        ``name`` is what it is called among the outputs of the job.
        """
        if self.is_elsewhere(record):
            with contextlib.suppress(JobElsewhereError):
                return self._shared_jobs.output(record, name)
        return path

    def require_output(self, record: JobRecord, name: str) -> None:
        """Raise :class:`JobElsewhereError` for an output in another home that is not shared."""
        if self.is_elsewhere(record):
            self._shared_jobs.output(record, name)

    def elsewhere_note(self, record: JobRecord) -> str:
        """Return a sentence about a job of another home: where it is, or where its copies are from."""
        try:
            self.require_readable(record)
            place, left_out = self._shared_jobs.place(record), self._shared_jobs.left_out(record)
        except JobElsewhereError as error:
            return str(error)
        home = record.options.home or HomeAddress()
        note = f"It ran in {home.path} on {home.host}; its files here are copies from {place}."
        if left_out:
            names = ", ".join(file.name for file in left_out)
            note += f" Too large to share (MODELOP_SHARED_LIMIT), so only there: {names}."
        return note

    def unshared_note(self, record: JobRecord) -> str | None:
        """Return a sentence about an ended job of this home that others are to read, and cannot."""
        folder = self.folder(record.id)
        if self._settings.blobs_url is None or ownership.is_in_charge(folder):
            return None
        if not self._registry.unshared_jobs([record.id]):
            return None
        return "Other homes cannot read its files: 'modelop repair' shares them."

    @property
    def _shared_jobs(self) -> SharedJobs:
        from modelop_jupyter.jobs.shared_files import SharedJobs

        return SharedJobs(self._settings, self._registry)

    def submit(
        self, plan: Plan, folder: JobFolder, *, python: str | None = None, notify: str = NOBODY
    ) -> JobRecord:
        """Record a job whose folder is staged, start its supervisor, and return at once.

        ``python`` is the environment's interpreter where that is known to be ready: the runner then
        starts without another look. ``notify`` is who is notified of the end. Raises :class:`HomeError` where nothing can be written.
        """
        from modelop_jupyter.jobs.submission import submit

        home = self._settings.address if self._settings.is_shared else None
        return submit(
            plan,
            folder,
            self._settings,
            self._registry,
            python=python,
            home=home,
            notify=notify,
        )

    def list(
        self, *, model: str | None = None, running: bool = False, limit: int = 50
    ) -> list[JobRecord]:
        """Return jobs as they stand now, newest first."""
        records = self._registry.list_jobs(model=model, running=running, limit=limit)
        current = [self.refresh(record) for record in records]
        return [record for record in current if not (running and record.status.is_done)]

    def keep_metrics(self) -> None:
        """Keep the metrics that a release before has computed, by which models are searched."""
        from modelop_jupyter.jobs.cleanup import measurements

        for record in self._registry.unmeasured_jobs():
            if not self.is_elsewhere(record):
                numbers = measurements.numbers_of(self.folder_of(record))
                self._registry.keep_metrics(record, numbers)

    def refresh(self, record: JobRecord) -> JobRecord:
        """Return the job as its folder shows it now; its end is copied into the registry.

        One whose folder cannot be read is an ERROR that says so, and not an error of this call.
        """
        if record.status.is_done and not record.has_assumed_end:
            return record
        if self.is_elsewhere(record):
            # The other home records its end.
            return self._registry.get_job(record.id)
        folder = self.folder(record.id)
        try:
            if record.status.is_done:
                return self._corrected(record, folder)
            return self._current(record, folder)
        except UNREADABLE as error:
            return record if record.status.is_done else self._broken(record, folder, error)

    def _corrected(self, record: JobRecord, folder: JobFolder) -> JobRecord:
        """Return a job whose end was only assumed with the end that its supervisor wrote after all."""
        outcome = folder.read(Outcome)
        if outcome is None:
            return record
        ended = outcome.applied_to(record)
        if ended.has_assumed_end:
            return record
        with contextlib.suppress(HomeError):
            self._registry.finish_job(ended)
        return ended

    def _current(self, record: JobRecord, folder: JobFolder) -> JobRecord:
        from modelop_jupyter.jobs.live import live

        outcome = folder.read(Outcome)
        if outcome is None and not ownership.is_supervised(folder, record.created):
            with contextlib.suppress(OSError):
                outcome = self._write_end(record, folder, JobStatus.ERROR)
            if outcome is None:
                # In a read-only home its end is shown, though it cannot be written; so it is while
                # another process takes long to write it.
                return self._assumed_end(record, folder, JobStatus.ERROR).applied_to(record)
        if outcome is None:
            return live(record, folder)
        # Where all folders are gone, as on a disk that is not mounted, they may come back.
        if self._settings.jobs.is_dir():
            # On a full disk, or a read-only one, the folder shows the end as well; a later look
            # records it.
            with contextlib.suppress(HomeError):
                record_outcome(self._registry, folder, outcome)
        return outcome.applied_to(record)

    def _broken(self, record: JobRecord, folder: JobFolder, error: BaseException) -> JobRecord:
        """Return a job whose folder cannot be read, and end it where that is for good."""
        from modelop_jupyter.engines import end_tree
        from modelop_jupyter.jobs.assumed_end import broken_end

        is_locked = ownership.is_locked(folder)
        if is_locked or ownership.is_announced_running(folder):
            # Its supervisor lives, and will write its end.
            return record
        outcome = broken_end(_reason(error))
        # What cannot be read may be readable later, and without the lock a supervisor may still run.
        if isinstance(error, OSError) or is_locked is None:
            return outcome.applied_to(record)
        end_tree(record.id)
        with contextlib.suppress(OSError, HomeError), ownership.lock_end(folder):
            write_assumed_outcome(folder, outcome)
            record_outcome(self._registry, folder, outcome)
        return outcome.applied_to(record)

    def cancel(self, record: JobRecord) -> JobRecord:
        """Stop a job and everything it started; its results until then are kept. Done jobs stay as they are."""
        record = self.refresh(record)
        if record.status.is_done:
            return record
        self.require_here(record)
        folder = self.folder(record.id)
        signalled = None
        deadline = time.monotonic() + _CANCEL_SECONDS
        while not folder.has(Outcome) and ownership.is_supervised(folder, record.created):
            # One that has not announced its process id yet has just been started.
            if signalled is None:
                signalled = self._signal(folder)
            if time.monotonic() > deadline:
                from modelop_jupyter.engines import end_tree

                end_tree(record.id, root=signalled)
                break
            time.sleep(_POLL_SECONDS)
        if not folder.has(Outcome):
            self._write_end(record, folder, JobStatus.CANCELLED)
            # One that has announced itself only now may have looked for the end before it was there.
            if signalled is None and ownership.is_announced_running(folder):
                self._signal(folder)
        return self.refresh(record)

    def _signal(self, folder: JobFolder) -> int | None:
        """Have a job's supervisor cancel it; returns its process id, None where that is not known."""
        pid = ownership.supervisor_of(folder)
        if pid is not None:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        return pid

    def _write_end(self, record: JobRecord, folder: JobFolder, status: JobStatus) -> Outcome | None:
        """End a job that has no supervisor; returns None while another process does so."""
        with ownership.lock_end(folder) as is_ours:
            # It may have ended between two looks.
            outcome = folder.read(Outcome)
            if outcome is None and is_ours:
                outcome = self._assumed_end(record, folder, status)
                # Where there is no room left, or no folder, the registry has it alone.
                with contextlib.suppress(OSError):
                    write_assumed_outcome(folder, outcome)
            return outcome

    def _assumed_end(self, record: JobRecord, folder: JobFolder, status: JobStatus) -> Outcome:
        from modelop_jupyter.jobs.assumed_end import assumed_end

        return assumed_end(record, folder, status, lambda: self.plan(record))


def _reason(error: BaseException) -> str:
    if isinstance(error, ModelOpError):
        return error.message
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"it has unexpected content ({type(error).__name__}: {error})"
