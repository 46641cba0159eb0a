"""Locks as PEP 751 text: read with packaging, written in one canonical spelling of our own.

uv's text changes with its version and command line; the fingerprint of an environment must not.
Credentials that a resolver copied into an address are taken out here, on the way in.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelop_jupyter.domain.environments import Interpreter, Lock, LockedPackage
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError
from modelop_jupyter.masking import without_credentials

_PACKAGE_KEYS = ("name", "version", "marker", "vcs", "archive", "sdist", "wheels")
_FILE_KEYS = (
    "type name url path requested-revision commit-id subdirectory size upload-time hashes".split()
)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock and the files it may be installed from."""

    name: str
    version: str
    files: tuple[Mapping[str, Any], ...]
    vcs: Mapping[str, Any] | None = None
    archive: Mapping[str, Any] | None = None

    @property
    def is_source(self) -> bool:
        """Whether there is no wheel, so that it must be built."""
        files = (*self.files, *((self.archive,) if self.archive else ()))
        places = [str(file.get("url") or file.get("path", "")) for file in files]
        return not any(place.partition("#")[0].endswith(".whl") for place in places)

    @property
    def hashes(self) -> tuple[str, ...]:
        """Every acceptable hash as ``sha256:<hex>``."""
        files = (*self.files, *((self.archive,) if self.archive else ()))
        return tuple(
            f"{kind}:{value}" for file in files for kind, value in file.get("hashes", {}).items()
        )


EMPTY: Mapping[str, Any] = {
    "lock-version": "1.0",
    "created-by": "modelop-jupyter",
    "packages": [],
}


def fingerprint_of(digest: str, interpreter: Interpreter) -> str:
    """Return the name of the environment that a lock makes from an interpreter."""
    identity = (
        digest,
        interpreter.implementation,
        interpreter.version,
        interpreter.platform,
        interpreter.executable,
    )
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()[:32]


def lock_of(text: str, interpreter: Interpreter, *, additions: Sequence[str] = ()) -> Lock:
    """Return the lock that a text of :func:`canonical` stands for."""
    packages = tuple(LockedPackage(pin.name, pin.version) for pin in pins_of(text))
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return Lock(
        text,
        digest,
        fingerprint_of(digest, interpreter),
        interpreter,
        packages,
        tuple(additions),
    )


def canonical(data: Mapping[str, Any], interpreter: Interpreter, requirements: Requirements) -> str:
    """Return a resolver's lock (PEP 751, parsed) in our spelling.

    Where a requirement lists hashes, only files with one of them stay in the lock.
    """
    _validate(data)
    packages = []
    for package in sorted(data["packages"], key=lambda item: str(item["name"])):
        kept = {key: package[key] for key in _PACKAGE_KEYS if key in package}
        for key in ("vcs", "archive", "sdist"):
            if key in kept:
                kept[key] = _file(kept[key])
        if "wheels" in kept:
            kept["wheels"] = [_file(wheel) for wheel in kept["wheels"]]
        packages.append(_with_allowed_hashes(kept, requirements))
    lines = [
        'lock-version = "1.0"',
        'created-by = "modelop-jupyter"',
        f'requires-python = "=={interpreter.minor}.*"',
    ]
    if not packages:
        lines.append("packages = []")
    for package in packages:
        lines += ["", "[[packages]]"]
        lines += [f"{key} = {_toml(value)}" for key, value in package.items()]
    return "\n".join(lines) + "\n"


def pins_of(text: str) -> Iterator[Pin]:
    """Yield the packages of a lock; raises :class:`InvalidError` for a text that is none."""
    for package in load(text)["packages"]:
        files = [package["sdist"]] if "sdist" in package else []
        files += package.get("wheels", [])
        yield Pin(
            package["name"],
            package.get("version", ""),
            tuple(files),
            package.get("vcs"),
            package.get("archive"),
        )


def load(text: str) -> dict[str, Any]:
    """Parse a lock; raises :class:`InvalidError` for a text that is none."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"this is not a lock (PEP 751): {error}") from error
    _validate(data)
    return data


def _validate(data: Mapping[str, Any]) -> None:
    from packaging.pylock import Pylock, PylockValidationError

    try:
        Pylock.from_dict(data)
    except PylockValidationError as error:
        raise InvalidError(f"this is not a lock (PEP 751): {error}") from error


def _file(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's entry with known keys in a fixed order and no credentials."""
    kept = {key: entry[key] for key in _FILE_KEYS if key in entry}
    if "url" in kept:
        kept["url"] = without_credentials(kept["url"])
    return kept


def _with_allowed_hashes(package: dict[str, Any], requirements: Requirements) -> dict[str, Any]:
    asking = [line for line in requirements.of(package["name"]) if line.hashes]
    if not asking:
        if requirements.options.require_hashes and "vcs" not in package:
            raise EnvironmentBuildError(
                f"{package['name']} {package['version']} is needed and has no --hash",
                remedy="Add its line with --hash, or remove --require-hashes",
            )
        return package
    allowed = {item for line in asking for item in line.hashes}
    kept = dict(package)
    for key in ("archive", "sdist"):
        if key in kept and not _is_allowed(kept[key], allowed):
            del kept[key]
    if "wheels" in kept:
        kept["wheels"] = [wheel for wheel in kept["wheels"] if _is_allowed(wheel, allowed)]
        if not kept["wheels"]:
            del kept["wheels"]
    if not {"archive", "sdist", "wheels", "vcs"} & set(kept):
        line = asking[0]
        raise EnvironmentBuildError(
            f"no file of {package['name']} {package.get('version', '')} on the index has the hash"
            " that is asked for",
            remedy="The file was replaced or the hash is another file's: check it at its source",
            asset=line.asset,
            line=line.line,
            requirement=line.shown,
        )
    return kept


def _is_allowed(file: Mapping[str, Any], allowed: set[str]) -> bool:
    return any(f"{kind}:{value}" in allowed for kind, value in file.get("hashes", {}).items())


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[\n" + "".join(f"    {_toml(item)},\n" for item in value) + "]"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    # A JSON string is a TOML basic string once the delete character is escaped too.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
