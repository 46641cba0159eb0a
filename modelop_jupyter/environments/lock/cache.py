"""Resolved locks by the request that they answer: the same request always gets the same lock.

locks/raw-<digest>.json     of the bytes of the files, Python and pip's settings, which needs no
                            parsing: holds the key below
locks/<digest>.json         of their meaning, so that a comment or an added asset changes
                            nothing: holds the lock
locks/asked-<digest>.json   of the request whatever pip's settings: the last attempt to lock it
locks/kept-<digest>.json    a lock that is stored with a snapshot, parsed
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter import files
from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter, Lock
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.environments.installers.pip_config import state_of_configuration

if TYPE_CHECKING:
    from modelop_jupyter.environments.lock.request import ResolveRequest

_FORMAT = "1"


class LockCache:
    """The folder of locks; a damaged entry counts as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> Lock | None:
        """Return the lock under a key of any kind."""
        data = self._load(key)
        if data and "same_as" in data:
            data = self._load(str(data["same_as"]))
        try:
            return from_wire(Lock, data) if data else None
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    def write(self, key: str, lock: Lock) -> None:
        """Keep a lock under a key."""
        self._save(key, to_wire(lock))

    def link(self, raw_key: str, key: str) -> None:
        """Let a raw key lead to the key of its meaning."""
        self._save(raw_key, {"same_as": key})

    def linked(self, raw_key: str) -> str | None:
        """Return the key of the meaning, None for a request that was never made."""
        data = self._load(raw_key)
        return str(data["same_as"]) if data and "same_as" in data else None

    def write_attempt(self, asked_key: str, raw_key: str, settings: Mapping[str, str]) -> None:
        """Record with which settings of pip a request was made last, whatever its outcome."""
        self._save(asked_key, {"raw": raw_key, "settings": dict(settings)})

    def read_attempt(self, asked_key: str) -> tuple[str, dict[str, str]] | None:
        """Return the raw key and the settings of pip of the last attempt."""
        data = self._load(asked_key)
        if not data or not isinstance(data.get("settings"), dict):
            return None
        return str(data.get("raw")), data["settings"]

    def _load(self, key: str) -> dict[str, Any] | None:
        try:
            data = json.loads((self._folder / f"{key}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return data if isinstance(data, dict) else None

    def _save(self, key: str, data: Mapping[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        files.write_text(self._folder / f"{key}.json", json.dumps(data), durable=False)


def raw_key(
    spec: EnvironmentSpec,
    interpreter: Interpreter,
    environ: Mapping[str, str],
    *,
    configuration: bytes | None = None,
) -> str:
    """Return the key of a request's bytes; takes a millisecond.

    ``configuration`` is :func:`state_of_configuration`, for callers that have it already.
    """
    digest = hashlib.sha256(_FORMAT.encode())
    parts = (getattr(interpreter, field.name) for field in fields(interpreter))
    for text in (*parts, *spec.additions, *spec.holders):
        _feed(digest, str(text).encode())
    for path in sorted(spec.files):
        _feed(digest, path.encode())
        _feed(digest, spec.files[path])
        # The address of an index may hold a variable, whose value is part of the request.
        for name in re.findall(rb"\$\{([A-Z0-9_]+)\}", spec.files[path]):
            _feed(digest, environ.get(name.decode(), "").encode("utf-8", "replace"))
    for path in sorted(spec.archives):
        _feed(digest, f"{path} {spec.archives[path].digest}".encode())
    if spec.as_of is not None:
        _feed(digest, f"as of {spec.as_of}".encode())
    if configuration is None:
        configuration = state_of_configuration(environ)
    _feed(digest, configuration)
    return "raw-" + digest.hexdigest()[:40]


def asked_key(spec: EnvironmentSpec, interpreter: Interpreter, environ: Mapping[str, str]) -> str:
    """Return the key of a request, the same with all settings of pip."""
    return raw_key(spec, interpreter, environ, configuration=b"").replace("raw-", "asked-")


def meaning_key(request: ResolveRequest) -> str:
    """Return the key of what a request means, credentials left out."""
    interpreter = asdict(request.interpreter)
    meaning = [_FORMAT, request.requirements.meaning, sorted(request.additions), interpreter]
    meaning += [request.indexes.meaning, *([request.as_of] if request.as_of else [])]
    text = json.dumps(meaning, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]


def stored_key(digest: str) -> str:
    """Return the key of a lock that is stored under a digest, so that it is parsed only once."""
    return f"kept-{digest.removeprefix('sha256:')[:40]}"


def _feed(digest: Any, data: bytes) -> None:
    digest.update(len(data).to_bytes(8, "big") + data)
