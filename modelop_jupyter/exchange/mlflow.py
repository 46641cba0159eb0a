"""The format ``mlflow``: a folder that ``mlflow.pyfunc.load_model`` loads and scores with.

It contains the model's working directory as in a job, the pinned packages of the lock, and copies of
the runner's files that find the function, call it and encode the result: records are scored there by
the same rules.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

from modelop_jupyter.domain.environments import Lock
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines import RUNNER
from modelop_jupyter.environments.lock.pylock import Pin, pins_of
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange.layout import Content, Entry, Layout
from modelop_jupyter.exchange.modelop import doubtful
from modelop_jupyter.jobs import staging
from modelop_jupyter.models import documents
from modelop_jupyter.models.source import tags_of
from modelop_jupyter.registry.blobs import BlobStore

_PACKAGE = "modelop_runner"
_RUNNER = "__init__ pyfunc errors functions json_reader json_writer source".split()
_DATA = "modelop"


def layout(content: Content, blobs: BlobStore) -> Layout:
    """Return the files for a snapshot, laid out as for a job; raises :class:`InvalidError`."""
    function = score_function(content, blobs)
    model, snapshot, lock = content.model, content.snapshot, content.lock
    assert snapshot is not None
    python = (lock.made_for or lock.interpreter).version if lock else None
    wanted = _requirements(content)
    plan = Plan(
        id=str(uuid.uuid5(uuid.UUID(snapshot.id), "mlflow")),
        kind=JobKind.BATCH,
        model=model,
        snapshot=snapshot,
        inputs=(),
        output=OutputTarget("output.json", "json"),
        created=snapshot.created.timestamp(),
    )
    config = {
        "source": snapshot.state.primary_source,
        "entry_points": {"init": snapshot.state.entry_points.init, "score": function},
    }
    texts = {
        "MLmodel": _description(content, snapshot, python),
        "python_env.yaml": _environment(python),
        "conda.yaml": _conda(python, wanted),
        "requirements.txt": "\n".join(wanted) + "\n",
        f"{_DATA}/config.json": _json(config),
        f"{_DATA}/job.json": _json(documents.job(plan, blobs.read)),
    }
    if lock is not None:
        texts["pylock.toml"] = lock.text
    return Layout(
        (
            *(Entry(path, text.encode()) for path, text in texts.items()),
            *(
                Entry(f"code/{_PACKAGE}/{name}.py", (RUNNER.parent / f"{name}.py").read_bytes())
                for name in _RUNNER
            ),
        ),
        lock=snapshot.lock,
        notes=(f"it is {snapshot.ref}; mlflow.pyfunc.load_model loads the folder",),
        warnings=(*doubtful(content), *_left_out(lock)),
        finish=lambda folder: _lay_out(folder, snapshot, blobs),
    )


def score_function(content: Content, blobs: BlobStore) -> str:
    """Return the function that scores slot 0; raises :class:`InvalidError` where MLflow cannot call it."""
    state = content.state
    slots = {slot.number: slot for slot in tags_of(state, blobs).slots}
    slot = slots.get(0)
    function = (slot.action if slot else None) or state.entry_points.score
    if function is None or state.primary_source is None:
        raise InvalidError(
            f"{content.ref} has no score function, which an MLflow model calls",
            "Export it in another format: modelop or git",
        )
    if slot is not None and slot.recordsets:
        raise InvalidError(
            f"{content.ref} takes record sets, and an MLflow model is given records",
            "Export it in another format: modelop or git",
        )
    return function


def _lay_out(folder: Path, snapshot: Snapshot, blobs: BlobStore) -> Iterator[str]:
    staging.lay_out(folder / _DATA / "work", snapshot.state, blobs)
    yield from ()


def _description(content: Content, snapshot: Snapshot, python: str | None) -> str:
    """Return the text of ``MLmodel``, which is YAML; JSON strings are valid in it."""
    lines = [
        "flavors:",
        "  python_function:",
        "    code: code",
        f"    data: {_DATA}",
        "    env:",
        # MLflow asks for it, whatever environment it makes.
        "      conda: conda.yaml",
        "      virtualenv: python_env.yaml",
        f"    loader_module: {_PACKAGE}.pyfunc",
        *([f"    python_version: {json.dumps(python)}"] if python else []),
        "metadata:",
        f"  modelop_snapshot: {json.dumps(snapshot.ref)}",
        f"  modelop_digest: {json.dumps(snapshot.state.digest)}",
        *(f"  modelop_{key}: {json.dumps(value)}" for key, value in _said(content) if value),
    ]
    return "\n".join(lines) + "\n"


def _said(content: Content) -> Iterator[tuple[str, object]]:
    """Yield what users say of the model, for which MLflow has no place of its own in a folder."""
    yield "tags", list(content.model.tags)
    yield "aliases", list(content.aliases)
    yield "metadata", dict(content.model.meta)


def _environment(python: str | None) -> str:
    head = [f"python: {json.dumps(python)}"] if python else []
    lines = [*head, "build_dependencies:", "- pip", "dependencies:", "- -r requirements.txt"]
    return "\n".join(lines) + "\n"


def _conda(python: str | None, wanted: list[str]) -> str:
    head = [f"- {json.dumps(f'python={python}')}"] if python else []
    lines = ["channels:", "- conda-forge", "dependencies:", *head, "- pip", "- pip:"]
    return "\n".join([*lines, *(f"  - {json.dumps(line)}" for line in wanted)]) + "\n"


def _requirements(content: Content) -> list[str]:
    """Return the pinned packages of the lock, else the model's requirement lines; and MLflow itself."""
    if content.lock is None:
        spec = content.spec
        texts = [spec.files[holder].decode("utf-8-sig", "replace") for holder in spec.holders]
        lines = [*(line for text in texts for line in text.splitlines()), *spec.additions]
    else:
        lines = [line for pin in pins_of(content.lock.text) if (line := _line(pin))]
    is_there = any(line.partition("=")[0] in ("mlflow", "mlflow-skinny") for line in lines)
    return [*lines, *([] if is_there else ["mlflow"])]


def _line(pin: Pin) -> str | None:
    """Return the requirement line of a package, None for a file that only the model has."""
    if pin.vcs is not None:
        address, commit = pin.vcs.url, pin.vcs.commit_id
        return f"{pin.name} @ {pin.vcs.type}+{address}@{commit}" if address else None
    if pin.archive is not None:
        return f"{pin.name} @ {pin.archive.url}" if pin.archive.url else None
    if any(file.url is None for file in pin.files):
        return None
    return f"{pin.name}=={pin.version}"


def _left_out(lock: Lock | None) -> Iterator[str]:
    names = [pin.name for pin in pins_of(lock.text) if _line(pin) is None] if lock else []
    if names:
        yield f"pip cannot find {', '.join(names)}, whose files are the model's own: install it by hand"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
