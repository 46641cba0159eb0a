"""What was asked for: all that a supervisor needs to know of its job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.domain.expectations import Expectations
from modelop_jupyter.domain.jobs import JobInput, JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.wire import to_wire


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a job stops early; None: nowhere. ``max_errors`` is the request's ``{count|percent: n}``.

    ``record_seconds`` is what one record may take, ``memory`` the bytes that a runner and all it
    started may.
    """

    max_errors: Mapping[str, float] | None = None
    records: int | None = None
    seconds: float | None = None
    record_seconds: float | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """Where the result goes: a name in the job folder and, if asked for, a path of the user's.

    No link is followed out of ``within``, if there is such a folder. ``slot`` is the one whose
    records it holds; the first output of a job holds those of all slots that have none.
    """

    name: str
    format: str
    target: str | None = None
    within: str | None = None
    slot: int = 1


@dataclass(frozen=True, slots=True)
class Workers:
    """How many runners share the records; ``reason`` says why there are fewer than ``wanted``."""

    count: int = 1
    wanted: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The job that was run before, and what this one does with it.

    ``verb`` is ``retry`` (go on, or start over where that cannot be), ``failed`` (only the records
    that failed) or ``rerun``.
    """

    job: str
    verb: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One job as it was submitted; written to ``plan.json`` before the supervisor starts.

    ``reference`` is the model under test of a monitor (spec 1.6). ``check_schemas`` is one of
    ``in``, ``out``, ``both`` or None. ``origin`` is the job that this one was made of.
    ``can_resume`` says that a runner may go on where another one stood, ``expectations`` what a
    metrics result is to be judged by besides the model's own thresholds; ``other_outputs`` are those
    of the slots 3, 5 and so on.
    """

    id: str
    kind: JobKind
    model: Model
    snapshot: Snapshot
    inputs: tuple[JobInput, ...]
    output: Output
    created: float
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    check_schemas: str | None = None
    reference: Snapshot | None = None
    reference_model: Model | None = None
    workers: Workers = field(default_factory=Workers)
    origin: Origin | None = None
    can_resume: bool = False
    expectations: Expectations | None = None
    other_outputs: tuple[Output, ...] = ()

    @property
    def record(self) -> JobRecord:
        """The job as it goes on record when it is submitted."""
        return JobRecord(
            id=self.id,
            kind=self.kind,
            model=self.model.name,
            snapshot=self.snapshot.number,
            status=JobStatus.WAITING,
            result=JobResult.UNKNOWN,
            created=datetime.fromtimestamp(self.created, timezone.utc),
            inputs=self.inputs,
            output=self.output.target,
            parameters=self.parameters,
            options={
                "schemas": self.check_schemas,
                "limits": to_wire(self.limits),
                "workers": to_wire(self.workers),
                "origin": to_wire(self.origin),
                "output": to_wire(self.output),
                **({"other_outputs": to_wire(self.other_outputs)} if self.other_outputs else {}),
                "reference": self.reference.ref if self.reference else None,
                "can_resume": self.can_resume,
                **({"expect": to_wire(self.expectations)} if self.expectations else {}),
            },
        )
