"""How a job ended: ``outcome.json`` and its copy in the registry.

``outcome.json`` is the truth. Whoever sees it first copies it into the registry, which is harmless
when done twice. An end that another process wrote because it found no supervisor is replaced by the
supervisor's own.
"""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from modelop_jupyter import files
from modelop_jupyter.domain.assets import is_digest
from modelop_jupyter.domain.environments import Proof
from modelop_jupyter.domain.jobs import Counts, JobError, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.results.verdicts import Verdict
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import JobNotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.supervision.ownership import lock_end

if TYPE_CHECKING:
    from modelop_jupyter.registry import Registry

_RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The content of ``outcome.json``.

    ``is_partial`` says that ``output`` holds less than was asked for, ``hint`` what would make the
    next such job better; ``verdicts`` judge a metrics result. ``lock`` is the digest of the lock
    that the job ran with, ``usage`` the most that it took of its machine.
    """

    FILE: ClassVar = "outcome.json"

    status: JobStatus
    result: JobResult
    started: datetime
    ended: datetime
    counts: Counts = field(default_factory=Counts)
    messages: tuple[str, ...] = ()
    output: str | None = None
    is_partial: bool = False
    environment: str | None = None
    packages: int | None = None
    lock: str | None = None
    proof: Proof | None = None
    error: JobError | None = None
    hint: str | None = None
    verdicts: tuple[Verdict, ...] = ()
    usage: ResourceUsage | None = field(default=None, metadata=OPTIONAL)

    def applied_to(self, record: JobRecord) -> JobRecord:
        """Return the record of the job with this end."""
        options = record.options
        if self.usage is not None:
            options = options.with_usage(self.usage)
        return dataclasses.replace(
            record,
            options=options.with_verdicts(self.verdicts) if self.verdicts else options,
            status=self.status,
            result=self.result,
            started=self.started,
            ended=self.ended,
            counts=self.counts,
            messages=self.messages,
            output=self.output,
            environment=self.environment,
            packages=self.packages,
            error=self.error,
            proof=self.proof,
        )

    def flaw(self) -> str | None:
        """Return what is wrong with an end that was read, None where it can be used."""
        has_lock = self.lock is None or is_digest(self.lock)
        return None if has_lock else "it has no digest of a lock"


def message(moment: datetime, text: str) -> str:
    """Return a line of the job's messages, in ModelOp's form (spec 2.8)."""
    return f"{timestamp(moment)} {text}"


def timestamp(moment: datetime) -> str:
    """Return ``YYYY/M/D HH:MM:SS`` in UTC: month and day are not padded (spec 2.8)."""
    utc = moment.astimezone(timezone.utc)
    return f"{utc.year}/{utc.month}/{utc.day} {utc:%H:%M:%S}"


def end_messages(
    *,
    received: datetime,
    started: datetime,
    ended: datetime,
    status: JobStatus,
    counts: Counts,
    reason: str | None,
) -> tuple[str, ...]:
    """Return the job's messages, with the reason of a failure before the last two.

    ModelOp says "batch job" of metrics jobs too (spec 2.8).
    """
    end = {JobStatus.COMPLETE: "complete", JobStatus.CANCELLED: "cancelled"}.get(status, "error")
    lines = [
        message(received, "batch job received"),
        message(started, "loading batch job"),
    ]
    if reason:
        lines.append(message(ended, f'jobResult set to failure: "{reason}"'))
    lines.append(message(ended, f"batch job {end}"))
    if counts.retries:
        tries = f"{counts.retried} records retried, in {counts.retries} further tries"
        lines.append(message(ended, tries))
    lines.append(message(ended, f"Records in/out: {counts.records_in}/{counts.records_out}"))
    return tuple(lines)


def write_outcome(folder: JobFolder, outcome: Outcome) -> Outcome:
    """Write the end of a job as its supervisor; a job that was cancelled meanwhile stays cancelled.

    Returns the end that the job has.
    """
    with lock_end(folder):
        # Whatever another process wrote, damaged or not, this is the end.
        before = folder.read_if_whole(Outcome)
        if before is not None and before.status is JobStatus.CANCELLED:
            return before
        write_assumed_outcome(folder, outcome)
        if before is not None:
            (folder.root / _RECORDED).unlink(missing_ok=True)
    return outcome


def write_assumed_outcome(folder: JobFolder, outcome: Outcome) -> None:
    """Write the end of a job that has no supervisor; the caller holds :func:`lock_end`.

    Also written into the job's log, but for an error of the model's code: the runner has done that.
    """
    folder.make_room()
    error, is_complete = outcome.error, outcome.status is JobStatus.COMPLETE
    with contextlib.suppress(OSError):
        if error is not None and error.code != "model_error":
            folder.log("error", error.message)
        folder.log("info", f"state changes to {'FINISHED' if is_complete else outcome.status}")
    folder.write(outcome)


def is_recorded(folder: JobFolder) -> bool:
    """Say whether the job's end has been copied into the registry."""
    return (folder.root / _RECORDED).exists()


def record_outcome(registry: Registry, folder: JobFolder, outcome: Outcome) -> None:
    """Write how a job ended and the lock it ran with; a job that was removed stays removed.

    Called where the registry is not known to have it, whatever the mark in the folder says: the
    registry may be older than the folder, as one from a backup is.
    """
    # Not for a list of jobs, which has none that ends.
    from modelop_jupyter.jobs.cleanup import measurements

    try:
        record = registry.get_job(folder.root.name)
    except JobNotFoundError:
        return
    ended = outcome.applied_to(record)
    if measurements.is_measurement(ended):
        # First, as whoever sees the end may search by what it has measured.
        registry.keep_metrics(ended, measurements.numbers_of(folder))
    registry.finish_job(ended)
    if outcome.lock is not None:
        snapshot = registry.get_snapshot(record.model, record.snapshot)
        if snapshot.lock != outcome.lock:
            registry.set_lock(snapshot, outcome.lock)
    with contextlib.suppress(OSError):
        (folder.root / _RECORDED).touch(files.PRIVATE)
