"""The body of ``POST /jobs``, and ``/lines``: the magic that submits the same job."""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands.arguments import parameter_word
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.shell_words import quote, split
from modelop_jupyter.decisions.expectations import parse_expectations
from modelop_jupyter.domain.amounts import bytes_of, size_word
from modelop_jupyter.domain.jobs import INPUT_FORMATS, JobKind, JobRecord
from modelop_jupyter.domain.retries import DEFAULT_COUNT, DEFAULT_EXCEPTIONS, MOST
from modelop_jupyter.domain.samples import SAMPLE_RECORDS
from modelop_jupyter.errors import AssetNotFoundError
from modelop_jupyter.server.resources.fields import (
    ASSET_PATH,
    ENGINE,
    FILE_PATH,
    MODEL_REF,
    SHORT_TEXT,
)
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelop_jupyter.workspace import Job, PathBelow, Stream, Variable

_COUNT = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
_SECONDS = {"type": "number", "exclusiveMinimum": 0, "maximum": 31_536_000}
INPUT = {
    "oneOf": [
        object_schema(("path",), path=FILE_PATH),
        object_schema(("asset",), asset=ASSET_PATH),
    ],
    "description": "A file below the server's root, or an asset of the model.",
}
_TYPED_RECORDS = object_schema(
    ("records",), records={**array_schema({}, limit=SAMPLE_RECORDS), "minItems": 1}
)
_MAX_ERRORS = {
    "oneOf": [
        object_schema(("count",), count={"type": "integer", "minimum": 0, "maximum": 2**53 - 1}),
        object_schema(("percent",), percent={"type": "number", "minimum": 0, "maximum": 100}),
    ]
}
_COMMON_OPTIONS = {
    "format": {
        "enum": list(INPUT_FORMATS),
        "description": "The format of the inputs, whatever their names.",
    },
    "connection": {
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        "description": "The database of inputs that are .sql files: NAME in MODELOP_CONNECTION_NAME.",
        "examples": ["shop"],
    },
    "engine": ENGINE,
    "notify": {
        "type": "string",
        "minLength": 1,
        "maxLength": 2048,
        "description": "Who is notified when the job has ended: an http address, which gets the job as"
        " JSON, desktop, or none.",
        "examples": ["desktop"],
    },
}
_BATCH_AND_METRICS_OPTIONS = {
    "output": {
        **FILE_PATH,
        "description": "Where to write the output; without it, the job keeps it.",
    },
    "timeout": _SECONDS,
    "memory": {**_COUNT, "description": "The memory limit of the model's process, in bytes."},
    "cpu_time": {
        **_SECONDS,
        "description": "The CPU time in seconds that the model's process and what it starts may take.",
    },
    **_COMMON_OPTIONS,
}
_RETRIES = {
    "retry": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST,
        "description": "How often a record is tried again that raises an exception of retry_on;"
        f" {DEFAULT_COUNT} if there are only these.",
    },
    "retry_on": {
        **array_schema({"type": "string", "minLength": 1, "maxLength": 256}, limit=100),
        "minItems": 1,
        "description": "Exceptions by name or module.Name, or modules; without them"
        f" {' and '.join(DEFAULT_EXCEPTIONS)}.",
        "examples": [["ConnectionError", "requests.exceptions"]],
    },
}
NEW_LIMITS: dict[str, Any] = {
    "timeout": _SECONDS,
    "record_timeout": {
        **_SECONDS,
        "description": "How many seconds each try of a record may take.",
    },
    **_RETRIES,
    "memory": _BATCH_AND_METRICS_OPTIONS["memory"],
    "cpu_time": _BATCH_AND_METRICS_OPTIONS["cpu_time"],
}
_OPTIONS: dict[JobKind, dict[str, Any]] = {
    JobKind.BATCH: {
        **_BATCH_AND_METRICS_OPTIONS,
        "schemas": {"enum": ["in", "out", "both"]},
        "max_errors": _MAX_ERRORS,
        "limit": _COUNT,
        "record_timeout": NEW_LIMITS["record_timeout"],
        **_RETRIES,
        "workers": {"anyOf": [{"const": "auto"}, {**_COUNT, "maximum": 256}]},
    },
    JobKind.METRICS: {
        **_BATCH_AND_METRICS_OPTIONS,
        "reference": MODEL_REF,
        "expect": {
            **array_schema({"type": "string", "minLength": 1, "maxLength": 1000}, limit=100),
            "description": "Rules that the result must meet.",
            "examples": [["auc >= 0.9"]],
        },
        "against": {
            **SHORT_TEXT,
            "description": "What 'ref' means in a rule: a job, or NAME@N with its last metrics job.",
            "examples": ["churn@2"],
        },
    },
    JobKind.TRAIN: _COMMON_OPTIONS,
}
# The magic's option of each field of a body whose value is one word.
_MAGIC_OPTIONS = {
    "output": "-o",
    "schemas": "--schemas",
    "limit": "--limit",
    "timeout": "--timeout",
    "record_timeout": "--record-timeout",
    "retry": "--retry",
    "cpu_time": "--cpu-time",
    "workers": "--workers",
    "reference": "--reference",
    "against": "--against",
    "format": "--format",
    "connection": "--connection",
    "engine": "--engine",
    "notify": "--notify",
}
_PROGRAM = "%modelop"
_NOTEBOOK_FOLDER = {
    **FILE_PATH,
    "description": "The folder that relative paths of the line start in.",
}


@dataclass(frozen=True, slots=True)
class MagicLine:
    """A line magic."""

    line: str


def job_body(*, takes_records: bool = False, **properties: Any) -> dict[str, Any]:
    """Return the schema of a job submission with further properties; each kind has its own options.

    ``takes_records`` allows an input that is a few records, which no line can name.
    """
    given = {
        "oneOf": [*INPUT["oneOf"], _TYPED_RECORDS],
        "description": f"{INPUT['description'][:-1]}, or up to {SAMPLE_RECORDS} records.",
    }
    return {
        "oneOf": [
            object_schema(
                ("kind", "model", "inputs"),
                kind={"const": kind.value},
                model=MODEL_REF,
                inputs={
                    **array_schema(given if takes_records else INPUT, limit=1000),
                    "minItems": 1,
                },
                parameters={"type": "object", "maxProperties": 1000},
                **options,
                **properties,
            )
            for kind, options in _OPTIONS.items()
        ],
        "examples": [{"kind": "batch", "model": "churn", "inputs": [{"path": "customers.json"}]}],
    }


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a submission by name."""
    return {name: value for name, value in body.items() if name not in ("kind", "model", "inputs")}


def submit_job(request: Request) -> JobRecord:
    from modelop_jupyter.workspace import PathBelow

    workspace, root, body = request.context.workspace, request.context.root, request.body
    options = _options(body)
    if "output" in options:
        options["output"] = PathBelow(root.resolve(options["output"]), root.folder)
    inputs = [input_of(request, body["model"], job_input) for job_input in body["inputs"]]
    methods: dict[JobKind, Callable[..., Job]] = {
        JobKind.BATCH: workspace.batch,
        JobKind.METRICS: workspace.metrics,
        JobKind.TRAIN: workspace.train,
    }
    return methods[JobKind(body["kind"])](body["model"], inputs, **options).record


def input_of(
    request: Request, ref: str, job_input: Mapping[str, Any]
) -> Stream | PathBelow | Variable:
    """Return an input as the workspace takes it; raises :class:`AssetNotFoundError`."""
    from modelop_jupyter.workspace import PathBelow, Stream, Variable

    if "records" in job_input:
        return Variable("records", job_input["records"])
    if "path" in job_input:
        root = request.context.root
        return PathBelow(root.resolve_existing(job_input["path"]), root.folder)

    workspace = request.context.workspace
    assets = workspace.asset_list(ref)
    asset = next((asset for asset in assets if asset.path == job_input["asset"]), None)
    if asset is None:
        raise AssetNotFoundError(job_input["asset"], [asset.path for asset in assets])
    # Its bytes, not its name: the server's working directory may hold a file of that name.
    digest = asset.digest
    return Stream(asset.name, lambda: BytesIO(workspace.blobs.read(digest)))


def write_line(request: Request) -> MagicLine:
    body = dict(request.body)
    folder = body.pop("folder", ".")
    options = _options(body)
    words = [body["kind"], body["model"]]
    words += [
        job_input.get("asset") or _relative(job_input["path"], folder)
        for job_input in body["inputs"]
    ]
    if "output" in options:
        # A bare identifier would name a variable of the notebook.
        path = _relative(options["output"], folder)
        options["output"] = f"./{path}" if path.isidentifier() else path
    words += _option_words(options)
    line = f"{_PROGRAM} {' '.join(quote(word) for word in words)}"
    # A line that the magic would refuse is an error of this request.
    parse(split(line)[1:], program=_PROGRAM)
    if "against" not in options:
        parse_expectations(tuple(options.get("expect", ())))
    return MagicLine(line)


def _relative(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _option_words(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if name == "parameters":
            for key, parameter in value.items():
                yield from ("--param", f"{key}={parameter_word(parameter)}")
        elif name == "expect":
            for rule in value:
                yield from ("--expect", rule)
        elif name == "retry_on":
            yield from ("--retry-on", ",".join(value))
        elif name == "max_errors":
            percent = value.get("percent")
            yield from ("--max-errors", f"{value['count']}" if percent is None else f"{percent:g}%")
        elif name == "memory":
            word = size_word(value)
            yield from ("--memory", word if bytes_of(word) == value else str(value))
        else:
            word = f"{value:g}" if isinstance(value, float) else str(value)
            yield from (_MAGIC_OPTIONS[name], word)


MAGIC_LINES = Resource(
    path="/lines",
    post=Operation(
        write_line,
        "Return the magic line that is equivalent to a new job.",
        MagicLine,
        body=job_body(folder=_NOTEBOOK_FOLDER),
    ),
)
