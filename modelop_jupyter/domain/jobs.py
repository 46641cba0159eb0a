"""Jobs: kinds, status and result as ModelOp names them, counts, and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from modelop_jupyter.domain import job_states
from modelop_jupyter.domain.environments import Proof
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.job_states import JobState
from modelop_jupyter.domain.models import EntryPointKind
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.queries import QueryRead
from modelop_jupyter.domain.results.verdicts import Verdict, overall
from modelop_jupyter.domain.wire import OPTIONAL, REST

# Codes of errors that a process writes which finds a job without its supervisor.
SUPERVISOR_DIED = "supervisor_died"
BROKEN_FOLDER = "broken_folder"
_ASSUMED = (SUPERVISOR_DIED, BROKEN_FOLDER)


# The values of ``--format``: how an input is read, whatever its name.
INPUT_FORMATS = ("csv", "jsonl", "json", "text", "parquet", "avro", "orc", "excel")


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
    """The status of a job."""

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
    """The result of a job: it can be COMPLETE and still a FAILURE (spec 2.4)."""

    UNKNOWN = "UNKNOWN"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Counts:
    """Records of a job; ``records_in = scored + rejected + failed``, each counted exactly once.

    A record whose output was rejected counts as rejected. ``records_out`` are those written. Where
    records may be tried again, ``retried`` are those that were, whatever became of them, and ``retries``
    the further tries; else None.
    """

    records_in: int = 0
    scored: int = 0
    rejected: int = 0
    failed: int = 0
    records_out: int = 0
    retried: int | None = field(default=None, metadata=OPTIONAL)
    retries: int | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class JobInput:
    """One input of a job: a path and a format.

    ``format`` is a name of ``formats.FORMATS``; ``name`` is what the user wrote. Where the input is
    several ``files``, they stand in the order in which they are read, each relative to ``path``.
    ``remotes`` are the objects in remote storage that the files are, as they were then: fetched to
    the path, or, where that is an address, read there by ranges. ``query`` is what gave the rows in
    the file, where that was a query.
    """

    name: str
    path: str
    format: str
    size: int | None = None
    digest: str | None = None
    files: tuple[str, ...] = field(default=(), metadata=OPTIONAL)
    remotes: tuple[ObjectState, ...] = field(default=(), metadata=OPTIONAL)
    query: QueryRead | None = field(default=None, metadata=OPTIONAL)

    @property
    def is_read_by_ranges(self) -> bool:
        """Whether its bytes stay where they are, in remote storage, until a node reads some of them."""
        return "://" in self.path

    @property
    def paths(self) -> tuple[str, ...]:
        """The file, or all files, in the order in which they are read."""
        return tuple(f"{self.path}/{file}" for file in self.files) or (self.path,)


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job ended as an ERROR or a FAILURE, in the registry, in ``outcome.json`` and on the wire.

    ``code`` is stable, ``message`` a sentence, ``hint`` what to do about it. ``details`` stand
    beside them in JSON: ``stage``, ``exception``, ``traceback``, ``file`` and ``line`` of an error
    of the model's code, ``record`` and ``console`` of a runner that died, ``asset``, ``line``,
    ``requirement``, ``log``, ``reason``, ``remedy`` of an environment that could not be built.
    """

    code: str = ""
    message: str = ""
    hint: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job in the registry: what was requested, and how it ended.

    ``created_by`` is the user who submitted it, None where a release before had not recorded that.
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
    options: JobOptions = field(default_factory=JobOptions)
    counts: Counts = field(default_factory=Counts)
    messages: tuple[str, ...] = ()
    environment: str | None = None
    packages: int | None = None
    error: JobError | None = None
    proof: Proof | None = None
    created_by: str | None = field(default=None, metadata=OPTIONAL)

    WIRE_PROPERTIES: ClassVar = ("has_passed", "state")

    @property
    def short_id(self) -> str:
        """The first eight digits, enough to name a job."""
        return self.id[:8]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts of thresholds and expectations on a metrics result."""
        return self.options.verdicts

    @property
    def has_passed(self) -> bool | None:
        """Whether the verdicts pass the result; None where a rule is not decided and none failed."""
        return overall(self.verdicts, is_strict=self.options.is_strict)

    @property
    def state(self) -> JobState:
        """What it does or what became of it, in plain words."""
        if self.status is not JobStatus.COMPLETE:
            return job_states.BY_STATUS[self.status.value]
        return job_states.completed(
            is_success=self.result is JobResult.SUCCESS,
            bad_records=self.counts.failed + self.counts.rejected,
            has_passed=self.has_passed,
        )

    @property
    def most_records(self) -> int | None:
        """The number of records after which the job stops, None without a limit.

        The limit applies to each input.
        """
        origin, limit = self.options.origin, self.options.limits.records
        # All bad records of another job are scored again, whatever limit that job had.
        if limit is None or (origin is not None and origin.verb == "failed"):
            return None
        return limit * len(self.inputs)

    @property
    def seconds(self) -> float | None:
        """How long it ran, None before its end."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    @property
    def has_assumed_end(self) -> bool:
        """Whether the end was recorded by a process that found no supervisor.

        An end that the supervisor records later replaces it.
        """
        return self.error is not None and self.error.code in _ASSUMED

    @property
    def snapshot_ref(self) -> str:
        return f"{self.model}@{self.snapshot}"


@dataclass(frozen=True, slots=True)
class RecordError:
    """A record that was rejected or failed; ``index`` counts from 0 within its input.

    ``stage`` is one of ``input encoding``, ``input schema``, ``model``, ``output encoding``,
    ``output schema`` (spec 2.4). ``file`` names the record's file where the input is several.
    ``tries`` is how often the model was called for it, None where it was once; ``printed`` is the end of
    what it wrote to stdout and stderr.
    """

    index: int
    stage: str
    message: str
    exception: str | None = None
    traceback: str | None = None
    slot: int = 0
    record: str | None = None
    file: str | None = field(default=None, metadata=OPTIONAL)
    tries: int | None = field(default=None, metadata=OPTIONAL)
    printed: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def reason(self) -> str:
        """What went wrong, in one line."""
        text = f"{self.exception}: {self.message}" if self.exception else self.message
        return f"{text} (tried {self.tries} times)" if self.tries else text
