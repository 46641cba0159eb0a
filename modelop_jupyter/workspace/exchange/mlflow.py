"""The format ``mlflow``: a model folder that ``mlflow.pyfunc.load_model`` loads and scores with.

It holds the model's working directory as a job has it, copies of those runner files that find, call
and encode, so that a record is scored there by the same rules, and the versions of the lock.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

from modelop_jupyter.domain.environments import Lock
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.environments.pylock import Pin, pins_of
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs import documents, staging
from modelop_jupyter.jobs.launch import RUNNER
from modelop_jupyter.jobs.plan import Output, Plan
from modelop_jupyter.workspace.exchange.layout import Content, Entry, Layout
from modelop_jupyter.workspace.exchange.modelop import doubtful
from modelop_jupyter.workspace.home import Home

_PACKAGE = "modelop_runner"
_RUNNER = "__init__ pyfunc encoding errors forms functions jsontext malformed source".split()
_DATA = "modelop"


def layout(content: Content, home: Home) -> Layout:
    """Return the folder of what is then a snapshot, as for a job; raises :class:`InvalidError`."""
    function = _score_function(content, home)
    model, snapshot = home.pinned(content.ref)
    lock = home.environments.kept_lock(snapshot)
    python = (lock.made_for or lock.interpreter).version if lock else None
    wanted = _requirements(lock, content, home)
    plan = Plan(
        id=str(uuid.uuid5(uuid.UUID(snapshot.id), "mlflow")),
        kind=JobKind.BATCH,
        model=model,
        snapshot=snapshot,
        inputs=(),
        output=Output("output.json", "json"),
        created=snapshot.created.timestamp(),
    )
    config = {
        "source": snapshot.state.primary_source,
        "entry_points": {"init": snapshot.state.entry_points.init, "score": function},
    }
    texts = {
        "MLmodel": _description(snapshot, python),
        "python_env.yaml": _environment(python),
        "conda.yaml": _conda(python, wanted),
        "requirements.txt": "\n".join(wanted) + "\n",
        f"{_DATA}/config.json": _json(config),
        f"{_DATA}/job.json": _json(documents.job(plan, home.blobs.read)),
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
        warnings=(*doubtful(content, home), *_left_out(lock)),
        finish=lambda folder: _lay_out(folder, snapshot, home),
    )


def _score_function(content: Content, home: Home) -> str:
    state = content.state
    slots = {slot.number: slot for slot in staging.tags_of(state, home.blobs).slots}
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


def _lay_out(folder: Path, snapshot: Snapshot, home: Home) -> Iterator[str]:
    staging.lay_out(folder / _DATA / "work", snapshot.state, home.blobs)
    yield from ()


def _description(snapshot: Snapshot, python: str | None) -> str:
    """Return ``MLmodel``; JSON's texts are YAML's, too."""
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
    ]
    return "\n".join(lines) + "\n"


def _environment(python: str | None) -> str:
    head = [f"python: {json.dumps(python)}"] if python else []
    lines = [*head, "build_dependencies:", "- pip", "dependencies:", "- -r requirements.txt"]
    return "\n".join(lines) + "\n"


def _conda(python: str | None, wanted: list[str]) -> str:
    head = [f"- {json.dumps(f'python={python}')}"] if python else []
    lines = ["channels:", "- conda-forge", "dependencies:", *head, "- pip", "- pip:"]
    return "\n".join([*lines, *(f"  - {json.dumps(line)}" for line in wanted)]) + "\n"


def _requirements(lock: Lock | None, content: Content, home: Home) -> list[str]:
    """Return the versions of the lock, else what the model asks for; and MLflow, which loads it."""
    if lock is None:
        spec = home.environments.spec(content.owner)
        asked = [spec.files[holder].decode("utf-8-sig", "replace") for holder in spec.holders]
        lines = [*(line for text in asked for line in text.splitlines()), *spec.additions]
    else:
        lines = [line for pin in pins_of(lock.text) if (line := _line(pin))]
    is_there = any(line.partition("=")[0] in ("mlflow", "mlflow-skinny") for line in lines)
    return [*lines, *([] if is_there else ["mlflow"])]


def _line(pin: Pin) -> str | None:
    """Return what pip is to install, None for a file that only the model has."""
    if pin.vcs is not None:
        address, commit = pin.vcs.get("url"), pin.vcs.get("commit-id")
        return f"{pin.name} @ {pin.vcs.get('type', 'git')}+{address}@{commit}" if address else None
    if pin.archive is not None:
        return f"{pin.name} @ {pin.archive['url']}" if "url" in pin.archive else None
    if any("url" not in file for file in pin.files):
        return None
    return f"{pin.name}=={pin.version}"


def _left_out(lock: Lock | None) -> Iterator[str]:
    names = [pin.name for pin in pins_of(lock.text) if _line(pin) is None] if lock else []
    if names:
        yield f"pip cannot find {', '.join(names)}, whose files are the model's own: install it by hand"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
