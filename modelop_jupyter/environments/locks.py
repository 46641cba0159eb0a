"""Resolved locks on disk, under what was asked; the same question is never resolved twice.

Two keys lead to a lock: one over the raw bytes, which needs no parsing, and one over the meaning,
so that a changed comment or an added asset changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter import files
from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter, Lock, LockedPackage
from modelop_jupyter.environments.configuration import state_of_configuration

if TYPE_CHECKING:
    from modelop_jupyter.domain.requirements import Requirements
    from modelop_jupyter.environments.indexes import Indexes

_FORMAT = "1"


class Locks:
    """The folder of locks; a damaged entry counts as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> Lock | None:
        """Return the lock under a key of either kind."""
        data = self._load(key)
        if data and "same_as" in data:
            data = self._load(str(data["same_as"]))
        try:
            return _lock_from(data) if data else None
        except (KeyError, TypeError):
            return None

    def key_of(self, raw_key: str) -> str | None:
        """Return the key of what these bytes mean, None where nobody has asked yet."""
        data = self._load(raw_key)
        return str(data["same_as"]) if data and "same_as" in data else None

    def write(self, key: str, lock: Lock) -> None:
        """Keep a lock under what was asked."""
        self._save(key, {**asdict(lock), "resolved": lock.resolved and lock.resolved.isoformat()})

    def link(self, raw_key: str, key: str) -> None:
        """Note that these bytes mean that question."""
        self._save(raw_key, {"same_as": key})

    def write_asked(self, asked: str, raw_key: str, settings: Mapping[str, str]) -> None:
        """Note with which settings of pip a question was asked last, whatever came of it."""
        self._save(asked, {"raw": raw_key, "settings": dict(settings)})

    def read_asked(self, asked: str) -> tuple[str, dict[str, str]] | None:
        """Return under which key a question was asked last, and the settings of pip then."""
        data = self._load(asked)
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
    """Return the key of a question as it stands, read in a millisecond.

    ``configuration`` is pip's, where it was read before.
    """
    digest = hashlib.sha256(_FORMAT.encode())
    for text in (*asdict(interpreter).values(), *spec.additions, *spec.holders):
        _feed(digest, str(text).encode())
    for path in sorted(spec.files):
        _feed(digest, path.encode())
        _feed(digest, spec.files[path])
        # An index may hang on a variable, whose value is part of the question.
        for name in re.findall(rb"\$\{([A-Z0-9_]+)\}", spec.files[path]):
            _feed(digest, environ.get(name.decode(), "").encode("utf-8", "replace"))
    for path in sorted(spec.archives):
        _feed(digest, f"{path} {spec.archives[path].digest}".encode())
    if configuration is None:
        configuration = state_of_configuration(environ)
    _feed(digest, configuration)
    return "raw-" + digest.hexdigest()[:40]


def asked_key(spec: EnvironmentSpec, interpreter: Interpreter, environ: Mapping[str, str]) -> str:
    """Return the key of a question whatever the settings of pip it is asked with."""
    return raw_key(spec, interpreter, environ, configuration=b"").replace("raw-", "asked-")


def meaning_key(
    requirements: Requirements,
    additions: tuple[str, ...],
    interpreter: Interpreter,
    indexes: Indexes,
) -> str:
    """Return the key of what a question means, without credentials."""
    meaning = [_FORMAT, requirements.meaning, sorted(additions), asdict(interpreter)]
    text = json.dumps([*meaning, indexes.meaning], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]


def _feed(digest: Any, data: bytes) -> None:
    digest.update(len(data).to_bytes(8, "big") + data)


def kept_key(digest: str) -> str:
    """Return the key of a lock that is kept as a blob, so that its text is not read each time."""
    return f"kept-{digest.removeprefix('sha256:')[:40]}"


def _lock_from(data: Mapping[str, Any]) -> Lock:
    resolved, made_for = data.get("resolved"), data.get("made_for")
    return Lock(
        text=data["text"],
        digest=data["digest"],
        fingerprint=data["fingerprint"],
        interpreter=Interpreter(**data["interpreter"]),
        packages=tuple(LockedPackage(**package) for package in data["packages"]),
        additions=tuple(data["additions"]),
        resolved=datetime.fromisoformat(resolved) if resolved else None,
        made_for=Interpreter(**made_for) if made_for else None,
        remark=data.get("remark"),
    )
