"""The body of a new job, and what it means: files below the root, or assets of the model."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.jobs import INPUT_FORMATS, JobKind, JobRecord
from modelop_jupyter.errors import AssetNotFoundError
from modelop_jupyter.server.declarations import Ask
from modelop_jupyter.server.words import ASSET, PATH, REF, listing, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelop_jupyter.workspace import Job, PathBelow, Stream

_COUNT = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
_SECONDS = {"type": "number", "exclusiveMinimum": 0, "maximum": 31_536_000}
_INPUT = {
    "oneOf": [record(("path",), path=PATH), record(("asset",), asset=ASSET)],
    "description": "A file below the server's root, or an asset of the model.",
}
_MAX_ERRORS = {
    "oneOf": [
        record(("count",), count={"type": "integer", "minimum": 0, "maximum": 2**53 - 1}),
        record(("percent",), percent={"type": "number", "minimum": 0, "maximum": 100}),
    ]
}
_BATCH_OR_METRICS = {
    "output": {**PATH, "description": "Where the output goes; without it the job holds it."},
    "timeout": _SECONDS,
    "memory": {**_COUNT, "description": "Bytes that the model's process may take."},
}
_FORMAT = {
    "enum": list(INPUT_FORMATS),
    "description": "What the inputs hold, whatever their names say.",
}
_OPTIONS: dict[JobKind, dict[str, Any]] = {
    JobKind.BATCH: {
        **_BATCH_OR_METRICS,
        "format": _FORMAT,
        "schemas": {"enum": ["in", "out", "both"]},
        "max_errors": _MAX_ERRORS,
        "limit": _COUNT,
        "record_timeout": _SECONDS,
        "workers": {"anyOf": [{"const": "auto"}, {**_COUNT, "maximum": 256}]},
    },
    JobKind.METRICS: {**_BATCH_OR_METRICS, "format": _FORMAT, "reference": REF},
    JobKind.TRAIN: {"format": _FORMAT},
}


def wish_of(**more: Any) -> dict[str, Any]:
    """Return the schema of a job that is asked for: each kind has options of its own."""
    return {
        "oneOf": [
            record(
                ("kind", "model", "inputs"),
                kind={"const": kind.value},
                model=REF,
                inputs={**listing(_INPUT, limit=1000), "minItems": 1},
                parameters={"type": "object", "maxProperties": 1000},
                **options,
                **more,
            )
            for kind, options in _OPTIONS.items()
        ],
        "examples": [{"kind": "batch", "model": "churn", "inputs": [{"path": "customers.json"}]}],
    }


def options_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a body by their names."""
    return {name: value for name, value in body.items() if name not in ("kind", "model", "inputs")}


def submit(ask: Ask) -> JobRecord:
    """Submit what a body asks for, and return the job."""
    from modelop_jupyter.workspace import PathBelow

    body, root = ask.body, ask.desk.root
    options = options_of(body)
    if "output" in options:
        options["output"] = PathBelow(root.resolve(options["output"]), root.folder)
    inputs = [_input(ask, each) for each in body["inputs"]]
    verbs: dict[JobKind, Callable[..., Job]] = {
        JobKind.BATCH: ask.desk.workspace.batch,
        JobKind.METRICS: ask.desk.workspace.metrics,
        JobKind.TRAIN: ask.desk.workspace.train,
    }
    return verbs[JobKind(body["kind"])](body["model"], inputs, **options).record


def _input(ask: Ask, given: dict[str, str]) -> Path | Stream | PathBelow:
    from modelop_jupyter.workspace import PathBelow, Stream

    if "path" in given:
        root = ask.desk.root
        return PathBelow(root.existing(given["path"]), root.folder)

    workspace, ref = ask.desk.workspace, ask.body["model"]
    assets = workspace.asset_list(ref)
    asset = next((each for each in assets if each.path == given["asset"]), None)
    if asset is None:
        raise AssetNotFoundError(given["asset"], [each.path for each in assets])
    # Its bytes, not its name: a file of that name may lie where the server was started.
    digest = asset.digest
    return Stream(asset.name, lambda: BytesIO(workspace.blobs.read(digest)))
