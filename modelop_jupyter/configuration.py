"""A user's own defaults: a small JSON file in the home, which ``modelop config`` writes.

An environment variable wins over the file, and the file over what this package takes by itself. A
file that is damaged, or holds what this release does not know, never stops a verb: what is wrong
with it is a sentence in :attr:`Stored.problems`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.notify import NOBODY, shown
from modelop_jupyter.errors import HomeError, InvalidError, nearest

FILE = "config.json"


class ValueKind(str, Enum):
    """What a value must be."""

    ENGINE = "engine"
    SECONDS = "seconds"
    PREFIX = "prefix"
    NOTIFY = "notify"
    USER = "user"


class Source(str, Enum):
    """Where a value comes from."""

    VARIABLE = "variable"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Key:
    """Something that can be set; ``meaning`` is a clause for lists, such as "where jobs run"."""

    name: str
    variable: str
    default: str
    kind: ValueKind
    meaning: str


ENGINE = Key(
    "engine", "MODELOP_ENGINE", "local", ValueKind.ENGINE, "where jobs without --engine run"
)
ENGINE_WAIT = Key(
    "engine-wait",
    "MODELOP_ENGINE_WAIT",
    "60",
    ValueKind.SECONDS,
    "seconds that a job waits for workers, or for a cluster that does not answer",
)
CHUNKS_URL = Key(
    "chunks-url",
    "MODELOP_CHUNKS_URL",
    "none",
    ValueKind.PREFIX,
    "where nodes of an engine leave the outputs of chunks; with none, the engine brings them back",
)
NOTIFY = Key(
    "notify",
    "MODELOP_NOTIFY",
    NOBODY,
    ValueKind.NOTIFY,
    "who is notified when a job ends: an http address, or desktop",
)
USER = Key(
    "user",
    "MODELOP_USER",
    "none",
    ValueKind.USER,
    "who is on record for models and jobs; with none, JupyterHub's user or the system's",
)
KEYS: Mapping[str, Key] = {key.name: key for key in (ENGINE, ENGINE_WAIT, CHUNKS_URL, NOTIFY, USER)}


@dataclass(frozen=True, slots=True)
class ConfiguredValue:
    """The value of a key; ``place`` is the variable or the file that it comes from, empty for none."""

    key: str
    value: str
    source: Source
    place: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What the file of a home holds, and what is wrong with it in sentences."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def key_of(name: str) -> Key:
    """Return a key by its name; raises :class:`InvalidError` for one that there is not."""
    if name in KEYS:
        return KEYS[name]
    similar = nearest(name, KEYS)
    raise InvalidError(
        f"there is no key {name!r} to configure",
        f"Did you mean {similar!r}?" if similar else f"There are: {', '.join(KEYS)}",
    )


def read(home: Path) -> Stored:
    """Return what the file of a home holds."""
    path = home / FILE
    try:
        data = _parse(path)
    except OSError as error:
        return _unreadable(path, (error.strerror or str(error)).lower())
    except (ValueError, RecursionError):
        return _unreadable(path, "it is not JSON")
    if not isinstance(data, dict):
        return _unreadable(path, "it is not a JSON object")
    values = {}
    problems = []
    for name, value in data.items():
        if name not in KEYS:
            similar = nearest(name, KEYS)
            hint = f"did you mean {similar!r}?" if similar else f"there are: {', '.join(KEYS)}"
            problems.append(f"{path} holds the key {name!r}, which is not used: {hint}")
        elif not isinstance(value, str) or not _fits(KEYS[name], value):
            problems.append(
                f"{path} holds {name} = {json.dumps(value)}, which is not used:"
                f" 'modelop config {name} VALUE' sets it anew"
            )
        else:
            values[name] = value
    return Stored(values, tuple(problems))


def write(home: Path, name: str, value: str | None) -> None:
    """Store a value, or take it out of the file for None; a damaged file is written anew."""
    path = home / FILE
    try:
        data = _parse(path)
    except (OSError, ValueError, RecursionError):
        data = {}
    kept = {key: old for key, old in data.items() if key != name} if isinstance(data, dict) else {}
    changed = kept if value is None else {**kept, name: value}
    try:
        files.make_private(home)
        files.write_text(path, json.dumps(changed, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise HomeError(str(path), error.strerror or str(error)) from None


def value_of(key: Key, stored: Stored, environ: Mapping[str, str], home: Path) -> ConfiguredValue:
    """Return the value of a key, and where it comes from."""
    if variable := environ.get(key.variable):
        return ConfiguredValue(key.name, variable, Source.VARIABLE, key.variable, key.meaning)
    if key.name in stored.values:
        place = str(home / FILE)
        return ConfiguredValue(key.name, stored.values[key.name], Source.FILE, place, key.meaning)
    return ConfiguredValue(key.name, key.default, Source.DEFAULT, "", key.meaning)


def shown_value(key: Key, value: str) -> str:
    """Return a value as it may be shown: who is notified of jobs may be a secret address."""
    return shown(value) if key.kind is ValueKind.NOTIFY else value


def seconds_of(text: str) -> float | None:
    """Return a number of seconds, 0 or more; None for another text."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _fits(key: Key, value: str) -> bool:
    """Say whether a stored value can be used; which engines there are is known to outer rooms."""
    return seconds_of(value) is not None if key.kind is ValueKind.SECONDS else bool(value.strip())


def _parse(path: Path) -> object:
    try:
        return json.loads(path.read_bytes().decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}


def _unreadable(path: Path, reason: str) -> Stored:
    remedy = "'modelop config KEY VALUE' writes it anew"
    return Stored(problems=(f"{path} is not used, as {reason}: {remedy}",))
