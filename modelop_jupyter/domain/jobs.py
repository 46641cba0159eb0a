"""Jobs: one requested unit of work, its status and result in ModelOp's own two words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from modelop_jupyter.domain.environments import Proof
from modelop_jupyter.domain.models import EntryPointKind
from modelop_jupyter.domain.verdicts import Verdict, overall
from modelop_jupyter.domain.wire import from_wire

# Codes of errors that somebody wrote who took a job's supervisor for gone.
SUPERVISOR_DIED = "supervisor_died"
BROKEN_FOLDER = "broken_folder"
_ASSUMED = (SUPERVISOR_DIED, BROKEN_FOLDER)


# What a user may say of an input, whatever its name (``--format``).
INPUT_FORMATS = ("csv", "jsonl", "json", "text", "parquet", "avro")


class JobKind(str, Enum):
    """What a job does; ``modelop_type`` is the word in ModelOp's job JSON (spec 2.9)."""

    BATCH = "batch"
    METRICS = "metrics"
    TRAIN = "train"

    __str__ = str.__str__

    @property
    def modelop_type(self) -> str:
        return {
            JobKind.BATCH: "MODEL_BATCH_JOB",
            JobKind.METRICS: "MODEL_BATCH_TEST_JOB",
            JobKind.TRAIN: "MODEL_BATCH_TRAINING_JOB",
        }[self]

    @property
    def entry_point(self) -> EntryPointKind:
        """The kind of function this job calls."""
        calls: dict[JobKind, EntryPointKind] = {
            JobKind.BATCH: "score",
            JobKind.METRICS: "metrics",
            JobKind.TRAIN: "train",
        }
        return calls[self]


class JobStatus(str, Enum):
    """Where a job is in its life."""

    CREATED = "CREATED"
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"

    __str__ = str.__str__

    @property
    def is_done(self) -> bool:
        return self in (JobStatus.COMPLETE, JobStatus.ERROR, JobStatus.CANCELLED)


class JobResult(str, Enum):
    """How it ended: a job can be COMPLETE and yet a FAILURE (spec 2.4)."""

    UNKNOWN = "UNKNOWN"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Counts:
    """Records of a job; ``records_in = scored + rejected + failed``, each counted exactly once.

    A record whose output was rejected counts as rejected. ``records_out`` are those written.
    """

    records_in: int = 0
    scored: int = 0
    rejected: int = 0
    failed: int = 0
    records_out: int = 0


@dataclass(frozen=True, slots=True)
class JobInput:
    """One input of a job: where its bytes are and how they are read.

    ``format`` is a name of ``formats.FORMATS``; ``name`` is what the user wrote.
    """

    name: str
    path: str
    format: str
    size: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One row of the registry: what was asked for and how it ended.

    ``options`` holds what was asked for besides the parameters, and the verdicts on the result.
    """

    id: str
    kind: JobKind
    model: str
    snapshot: int
    status: JobStatus
    result: JobResult
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    inputs: tuple[JobInput, ...] = ()
    output: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    messages: tuple[str, ...] = ()
    environment: str | None = None
    packages: int | None = None
    error: Mapping[str, Any] | None = None
    proof: Proof | None = None

    WIRE_PROPERTIES: ClassVar = ("has_passed",)

    @property
    def short_id(self) -> str:
        """The first eight digits, enough to name a job."""
        return self.id[:8]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What thresholds and expectations said of a metrics result."""
        return tuple(from_wire(Verdict, each) for each in self.options.get("verdicts", ()))

    @property
    def has_passed(self) -> bool | None:
        """Whether the verdicts pass the result; None where a rule is not decided and none failed."""
        is_strict = bool(self.options.get("expect", {}).get("is_strict"))
        return overall(self.verdicts, is_strict=is_strict)

    @property
    def has_assumed_end(self) -> bool:
        """Whether its end was written by somebody who took its supervisor for gone.

        The supervisor's own word, should there be one, is the truth.
        """
        return bool(self.error) and (self.error or {}).get("code") in _ASSUMED

    @property
    def snapshot_ref(self) -> str:
        return f"{self.model}@{self.snapshot}"


@dataclass(frozen=True, slots=True)
class RecordError:
    """A record that was rejected or failed; ``index`` counts from 0 within its input.

    ``stage`` is one of ``input encoding``, ``input schema``, ``model``, ``output encoding``,
    ``output schema`` (spec 2.4).
    """

    index: int
    stage: str
    message: str
    exception: str | None = None
    traceback: str | None = None
    slot: int = 0
    record: str | None = None
