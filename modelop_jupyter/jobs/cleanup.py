"""Removing jobs: those that a user names, those that are old or beyond a quota, and what kills left."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.disk import Cleared, Clearing, JobsUsage, Spared
from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.environments.leftovers import Leftover, temporary_files
from modelop_jupyter.errors import ConflictError, HomeError
from modelop_jupyter.jobs import measurements, needs, orphans, pins, removal, submissions, trimming
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.leftovers import leftovers_beside_output, leftovers_in
from modelop_jupyter.jobs.record import is_recorded
from modelop_jupyter.jobs.service import JobService
from modelop_jupyter.jobs.supervision import is_in_charge
from modelop_jupyter.registry import Registry
from modelop_jupyter.settings import Settings

# So many leftovers of killed submissions and removals are settled on the way to something else.
_ON_THE_WAY = 10
_MOST_REMEMBERED = 100_000
_sizes: dict[str, tuple[int, int]] = {}


@dataclass
class _Tally:
    """What has been cleared and spared so far, and what each job's folder takes now."""

    sizes: dict[str, int] = field(default_factory=dict)
    cleared: list[Cleared] = field(default_factory=list)
    spared: dict[str, Spared] = field(default_factory=dict)
    freed: int = 0

    @property
    def total(self) -> int:
        return sum(self.sizes.values())

    def clear(self, each: Cleared) -> None:
        self.cleared.append(each)
        self.freed += each.size


class Cleanup:
    """Removes jobs of one home folder, one process at a time."""

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
        """Return what all jobs take."""
        older, quota = self._settings.limits_of_jobs
        sizes = [_size_of(each) for each in orphans.folders(self._settings.jobs)]
        return JobsUsage(len(sizes), sum(sizes), older, quota)

    def remove(self, given: Sequence[JobRecord]) -> Clearing:
        """Remove some jobs, or none of them; raises :class:`ConflictError` that says why."""
        records = {each.id: self._service.refresh(each) for each in given}
        with removal.clearing(self._settings.home):
            problems = [
                (record, *problem)
                for record in records.values()
                if (problem := self._why_not(record, set(records)))
            ]
            if problems:
                said = "; ".join(f"job {each.short_id}: {reason}" for each, reason, _ in problems)
                raise ConflictError(f"nothing was removed: {said}", problems[0][2])
            tally = _Tally({each: removal.size_of(self._folder(each).root) for each in records})
            before = tally.total
            for record in records.values():
                used = [
                    use
                    for newer in self._registry.jobs_made_of(record.id)
                    if newer.id not in records and (use := needs.use_of(newer))
                ]
                notes = [record.snapshot_ref, *used]
                if measurements.is_measurement(record):
                    notes.append(f"its metrics leave 'history {record.model}'")
                self._remove(record, tally, note="; ".join(notes))
                measurements.forget(self._settings.measurements, record.id)
        return _clearing(tally, before, is_dry_run=False)

    def gc(self, *, older: float | None, quota: int | None, is_dry_run: bool) -> Clearing:
        """Remove jobs that ended longer ago than ``older`` seconds, then the oldest beyond a quota.

        None is no limit. What killed processes left goes in any case, and of every job that has ended
        what its model left as it was.
        """
        with removal.clearing(self._settings.home):
            tally = _Tally()
            self._finish_removals(tally, is_dry_run=is_dry_run)
            # Folders first: a job recorded between the two looks is then known.
            there = list(orphans.folders(self._settings.jobs))
            lost = self._settle(there, tally, is_dry_run=is_dry_run)
            tally.sizes = {
                each.root.name: removal.size_of(each.root)
                for each in there
                if each.root.name not in lost
            }
            before = tally.total + tally.freed
            listed = self._registry.list_jobs(limit=None)
            # Those of other homes are theirs to remove.
            records = [
                self._service.refresh(each)
                for each in listed
                if not self._service.is_elsewhere(each)
            ]
            self._tidy(records, tally, is_dry_run=is_dry_run)
            self._clear(records, tally, older, quota, is_dry_run=is_dry_run)
        return _clearing(tally, before, quota=quota, older=older, is_dry_run=is_dry_run)

    def sweep(self) -> None:
        """Settle what killed submissions and removals left, on the way to something else.

        Costs two looks into short folders where there is nothing; some are enough for one time, and
        whatever cannot be done now is left to the next.
        """
        notes = [
            each
            for each in submissions.submissions(self._settings.submissions)
            if each.pid is not None and not each.goes_on
        ][:_ON_THE_WAY]
        graves = removal.graves(self._settings.jobs)[:_ON_THE_WAY]
        if not notes and not graves:
            return
        with (
            suppress(ConflictError, HomeError, OSError),
            removal.clearing(self._settings.home, timeout=0),
        ):
            tally = _Tally()
            self._finish_removals(tally, is_dry_run=False)
            self._settle([self._folder(each.job) for each in notes], tally, is_dry_run=False)

    def _folder(self, job: str) -> JobFolder:
        return self._service.folder(job)

    def _why_not(self, record: JobRecord, going: set[str]) -> tuple[str, str] | None:
        """Say why a job that somebody names stays, and what to do about it."""
        short = record.short_id
        if not record.status.is_done:
            return "it runs", f"'job cancel {short}' stops it"
        if pins.is_pinned(self._folder(record.id)):
            return "it is pinned", f"Type 'job unpin {short}' first"
        if (making := self._making_of(record.id)) is not None:
            return f"job {making[:8]} is being made of it", "Try again later"
        for newer in self._registry.jobs_made_of(record.id):
            reason = None if newer.id in going else needs.need_of(self._service.refresh(newer))
            if reason is not None:
                return reason, f"Remove job {newer.short_id} with it, when it has ended"
        return None

    def _making_of(self, job: str) -> str | None:
        """Return a job that somebody is about to submit and that begins with this one."""
        for each in submissions.submissions(self._settings.submissions):
            if each.origin == job and each.goes_on:
                return each.job
        return None

    def _remove(
        self, record: JobRecord, tally: _Tally, *, note: str, is_dry_run: bool = False
    ) -> bool:
        """Remove one job; False where somebody came to need it in the meantime."""
        folder, short = self._folder(record.id), record.short_id
        if not is_dry_run:
            plan = orphans.plan_of(folder)
            grave = self._buried(folder)
            if self._making_of(record.id) is not None and grave is not None:
                removal.unbury(grave)
                return False
            self._registry.remove_job(record.id)
            if grave is not None:
                removal.delete(grave)
            if plan is not None:
                for each in leftovers_beside_output(plan):
                    each.sweep()
        tally.clear(Cleared("job", short, tally.sizes.pop(record.id, 0), note))
        return True

    def _buried(self, folder: JobFolder) -> Path | None:
        try:
            return removal.bury(folder.root)
        except OSError as error:
            raise HomeError(str(folder.root.parent), error.strerror or str(error)) from None

    def _finish_removals(self, tally: _Tally, *, is_dry_run: bool) -> None:
        for grave in removal.graves(self._settings.jobs):
            tally.clear(Cleared("removed job", grave.name[:8], removal.size_of(grave)))
            if not is_dry_run:
                self._registry.remove_job(grave.name)
                removal.delete(grave)

    def _settle(self, there: Iterable[JobFolder], tally: _Tally, *, is_dry_run: bool) -> set[str]:
        """Take up or remove the folders that are not on record; return the ids of those removed."""
        folders = {each.root.name: each for each in there}
        notes = orphans.by_job(submissions.submissions(self._settings.submissions))
        known, removed = self._registry.recorded_jobs(folders), set()
        for job, folder in folders.items():
            note = notes.get(job)
            if job not in known and self._settled(folder, note, tally, is_dry_run=is_dry_run):
                removed.add(job)
            if note is not None and note.pid is not None and not (note.goes_on or is_dry_run):
                note.forget()
        return removed

    def _settled(
        self,
        folder: JobFolder,
        note: submissions.Submission | None,
        tally: _Tally,
        *,
        is_dry_run: bool,
    ) -> bool:
        """Settle a folder without a record; True where it is removed."""
        fate, job = orphans.fate_of(folder, note), folder.root.name
        if fate is orphans.Fate.TAKE_UP and not is_dry_run:
            reason = orphans.take_up(folder, self._registry)
            if reason is not None:
                tally.spared[job] = Spared(job[:8], (), f"it is not on record, and {reason}")
        if fate is not orphans.Fate.REMOVE:
            return False
        if folder.root.exists():
            size = removal.size_of(folder.root)
            tally.clear(Cleared("unrecorded job", job[:8], size, "its submission was killed"))
        if not is_dry_run and (grave := self._buried(folder)) is not None:
            removal.delete(grave)
        return True

    def _tidy(self, records: Iterable[JobRecord], tally: _Tally, *, is_dry_run: bool) -> None:
        """Remove what ended jobs hold or left behind and nobody needs."""
        copies = 0
        for record in records:
            folder = self._folder(record.id)
            if not record.status.is_done or not folder.root.is_dir() or is_in_charge(folder):
                continue
            freed = sum(
                self._swept(each, tally, is_dry_run=is_dry_run)
                for each in _leftovers(record, folder)
            )
            plan = orphans.plan_of(folder) if any(trimming.files_in(folder)) else None
            if plan is not None:
                trimmed = trimming.trim(folder, plan.snapshot.state, is_dry_run=is_dry_run)
                copies, freed = copies + trimmed, freed + trimmed
            tally.sizes[record.id] = max(0, tally.sizes.get(record.id, 0) - freed)
        if copies:
            tally.clear(
                Cleared("unchanged files", "of ended jobs", copies, "they are in the snapshots")
            )
        for each in temporary_files(self._settings.blobs, "*/*/.*.part"):
            self._swept(each, tally, is_dry_run=is_dry_run)

    def _swept(self, each: Leftover, tally: _Tally, *, is_dry_run: bool) -> int:
        """Sweep a leftover; return what it took of its job's folder."""
        described = each.described
        tally.clear(described)
        if not is_dry_run:
            removal.delete(each.path)
        return described.size if self._settings.jobs in each.path.parents else 0

    def _clear(
        self,
        records: Sequence[JobRecord],
        tally: _Tally,
        older: float | None,
        quota: int | None,
        *,
        is_dry_run: bool,
    ) -> None:
        """Remove the oldest jobs until the rest is within the limits; what stays says why."""
        staying = {each.id: each for each in records}
        made_of, now = needs.made_of(records), self._now()
        heap = [(_end_of(each), each.id) for each in records]
        heapq.heapify(heap)
        while heap:
            ended, job = heapq.heappop(heap)
            is_old = older is not None and (now - ended).total_seconds() > older
            if not is_old and (quota is None or tally.total <= quota):
                break
            record = staying[job]
            reason = self._reason_to_stay(record, made_of.get(job, ()), staying)
            if reason is None and not is_dry_run:
                reason = self._kept_metrics(record)
            if reason is None and self._remove(
                record, tally, note=record.snapshot_ref, is_dry_run=is_dry_run
            ):
                del staying[job]
                tally.spared.pop(job, None)
                origin = needs.origin_of(record)
                if origin in tally.spared and origin in staying:
                    # It stayed for this one; now it may go as well.
                    heapq.heappush(heap, (_end_of(staying[origin]), origin))
            else:
                reason = reason or "somebody is making another job of it"
                tally.spared[job] = Spared(record.short_id, (record.snapshot_ref,), reason)

    def _reason_to_stay(
        self, record: JobRecord, newer: Sequence[JobRecord], staying: dict[str, JobRecord]
    ) -> str | None:
        if not record.status.is_done:
            return "it runs"
        folder = self._folder(record.id)
        if pins.is_pinned(folder):
            return "it is pinned"
        if self._making_of(record.id) is not None:
            return "another job is being made of it"
        uses = (needs.use_of(each) for each in newer if each.id in staying)
        if (use := next(filter(None, uses), None)) is not None:
            return use
        return "it has only just ended" if is_in_charge(folder) else None

    def _kept_metrics(self, record: JobRecord) -> str | None:
        """Keep a job's metrics for the history; return why that cannot be."""
        try:
            measurements.keep(self._settings.measurements, record, self._folder(record.id))
        except OSError as error:
            return f"its metrics cannot be kept: {error.strerror or error}"
        return None


def _size_of(folder: JobFolder) -> int:
    """Return what a folder takes; that of an ended job is remembered, as a view asks again and again."""
    try:
        changed = folder.root.stat().st_mtime_ns
    except OSError:
        return 0
    if not is_recorded(folder):
        return removal.size_of(folder.root)
    key = str(folder.root)
    known = _sizes.get(key)
    if known is None or known[0] != changed:
        if len(_sizes) > _MOST_REMEMBERED:
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
    tally: _Tally,
    before: int,
    *,
    quota: int | None = None,
    older: float | None = None,
    is_dry_run: bool,
) -> Clearing:
    return Clearing(
        quota=quota,
        before=before,
        after=tally.total,
        freed=tally.freed,
        cleared=tuple(tally.cleared),
        spared=tuple(tally.spared.values()),
        is_dry_run=is_dry_run,
        noun="jobs",
        older=older,
    )
