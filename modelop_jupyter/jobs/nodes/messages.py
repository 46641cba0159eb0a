"""What a supervisor and a node tell each other; both are JSON documents with files beside them."""

from __future__ import annotations

import importlib.metadata
import json
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TypeVar

from modelop_jupyter.domain.chunks import Chunk
from modelop_jupyter.domain.environments import PackageSource, Proof
from modelop_jupyter.domain.jobs import JobError
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.wire import from_wire, mismatch, to_wire
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.protocol import (
    Checkpoint,
    ConversionEnd,
    RunnerRequest,
    RunnerResult,
    SkippedRecord,
    StoredOutput,
)

T = TypeVar("T")

# Names of files that go with a task or come with its result; others are outputs.
BLOB = "blob/"
WHEEL = "wheel/"
PIECE = "piece/"
RESUMED = "resumed/"
OUTPUT = "outputs/"
ERRORS = "errors.jsonl"
PRINTED = "printed.jsonl"
TRAINED = "work/outputDir/"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of an input that were sent with a task: the file with that name, from ``offset`` on."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class NodeInput:
    """A file of an input as a node finds it: at its path, if it is the same one, or pieces of it.

    ``is_unzipped``: the pieces are of the text of a gzip file. ``remote`` is an object that the node
    reads by itself.
    """

    path: str
    size: int
    modified: int
    pieces: tuple[Piece, ...] = ()
    is_unzipped: bool = False
    remote: ObjectState | None = None


@dataclass(frozen=True, slots=True)
class NodeTask:
    """A chunk to score, or a whole job where ``chunk`` is None.

    ``inputs`` are the chunk's file, or all files of all inputs. ``release`` and ``platform`` are
    those of the supervisor. ``request`` is the job's; ``checkpoint``: go on there, with the files
    below ``resumed/``. ``store_at``: the output is uploaded to this address, and not sent back.
    """

    release: str
    platform: str
    plan: Plan
    request: RunnerRequest
    job_document: str
    inputs: tuple[NodeInput, ...]
    chunk: Chunk | None = None
    skipped: Mapping[str, SkippedRecord] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    store_at: str | None = None

    @property
    def name(self) -> str:
        return self.plan.id if self.chunk is None else self.chunk.name(self.plan.id)


@dataclass(frozen=True, slots=True)
class NodeReport:
    """News of a running task: new lines of its ``events.jsonl``, and what the model has printed.

    ``begins``: it runs from here on; what an attempt on another node reported does not count.
    """

    events: tuple[str, ...] = ()
    console: str = ""
    begins: bool = False


class TaskStatus(Enum):
    """How a task ended on its node."""

    DONE = "done"
    MISSING = "missing"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """How a task ended.

    ``MISSING``: the node lacks the blobs ``missing``, or the input, or ``wheels`` that it cannot
    fetch for the reason of ``error``; nothing was done. ``REFUSED``: the node cannot run this job,
    ``error`` says why. ``FAILED``: ``error`` ends the job. ``packages_from`` tells of the environment.
    ``stored`` is the object that the node has made of the output, ``converted`` how the conversion of
    a chunk ended, where there was one.
    """

    status: TaskStatus
    host: str
    missing: tuple[str, ...] = ()
    lacks_input: bool = False
    wheels: tuple[str, ...] = ()
    error: JobError | None = None
    result: RunnerResult | None = None
    skipped: Mapping[str, SkippedRecord] = field(default_factory=dict)
    proof: Proof | None = None
    converted: ConversionEnd | None = None
    stored: StoredOutput | None = None
    packages_from: PackageSource = PackageSource.CACHE


def own_platform() -> str:
    """Return the platform that environments on this machine are built for, such as ``linux-x86_64``."""
    return sysconfig.get_platform()


@cache
def own_release() -> str:
    """Return the version of this package."""
    return importlib.metadata.version("modelop-jupyter")


def encode(message: object) -> str:
    """Return a message as JSON."""
    return json.dumps(to_wire(message), ensure_ascii=False)


def decode(kind: type[T], text: str) -> T:
    """Return a message of its JSON; raises :class:`InvalidError` for one of another release."""
    try:
        data = json.loads(text)
        reason = mismatch(kind, data)
    except (ValueError, RecursionError):
        reason = "it is not JSON"
    if reason is not None:
        raise InvalidError(f"a message between supervisor and node cannot be read: {reason}")
    return from_wire(kind, data)
