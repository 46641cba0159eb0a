"""Remove jobs that the user names, old jobs, those beyond a quota, and remains of killed ones."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.disk import Cleared, Clearing, JobsUsage, Spared
from modelop_jupyter.domain.job_options import HomeAddress
from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.environments.cleanup.leftovers import Leftover, temporary_files
from modelop_jupyter.errors import ConflictError, HomeError, SharedFilesError, StorageError
from modelop_jupyter.jobs import shared_files
from modelop_jupyter.jobs.cleanup import (
    measurements,
    orphans,
    removal,
    retention,
    task_folders,
    trimming,
)
from modelop_jupyter.jobs.cleanup.removal import leftovers_beside_output, leftovers_in
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import is_recorded
from modelop_jupyter.jobs.sharding import stored_outputs
from modelop_jupyter.jobs.supervision.ownership import is_in_charge
from modelop_jupyter.registry.opening import shared_folder
from modelop_jupyter.storage import remove_below

if TYPE_CHECKING:
    from modelop_jupyter.domain.plan import Plan
    from modelop_jupyter.jobs.service import JobService
    from modelop_jupyter.registry import Registry
    from modelop_jupyter.settings import Settings

# The most killed submissions and removals that are cleaned up before another command.
_MOST_SWEPT = 10
_MOST_CACHED_SIZES = 100_000
_sizes: dict[str, tuple[int, int]] = {}


@dataclass
class _Report:
    """What was removed and spared so far; ``sizes`` are the bytes of the remaining jobs."""

    sizes: dict[str, int] = field(default_factory=dict)
    cleared: list[Cleared] = field(default_factory=list)
    spared: dict[str, Spared] = field(default_factory=dict)
    freed: int = 0

    @property
    def total(self) -> int:
        return sum(self.sizes.values())

    def add_cleared(self, cleared: Cleared) -> None:
        self.cleared.append(cleared)
        self.freed += cleared.size


class Cleanup:
    """Removes jobs of one home folder; a lock lets one process at a time do so."""

    def __init__(
        self,
        service: JobService,
        registry: Registry,
        settings: Settings,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._service = service
        self._registry = registry
        self._settings = settings
        self._now = now

    def usage(self) -> JobsUsage:
        """Return how much disk space all jobs use, and the limits."""
        older, quota = self._settings.limits_of_jobs
        sizes = [_size_of(folder) for folder in orphans.folders(self._settings.jobs)]
        return JobsUsage(len(sizes), sum(sizes), older, quota)

    def remove(self, chosen: Sequence[JobRecord]) -> Clearing:
        """Remove these jobs, or none of them; raises :class:`ConflictError` that says why."""
        records = {job.id: self._service.refresh(job) for job in chosen}
        with removal.removal_lock(self._settings.home):
            problems = [
                (record, *problem)
                for record in records.values()
                if (problem := self._why_not(record, set(records)))
            ]
            if problems:
                reasons = "; ".join(f"job {job.short_id}: {reason}" for job, reason, _ in problems)
                raise ConflictError(f"nothing was removed: {reasons}", problems[0][2])
            report = _Report({job: removal.size_of(self._folder(job).root) for job in records})
            before = report.total
            for record in records.values():
                used = [
                    reason
                    for newer in self._registry.derived_jobs(record.id)
                    if newer.id not in records and (reason := retention.why_used(newer))
                ]
                notes = [record.snapshot_ref, *used]
                if measurements.is_measurement(record):
                    notes.append(f"its metrics leave 'history {record.model}'")
                self._remove(record, report, note="; ".join(notes))
                measurements.forget(self._settings.measurements, record.id)
        return _clearing(report, before, is_dry_run=False)

    def gc_among(
        self,
        chosen: Sequence[JobRecord],
        *,
        older: float | None,
        quota: int | None,
        is_dry_run: bool,
    ) -> Clearing:
        """Remove those of these jobs that may go, as :meth:`gc` does; nothing else is removed.

        Without a limit they go at any age.
        """
        with removal.removal_lock(self._settings.home):
            records = self._own_records()
            folders = orphans.folders(self._settings.jobs)
            report = _Report({each.root.name: removal.size_of(each.root) for each in folders})
            before, among = report.total, {record.id for record in chosen}
            age = 0.0 if older is None and quota is None else older
            self._remove_oldest(records, report, age, quota, among=among, is_dry_run=is_dry_run)
        return _clearing(report, before, quota=quota, older=older, is_dry_run=is_dry_run)

    def gc(self, *, older: float | None, quota: int | None, is_dry_run: bool) -> Clearing:
        """Remove jobs that ended more than ``older`` seconds ago, then the oldest beyond a quota.

        None is no limit. Both go for what killed tasks of an engine have left, too. Remains of killed processes, and files of ended jobs that their models
        left unchanged, are removed in any case.
        """
        with removal.removal_lock(self._settings.home):
            report = _Report()
            self._finish_removals(report, is_dry_run=is_dry_run)
            # Folders first: a job that is recorded meanwhile is then known.
            existing = list(orphans.folders(self._settings.jobs))
            removed = self._resolve_orphans(existing, report, is_dry_run=is_dry_run)
            report.sizes = {
                folder.root.name: removal.size_of(folder.root)
                for folder in existing
                if folder.root.name not in removed
            }
            before = report.total + report.freed
            records = self._own_records()
            self._remove_leftovers(records, report, is_dry_run=is_dry_run)
            for leftover in task_folders.leftovers(self._settings.tasks, older=older, quota=quota):
                self._remove_leftover(leftover, report, is_dry_run=is_dry_run)
            self._remove_oldest(records, report, older, quota, is_dry_run=is_dry_run)
            self._remove_copies(report, older, is_dry_run=is_dry_run)
        return _clearing(report, before, quota=quota, older=older, is_dry_run=is_dry_run)

    def _own_records(self) -> list[JobRecord]:
        """Return the jobs of this home as they stand now: those of other homes are removed there."""
        return [
            self._service.refresh(record)
            for record in self._registry.list_jobs(limit=None)
            if not self._service.is_elsewhere(record)
        ]

    def sweep(self) -> None:
        """Clean up after a few killed submissions and removals, before another command.

        Without any it lists two short folders only. What cannot be done now is left for the next
        time.
        """
        killed = [
            submission
            for submission in orphans.submissions(self._settings.submissions)
            if submission.pid is not None and not submission.is_active
        ][:_MOST_SWEPT]
        hidden = removal.hidden_folders(self._settings.jobs)[:_MOST_SWEPT]
        if not killed and not hidden:
            return
        with (
            suppress(ConflictError, HomeError, OSError),
            removal.removal_lock(self._settings.home, timeout=0),
        ):
            report = _Report()
            self._finish_removals(report, is_dry_run=False)
            self._resolve_orphans(
                [self._folder(submission.job) for submission in killed], report, is_dry_run=False
            )

    def _folder(self, job: str) -> JobFolder:
        return self._service.folder(job)

    def _why_not(self, record: JobRecord, removed_jobs: set[str]) -> tuple[str, str] | None:
        """Return why a job that the user named must stay, and what to do about it, else None."""
        short = record.short_id
        if not record.status.is_done:
            return "it runs", f"'job cancel {short}' stops it"
        if self._service.is_elsewhere(record):
            # That home would find its folder, and put it on record again.
            home = record.options.home or HomeAddress()
            return f"it is in {home.path} on {home.host}", "Remove it in that home"
        if retention.is_pinned(self._folder(record.id)):
            return "it is pinned", f"Type 'job unpin {short}' first"
        if (submitting := self._submission_from(record.id)) is not None:
            return (
                f"job {submitting[:8]}, a retry or rerun of it, is being submitted",
                "Try again later",
            )
        for newer in self._registry.derived_jobs(record.id):
            reason = (
                None
                if newer.id in removed_jobs
                else retention.why_needed(self._service.refresh(newer))
            )
            if reason is not None:
                return reason, f"Remove job {newer.short_id} with it, when it has ended"
        return None

    def _submission_from(self, job: str) -> str | None:
        """Return a job that is being submitted as a retry or rerun of this one, else None."""
        for submission in orphans.submissions(self._settings.submissions):
            if submission.origin == job and submission.is_active:
                return submission.job
        return None

    def _remove(
        self, record: JobRecord, report: _Report, *, note: str, is_dry_run: bool = False
    ) -> bool:
        """Remove one job; False if another process has begun to need it meanwhile."""
        folder, short = self._folder(record.id), record.short_id
        if not is_dry_run:
            plan = orphans.plan_of(folder)
            hidden = self._hide(folder)
            if self._submission_from(record.id) is not None and hidden is not None:
                removal.unhide(hidden)
                return False
            if plan is not None:
                note += self._remove_chunks(plan, JobFolder(hidden or folder.root))
            note += self._remove_record(record.id)
            if hidden is not None:
                removal.delete(hidden)
            if plan is not None:
                for leftover in leftovers_beside_output(plan):
                    leftover.remove()
        report.add_cleared(Cleared("job", short, report.sizes.pop(record.id, 0), note))
        return True

    def _remove_chunks(self, plan: Plan, folder: JobFolder) -> str:
        """Remove outputs of chunks that were never joined; return what to add to the report."""
        prefix = plan.chunks_prefix
        if prefix is None or not stored_outputs.may_be_left(folder):
            return ""
        # A retry goes on with them, and removes them itself.
        if any(retention.is_retry(newer) for newer in self._registry.derived_jobs(plan.id)):
            return ""
        try:
            remove_below(prefix)
        except StorageError as error:
            return f"; the outputs of its chunks stay at {prefix}: {error.message}"
        return ""

    def _remove_record(self, job: str) -> str:
        """Remove a job's row, then what is shared of it; return what to add to the report."""
        shared = shared_folder(self._settings)
        found = self._registry.shared_files(job) if shared is not None else None
        self._registry.remove_job(job)
        if shared is None or found is None or found[0] != shared.place:
            return ""
        try:
            shared_files.remove(job, found[1], shared)
        except SharedFilesError as error:
            # Nothing names them any more.
            return f"; its copies at {shared.shown(f'jobs/{job}')} stay: {error.reason}"
        return ""

    def _remove_copies(self, report: _Report, older: float | None, *, is_dry_run: bool) -> None:
        """Remove copies of other homes' jobs that are old, or of jobs that are removed."""
        copies = shared_files.copies(self._settings)
        recorded = self._registry.recorded_jobs({folder.name for folder in copies})
        for folder in copies:
            age = self._now().timestamp() - shared_files.time_of(folder)
            if folder.name in recorded and (older is None or age <= older):
                continue
            size = removal.size_of(folder)
            report.add_cleared(Cleared("copies of another home's job", folder.name[:8], size))
            if not is_dry_run:
                shared_files.remove_copies(folder)

    def _hide(self, folder: JobFolder) -> Path | None:
        try:
            return removal.hide(folder.root)
        except OSError as error:
            raise HomeError(str(folder.root.parent), error.strerror or str(error)) from None

    def _finish_removals(self, report: _Report, *, is_dry_run: bool) -> None:
        for hidden in removal.hidden_folders(self._settings.jobs):
            report.add_cleared(Cleared("removed job", hidden.name[:8], removal.size_of(hidden)))
            if not is_dry_run:
                self._remove_record(hidden.name)
                removal.delete(hidden)

    def _resolve_orphans(
        self, existing: Iterable[JobFolder], report: _Report, *, is_dry_run: bool
    ) -> set[str]:
        """Record or remove folders without a record; return the ids of removed ones."""
        folders = {folder.root.name: folder for folder in existing}
        by_job = orphans.by_job(orphans.submissions(self._settings.submissions))
        recorded, removed = self._registry.recorded_jobs(folders), set()
        for job, folder in folders.items():
            submission = by_job.get(job)
            if job not in recorded and self._resolve_orphan(
                folder, submission, report, is_dry_run=is_dry_run
            ):
                removed.add(job)
            if (
                submission is not None
                and submission.pid is not None
                and not (submission.is_active or is_dry_run)
            ):
                submission.forget()
        return removed

    def _resolve_orphan(
        self,
        folder: JobFolder,
        submission: orphans.Submission | None,
        report: _Report,
        *,
        is_dry_run: bool,
    ) -> bool:
        """Record or remove a folder without a record; return whether it was removed."""
        action, job = orphans.action_for(folder, submission), folder.root.name
        if action is orphans.OrphanAction.RECORD and not is_dry_run:
            reason = orphans.record_again(folder, self._registry)
            if reason is not None:
                report.spared[job] = Spared(job[:8], (), f"it is not on record, and {reason}")
        if action is not orphans.OrphanAction.REMOVE:
            return False
        if folder.root.exists():
            size = removal.size_of(folder.root)
            report.add_cleared(
                Cleared("unrecorded job", job[:8], size, "its submission was killed")
            )
        if not is_dry_run and (hidden := self._hide(folder)) is not None:
            removal.delete(hidden)
        return True

    def _remove_leftovers(
        self, records: Iterable[JobRecord], report: _Report, *, is_dry_run: bool
    ) -> None:
        """Remove temporary and unchanged files of ended jobs."""
        unchanged_bytes = 0
        for record in records:
            folder = self._folder(record.id)
            if not record.status.is_done or not folder.root.is_dir() or is_in_charge(folder):
                continue
            freed = sum(
                self._remove_leftover(leftover, report, is_dry_run=is_dry_run)
                for leftover in _leftovers(record, folder)
            )
            plan = orphans.plan_of(folder) if any(trimming.trimmable_files(folder)) else None
            if plan is not None:
                trimmed_bytes = trimming.trim(folder, plan.snapshot.state, is_dry_run=is_dry_run)
                unchanged_bytes, freed = unchanged_bytes + trimmed_bytes, freed + trimmed_bytes
            report.sizes[record.id] = max(0, report.sizes.get(record.id, 0) - freed)
        if unchanged_bytes:
            report.add_cleared(
                Cleared(
                    "unchanged files", "of ended jobs", unchanged_bytes, "they are in the snapshots"
                )
            )
        for leftover in temporary_files(self._settings.blobs, "*/*/.*.part"):
            self._remove_leftover(leftover, report, is_dry_run=is_dry_run)

    def _remove_leftover(self, leftover: Leftover, report: _Report, *, is_dry_run: bool) -> int:
        """Remove a leftover; return the bytes that it took in its job's folder."""
        described = leftover.as_cleared
        report.add_cleared(described)
        if not is_dry_run:
            removal.delete(leftover.path)
        return described.size if self._settings.jobs in leftover.path.parents else 0

    def _remove_oldest(
        self,
        records: Sequence[JobRecord],
        report: _Report,
        older: float | None,
        quota: int | None,
        *,
        among: Collection[str] | None = None,
        is_dry_run: bool,
    ) -> None:
        """Remove the oldest jobs until the rest is within the limits; report those that stay.

        Only those ``among`` these ids are removed, of all without them.
        """
        remaining = {job.id: job for job in records}
        made_of, now = retention.successors(records), self._now()
        queue = [(_end_of(job), job.id) for job in records if among is None or job.id in among]
        heapq.heapify(queue)
        while queue:
            ended, job = heapq.heappop(queue)
            is_old = older is not None and (now - ended).total_seconds() > older
            if not is_old and (quota is None or report.total <= quota):
                break
            record = remaining[job]
            reason = self._reason_to_stay(record, made_of.get(job, ()), remaining)
            if reason is None and not is_dry_run:
                reason = self._store_metrics(record)
            if reason is None and self._remove(
                record, report, note=record.snapshot_ref, is_dry_run=is_dry_run
            ):
                del remaining[job]
                report.spared.pop(job, None)
                origin = retention.origin_of(record)
                if origin in report.spared and origin in remaining:
                    # It stayed for the job that was just removed.
                    heapq.heappush(queue, (_end_of(remaining[origin]), origin))
            else:
                reason = reason or "a retry or rerun of it is being submitted"
                report.spared[job] = Spared(record.short_id, (record.snapshot_ref,), reason)

    def _reason_to_stay(
        self, record: JobRecord, newer: Sequence[JobRecord], staying: dict[str, JobRecord]
    ) -> str | None:
        if not record.status.is_done:
            return "it runs"
        folder = self._folder(record.id)
        if retention.is_pinned(folder):
            return "it is pinned"
        if self._submission_from(record.id) is not None:
            return "a retry or rerun of it is being submitted"
        uses = (retention.why_used(successor) for successor in newer if successor.id in staying)
        if (use := next(filter(None, uses), None)) is not None:
            return use
        return "it has only just ended" if is_in_charge(folder) else None

    def _store_metrics(self, record: JobRecord) -> str | None:
        """Store a job's metrics for the history; return why that is impossible, else None."""
        try:
            measurements.store(self._settings.measurements, record, self._folder(record.id))
        except OSError as error:
            return f"its metrics cannot be kept: {error.strerror or error}"
        return None


def _size_of(folder: JobFolder) -> int:
    """Return the bytes of a folder; those of ended jobs are cached, as a view asks repeatedly."""
    try:
        changed = folder.root.stat().st_mtime_ns
    except OSError:
        return 0
    if not is_recorded(folder):
        return removal.size_of(folder.root)
    key = str(folder.root)
    known = _sizes.get(key)
    if known is None or known[0] != changed:
        if len(_sizes) > _MOST_CACHED_SIZES:
            _sizes.clear()
        known = _sizes[key] = changed, removal.size_of(folder.root)
    return known[1]


def _leftovers(record: JobRecord, folder: JobFolder) -> Iterator[Leftover]:
    yield from leftovers_in(folder)
    if record.status is not JobStatus.COMPLETE and (plan := orphans.plan_of(folder)):
        yield from leftovers_beside_output(plan)


def _end_of(record: JobRecord) -> datetime:
    return record.ended or record.created


def _clearing(
    report: _Report,
    before: int,
    *,
    quota: int | None = None,
    older: float | None = None,
    is_dry_run: bool,
) -> Clearing:
    return Clearing(
        quota=quota,
        before=before,
        after=report.total,
        freed=report.freed,
        cleared=tuple(report.cleared),
        spared=tuple(report.spared.values()),
        is_dry_run=is_dry_run,
        noun="jobs",
        older=older,
    )
