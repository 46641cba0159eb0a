"""Shapes of the JSON files of a job folder, as the runner reads and writes them.

Read by type checkers only; ``main.py`` describes the files. The host's own types of the same files
are in ``modelop_jupyter/jobs/protocol.py``; ``tests/runner/test_protocol.py`` compares the two.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

from typing_extensions import NotRequired, TypedDict

class FilePart(TypedDict):
    """One of several files that are one input; ``file`` is the name that its records' errors have."""

    file: str
    path: str
    gzip: bool

class InputFile(TypedDict):
    """One input of a job; ``path`` is absolute once the request has been read.

    ``files`` are read one after the other where it is several; ``path`` is their folder then. ``file``
    is the name of the one that this runner reads of them.
    """

    name: str
    path: str
    format: str  # "json", "csv", "text" or "frame"
    gzip: bool
    slot: int
    delimiter: NotRequired[str]
    lines: NotRequired[bool]
    files: NotRequired[list[FilePart]]
    file: NotRequired[str]

class OutputFile(TypedDict):
    """The file of the first output slot."""

    name: str
    path: str
    format: str  # "json" or "csv"
    delimiter: NotRequired[str]

class SlotOutput(TypedDict):
    """The file of a further output slot."""

    slot: int
    path: str
    format: str
    delimiter: NotRequired[str]

class Slot(TypedDict, total=False):
    """What smart tags say of a slot."""

    schema: Any
    json_schema: Any
    action: str | None
    recordsets: bool

class GzipMember(TypedDict):
    """A member of a gzip file: where it begins in the file, and its text in that of the whole."""

    zipped: int
    text: int

class ByteRange(TypedDict):
    """The bytes of the one input that this runner scores.

    Of a gzip file they are those of its text, and ``member`` is where reading may begin.
    """

    start: int
    end: int
    member: NotRequired[GzipMember]

class SkippedRecord(TypedDict):
    """Why the host wants a record counted as failed without scoring it again."""

    exception: str | None
    message: str
    code: int | None
    stage: str

class CodecLibrary(TypedDict):
    """The folder with copies of the library of a fast JSON codec."""

    name: str
    path: str

class CheckedOrder(TypedDict):
    """In which order a check scores a sample: "given", "reversed" or "second half"."""

    order: str

class RetryPolicy(TypedDict):
    """How often a record is tried again, and after which exceptions."""

    count: int
    exceptions: list[str]
    seconds: NotRequired[float]  # tests set it; the host does not

class Observation(TypedDict):
    """Something outside of the model's folder that it has touched, and its line that did so.

    ``kind`` is "read", "write", "host", "process", "variable", "thread", "path" or "input".
    """

    kind: str
    what: str
    file: str | None
    line: int | None

class Observations(TypedDict):
    """``observations.json``; ``is_seen`` is false where this Python cannot see what a model does."""

    is_seen: bool
    observations: list[Observation]

class Request(TypedDict):
    """``request.json``."""

    protocol: int
    job: str
    kind: Literal["batch", "metrics", "train", "deployment"]
    work: str
    source: str
    entry_points: dict[str, str | None]
    slots: dict[str, Slot]
    inputs: list[InputFile]
    output: OutputFile
    check_schemas: dict[str, bool]
    parameters: dict[str, Any]
    max_errors: dict[str, float] | None
    limit: int | None
    range: NotRequired[ByteRange | None]
    resume: NotRequired[bool]
    doomed: NotRequired[dict[str, SkippedRecord] | None]
    checkpoint_seconds: NotRequired[float]  # tests set it; the host does not
    spans: NotRequired[bool]
    learn: NotRequired[bool]
    codec: NotRequired[CodecLibrary | None]
    other_outputs: NotRequired[list[SlotOutput] | None]
    check: NotRequired[CheckedOrder | None]
    retry: NotRequired[RetryPolicy | None]

class ErrorDocument(TypedDict, total=False):
    """An error as data: in ``result.json``, and as a part of the lines of ``errors.jsonl``."""

    stage: str | None
    exception: str | None
    message: str
    traceback: str | None
    file: str | None
    line: int | None
    module: str

class Result(TypedDict, total=False):
    """``result.json``."""

    status: str
    result: str
    error: ErrorDocument | None
    metrics: Any
    stopped_early: Literal["limit", "max_errors", False]
    counts: dict[str, int]
    stages: dict[str, int]
    reason: str | None
    warnings: list[str]
    seconds: float
    ready_seconds: float
    memory: int
    header_record: int | None

# A check returns None, or what is wrong (content masked) and where in the value that is.
Mismatch = tuple[str, str]
Check = Callable[[Any], Mismatch | None]
LogLine = tuple[str, str]  # level, text

class Codec(Protocol):
    """What reads and writes JSON lines: the standard library, or an accelerator."""

    option: int | None
    suspect_bytes: bytes
    def reader(self, text: bytes) -> Callable[[bytes], Any]: ...
    @property
    def write(self) -> Callable[[Any, None, int | None], bytes]: ...
    def normalize(self, documents: bytes) -> bytes: ...
