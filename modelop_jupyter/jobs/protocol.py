"""The files of a job folder: the messages between host, supervisor and runner.

This is the only module that knows what is in them; :class:`JobFolder` reads and writes them. Four
are in modules of their own: ``start.json`` and ``supervisor.json`` (``start.py``), ``plan.json``
(:class:`Plan`) and ``outcome.json`` (:class:`Outcome`). The runner describes the same files in ``runner/main.py``: it
imports nothing of this package.

The class of a file has its name as ``FILE``, that of a line of ``events.jsonl`` its kind as
``EVENT``. What is read is checked against the types: a field without a default must be there; a
method ``flaw`` checks what types cannot express. Where a file is read to be written again, ``unknown``
holds the keys of other releases, so that they are not lost.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.domain.engines import EngineState
from modelop_jupyter.domain.environments import BuildStep, PackageSource, Proof
from modelop_jupyter.domain.jobs import Counts, JobError, RecordError
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.retries import Retries
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.domain.wire import OPTIONAL, REST, from_wire, mismatch, named, to_wire
from modelop_jupyter.jobs.start import PhaseEvent

PROTOCOL = 1
# The bytes that are kept of what a record prints, and of what all records of a job print.
PRINTED_BYTES = 4000
ALL_PRINTED_BYTES = 2_000_000
_MEMORY_HEADER = struct.Struct("=qqq")

T = TypeVar("T")


class Message(Protocol):
    """The content of a JSON file of the job folder."""

    FILE: ClassVar[str]


class Event(Protocol):
    """A line of ``events.jsonl``."""

    EVENT: ClassVar[str]

    @property
    def t(self) -> float:
        """Seconds since the epoch."""


# Processes


@dataclass(frozen=True, slots=True)
class FollowerProcess:
    """A process that waits for the job and shows its end."""

    FILE: ClassVar = "follower.json"

    pid: int
    began: float | None


# The request


@dataclass(frozen=True, slots=True)
class CodecOffer:
    """A folder with builds of a fast JSON library, which a runner may take."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class SkippedRecord:
    """Why a record is a failure without being handed to the model again.

    ``code`` is the exit code where the model's process ended in it, else None.
    """

    exception: str
    message: str
    code: int | None = None
    stage: str = "score"


@dataclass(frozen=True, slots=True)
class RequestSlot:
    """A slot of the model: its function, whether it takes record sets, its parsed Avro schema.

    Records are checked with ``json_schema`` where the schema is JSON Schema; ``schema`` has the fields
    of these records then.
    """

    action: str | None = None
    recordsets: bool = False
    schema: Any = None
    json_schema: Any = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class RequestFile:
    """One of several files that are one input; ``file`` is its name in ``errors.jsonl``."""

    file: str
    path: str
    gzip: bool = False
    remote: ObjectState | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class RequestInput:
    """An input as the runner reads it.

    ``format`` is ``json``, ``csv``, ``text`` or ``frame``; in a job whose chunks are converted one by
    one, it is that of the file, such as ``parquet``. ``delimiter`` is that of a CSV file,
    ``lines`` says that a metrics or train function gets a file of JSON lines. Where the input is
    several ``files``, ``path`` is their folder; ``file`` names the one that the runner reads of them.
    ``remote`` is the object that a node reads; the runner never sees it.
    """

    name: str
    path: str
    format: str
    gzip: bool = False
    slot: int = 0
    delimiter: str | None = field(default=None, metadata=OPTIONAL)
    lines: bool | None = field(default=None, metadata=OPTIONAL)
    files: tuple[RequestFile, ...] | None = field(default=None, metadata=OPTIONAL)
    file: str | None = field(default=None, metadata=OPTIONAL)
    remote: ObjectState | None = field(default=None, metadata=OPTIONAL)
    unknown: Mapping[str, Any] = field(default_factory=dict, metadata=REST)

    @property
    def each_file(self) -> tuple[RequestInput, ...]:
        """The input as one of each of its files."""
        return tuple(
            replace(
                self, path=one.path, gzip=one.gzip, file=one.file, files=None, remote=one.remote
            )
            for one in self.files or ()
        ) or (self,)


@dataclass(frozen=True, slots=True)
class RequestOutput:
    """The file that the runner writes; ``path`` is below the job folder."""

    name: str
    format: str
    path: str = ""
    delimiter: str = ","
    unknown: Mapping[str, Any] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class SlotOutput:
    """The file of a further output slot."""

    slot: int
    path: str
    format: str
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class SchemaChecks:
    """Which records are checked against the schemas of their slots."""

    input: bool = False
    output: bool = False

    def applies_to(self, slot: int) -> bool:
        """Say whether the records of a slot are checked: inputs have even slots, outputs odd ones."""
        return self.output if slot % 2 else self.input


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """In which order a check scores a sample: ``given``, ``reversed`` or ``second half``."""

    order: str


@dataclass(frozen=True, slots=True)
class RunnerRequest:
    """What a runner has to do; written by ``jobs/request.py`` alone.

    ``max_errors`` and ``limit`` are those of :class:`Limits`. ``resume``: go on from
    ``checkpoint.json``. ``range`` is what one of several runners reads. ``learn``: write
    ``modules.json``. ``spans``: write ``spans.bin``, where in the output each record ends. ``check``:
    write ``calls.json`` and ``observations.json``. ``retry``: which records to try again.
    """

    FILE: ClassVar = "request.json"

    protocol: int
    work: str
    inputs: tuple[RequestInput, ...]
    output: RequestOutput
    job: str = ""
    kind: str = "batch"
    source: str | None = None
    entry_points: Mapping[str, str | None] = field(default_factory=dict)
    slots: Mapping[str, RequestSlot] = field(default_factory=dict)
    other_outputs: tuple[SlotOutput, ...] = ()
    check_schemas: SchemaChecks = field(default_factory=SchemaChecks)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    max_errors: Mapping[str, float] | None = None
    limit: int | None = None
    resume: bool = False
    # Runners of earlier releases know the key by this word.
    skipped: Mapping[str, SkippedRecord] = field(default_factory=dict, metadata=named("doomed"))
    range: ByteRange | None = None
    codec: CodecOffer | None = None
    learn: bool = False
    spans: bool = False
    check: CheckedOrder | None = field(default=None, metadata=OPTIONAL)
    retry: Retries | None = field(default=None, metadata=OPTIONAL)
    unknown: Mapping[str, Any] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class ChunkList:
    """The chunks of a job whose input is shared, in the order of records; each has its own folder."""

    FILE: ClassVar = "chunks.json"

    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A file that the runner cannot read, or a ``range`` of one, and the JSON lines to be made of it."""

    name: str
    path: str
    format: str
    target: str
    range: ByteRange | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Conversions:
    """What is converted before the runner of a folder starts, by a process of its own."""

    FILE: ClassVar = "conversions.json"

    conversions: tuple[Conversion, ...]


@dataclass(frozen=True, slots=True)
class ConversionEnd:
    """How a conversion ended: the ``size`` of the text that was made, or an ``error``."""

    FILE: ClassVar = "converted.json"

    size: int = 0
    error: JobError | None = None


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """The output of a chunk as an object; ``header`` is the first row of CSV with its line end."""

    FILE: ClassVar = "stored.json"

    state: ObjectState
    header: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class OutputPart:
    """An object with so many of a job's output records."""

    state: ObjectState
    records: int


@dataclass(frozen=True, slots=True)
class OutputParts:
    """The objects that are the output of a job together, in the order of records."""

    FILE: ClassVar = "parts.json"

    parts: tuple[OutputPart, ...]


# What the runner leaves


def _counts_of(line: ResultCounts | Progress) -> Counts:
    return Counts(
        line.records_in,
        line.scored,
        line.rejected,
        line.failed,
        line.records_out,
        line.retried,
        line.retries,
    )


@dataclass(frozen=True, slots=True)
class ResultCounts:
    """The counts of a runner that has ended; see :class:`Counts`."""

    records_in: int
    scored: int
    rejected: int
    failed: int
    records_out: int
    retried: int | None = field(default=None, metadata=OPTIONAL)
    retries: int | None = field(default=None, metadata=OPTIONAL)

    @property
    def as_counts(self) -> Counts:
        return _counts_of(self)


@dataclass(frozen=True, slots=True)
class ModelError:
    """The error that ended the model's work; ``stage`` is where: import, init, metrics, …

    ``exception`` is the class of the model's exception. ``details`` hold ``traceback``, the
    model's ``file`` and ``line``, and the ``module`` that could not be imported, where known.
    """

    message: str
    stage: str
    exception: str | None
    details: Mapping[str, Any] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class RunnerResult:
    """The end marker of a runner, the last thing it writes: without one it has died (spec 13.12).

    ``status`` is ``COMPLETE`` or ``ERROR``, ``result`` ``SUCCESS`` or ``FAILURE``. ``stages``
    counts bad records by what is wrong with them. ``stopped_early`` is ``max_errors``, ``limit`` or
    False. ``metrics`` is what a metrics function returned. ``seconds`` is how long it ran,
    ``ready_seconds`` how long until the model was loaded and initialised, None where it never was.
    ``memory`` is the most bytes that it took, None or 0 where that is not known, ``header_record`` the
    record that named the columns of a CSV output.
    """

    FILE: ClassVar = "result.json"

    status: str
    result: str
    counts: ResultCounts
    stages: Mapping[str, int]
    reason: str | None = None
    error: ModelError | None = None
    seconds: float = 0.0
    stopped_early: str | bool = False
    metrics: Any = None
    ready_seconds: float | None = field(default=None, metadata=OPTIONAL)
    memory: int | None = field(default=None, metadata=OPTIONAL)
    header_record: int | None = field(default=None, metadata=OPTIONAL)
    unknown: Mapping[str, Any] = field(default_factory=dict, metadata=REST)

    @property
    def is_error(self) -> bool:
        return self.status == "ERROR"

    @property
    def has_too_many_errors(self) -> bool:
        """Whether it stopped because of ``--max-errors``."""
        return self.stopped_early == "max_errors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a runner has come for good.

    Input up to byte ``offset`` of its ``file``, by number, is read, ``index`` records are begun, and
    ``output`` and ``errors`` are the bytes they have written. ``columns`` are those of a CSV output,
    and ``header_record`` is the record that named them. ``logged`` counts the lines of the log by
    stage.
    """

    FILE: ClassVar = "checkpoint.json"

    offset: int
    index: int
    output: int
    errors: int
    counts: Mapping[str, int]
    stages: Mapping[str, int]
    logged: Mapping[str, int]
    columns: tuple[Any, ...] | None = None
    file: int | None = field(default=None, metadata=OPTIONAL)
    header_record: int | None = field(default=None, metadata=OPTIONAL)
    protocol: int = PROTOCOL
    unknown: Mapping[str, Any] = field(default_factory=dict, metadata=REST)

    def flaw(self) -> str | None:
        """Return which count is missing, None where it can be gone on from."""
        names = ("records_in", "rejected", "failed", "records_out")
        return next(
            (f"counts.{name} is missing" for name in names if name not in self.counts), None
        )


@dataclass(frozen=True, slots=True)
class Position:
    """Where a runner is: ``progress.bin``, a memory map that is true even after ``kill -9``.

    ``index`` is the record begun last, counted from 0 within its input, -1 before the first;
    ``is_inside`` says that it is not done yet, ``attempt`` which try of it that is.
    """

    index: int = -1
    is_inside: bool = False
    attempt: int = 1

    @property
    def record(self) -> int | None:
        """The record that is not done, None between records and before the first."""
        return self.index if self.is_inside and self.index >= 0 else None

    @classmethod
    def of_bytes(cls, data: bytes) -> Position:
        """Return what the three native 64 bit integers tell: input, index, the try or 0 outside.

        Runners of earlier releases wrote the first two only.
        """
        if len(data) == 16:
            return cls(struct.unpack("=qq", data)[1], is_inside=True)
        if len(data) != 24:
            return cls()
        _, index, inside = struct.unpack("=qqq", data)
        return cls(index, is_inside=inside > 0, attempt=max(1, inside))


@dataclass(frozen=True, slots=True)
class ObservedEnvironment:
    """What a runner saw of its environment before the model was loaded (spec 13.1).

    ``distributions`` are name and version as folder names tell them, ``loose`` what else lies in
    each ``site-packages``, ``isolated`` whether Python ran with ``-I``.
    """

    FILE: ClassVar = "proof.json"

    executable: str
    version: str
    base_prefix: str
    sys_path: tuple[str, ...]
    distributions: tuple[tuple[str, ...], ...]
    isolated: bool | int
    loose: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeProof:
    """What an engine's node had as the environment of a task; ``host`` is the node's name."""

    FILE: ClassVar = "node.json"

    host: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class NodeTasks:
    """How many tasks of a job each node of its engine has done, by the nodes' names.

    ``packages_from`` says where the packages of each one's environment came from.
    """

    FILE: ClassVar = "nodes.json"

    tasks: Mapping[str, int]
    packages_from: Mapping[str, PackageSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadedModules:
    """The modules of Python and of libraries that were loaded when the model had ended."""

    FILE: ClassVar = "modules.json"

    modules: tuple[str, ...]


# What the host keeps


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was: ``modified`` in nanoseconds; ``digest`` is None while it is not known."""

    size: int
    modified: int
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class InputDigests:
    """The inputs of a job, in their order, as they were when it was submitted."""

    FILE: ClassVar = "digests.json"

    inputs: tuple[FileState, ...]


@dataclass(frozen=True, slots=True)
class StagedFiles:
    """The files of the working directory before the model saw them.

    By their paths: size, times of modification and of change in nanoseconds, inode.
    """

    FILE: ClassVar = "staged.json"

    files: Mapping[str, Any] = field(default_factory=dict, metadata=REST)


# Lines


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of the job's log; ``console`` is how many bytes the model had printed by then."""

    EVENT: ClassVar = "log"

    t: float
    level: str
    text: str
    console: int


@dataclass(frozen=True, slots=True)
class EnvironmentEvent:
    """A step of the environment's build; ``begins`` says that it is the first line of its step."""

    EVENT: ClassVar = "environment"

    t: float
    step: str
    text: str
    seconds: float = 0.0
    bytes: int = 0
    total_bytes: int = 0
    is_joined: bool = False
    begins: bool = True

    def step_at(self, moment: float) -> BuildStep:
        """Return the step with the seconds that it has taken at a moment."""
        seconds = self.seconds + max(0.0, moment - self.t)
        return BuildStep(
            self.step, self.text, seconds, self.bytes, self.total_bytes, self.is_joined
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: its counts, and ``bytes`` read of ``total_bytes``, None where unknown."""

    EVENT: ClassVar = "progress"

    t: float
    records_in: int
    scored: int
    rejected: int
    failed: int
    records_out: int
    bytes: int
    total_bytes: int | None
    retried: int | None = field(default=None, metadata=OPTIONAL)
    retries: int | None = field(default=None, metadata=OPTIONAL)

    @property
    def counts(self) -> Counts:
        return _counts_of(self)


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """What all runners of the job take together: ``bytes`` of memory, and more of ``usage``."""

    EVENT: ClassVar = "memory"

    t: float
    bytes: int
    usage: ResourceUsage | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """What the engine's cluster has; ``slots`` is how many runners there can be at once."""

    EVENT: ClassVar = "cluster"

    t: float
    engine: str
    nodes: int
    slots: int
    memory: int | None = None
    dashboard: str | None = None

    @property
    def state(self) -> EngineState:
        return EngineState(self.engine, self.nodes, self.slots, self.memory, self.dashboard)


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event of another release."""

    EVENT: ClassVar = ""

    t: float
    event: str


EVENTS: Mapping[str, type[Event]] = {
    kind.EVENT: kind
    for kind in (PhaseEvent, LogEvent, EnvironmentEvent, Progress, UsageEvent, ClusterEvent)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLine:
    """A line of ``errors.jsonl``: a record that was rejected or failed.

    The fields stand in the order of the runner's keys: the lines of several runners, which are
    written again with the job's positions, are byte for byte those of one.

    ``index`` to ``record``, and ``file`` to ``printed``, are those of :class:`RecordError`. ``input`` is offset and length of the
    record in the unzipped file, ``output`` start and end of what it had written; None where
    records are not scored one by one.
    """

    index: int
    slot: int = 0
    stage: str
    message: str
    exception: str | None = None
    traceback: str | None = None
    record: str | None = None
    input: tuple[int, ...] | None = None
    output: tuple[int, ...] | None = None
    file: str | None = field(default=None, metadata=OPTIONAL)
    tries: int | None = field(default=None, metadata=OPTIONAL)
    printed: str | None = field(default=None, metadata=OPTIONAL)
    unknown: Mapping[str, Any] = field(default_factory=dict, metadata=REST)

    @property
    def error(self) -> RecordError:
        return RecordError(
            self.index,
            self.stage,
            self.message,
            self.exception,
            self.traceback,
            self.slot,
            self.record,
            self.file,
            self.tries,
            self.printed,
        )


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of ``printed.jsonl``: the last bytes that a record wrote to stdout and stderr, as text.

    ``left_out`` are the bytes before them that only the console has.
    """

    index: int
    text: str
    slot: int = 0
    left_out: int = field(default=0)

    @classmethod
    def of_memory(cls, data: bytes) -> PrintedLine | None:
        """Return the record in ``printed.bin``; None where there is none."""
        if len(data) != _MEMORY_HEADER.size + PRINTED_BYTES:
            return None
        number, index, size = _MEMORY_HEADER.unpack_from(data)
        ring = data[_MEMORY_HEADER.size :]
        if index < 0 or size <= 0:
            return None
        place = size % PRINTED_BYTES
        kept = ring[:size] if size <= PRINTED_BYTES else ring[place:] + ring[:place]
        text = kept.decode("utf-8", "replace")
        # Inputs have even slots.
        return cls(index, text, 2 * number, max(0, size - PRINTED_BYTES))


def event_of(line: bytes) -> Event | None:
    """Return what a line of ``events.jsonl`` tells, None where it cannot be read."""
    data = _parsed(line)
    name = data.get("event") if isinstance(data, dict) else None
    return _checked(EVENTS.get(name, OtherEvent), data) if isinstance(name, str) else None


def error_of(line: bytes) -> ErrorLine | None:
    """Return what a line of ``errors.jsonl`` tells, None where it cannot be read."""
    return _checked(ErrorLine, _parsed(line))


def printed_of(line: bytes) -> PrintedLine | None:
    """Return what a line of ``printed.jsonl`` tells, None where it cannot be read."""
    return _checked(PrintedLine, _parsed(line))


def line_of(error: ErrorLine | PrintedLine) -> bytes:
    """Return the line of ``errors.jsonl`` or ``printed.jsonl`` that tells of a record."""
    return json.dumps(to_wire(error)).encode() + b"\n"


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.decode())
    except (ValueError, RecursionError):
        return None


def _checked(kind: type[T], data: Any) -> T | None:
    return from_wire(kind, data) if mismatch(kind, data) is None else None
