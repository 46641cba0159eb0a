"""How a job ended: the runner's result, or what is to be said of a runner that left none."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.domain.environments import Proof
from modelop_jupyter.domain.jobs import Counts, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.verdicts import Verdict
from modelop_jupyter.domain.wire import to_wire


@dataclass(frozen=True, slots=True)
class Outcome:
    """The content of ``outcome.json``.

    ``error`` is ``{code, message, hint}`` and, for an error of the model's code, ``stage``,
    ``exception`` and ``traceback``. ``is_partial`` says that ``output`` holds less than was asked
    for, ``hint`` what would make the next such job better; ``verdicts`` judge a metrics result.
    """

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
    error: Mapping[str, Any] | None = None
    hint: str | None = None
    verdicts: tuple[Verdict, ...] = ()

    def applied_to(self, record: JobRecord) -> JobRecord:
        """Return the record as it stands with this end."""
        options = dict(record.options)
        if self.verdicts:
            options["verdicts"] = to_wire(self.verdicts)
        return dataclasses.replace(
            record,
            options=options,
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
    lines.append(message(ended, f"Records in/out: {counts.records_in}/{counts.records_out}"))
    return tuple(lines)
