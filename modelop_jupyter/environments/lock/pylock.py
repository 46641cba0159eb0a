"""The text of a lock (PEP 751, ``pylock.toml``): written in one canonical form, read, stored.

The fingerprint of an environment is a digest of these bytes, so they are written by our own code:
the text of uv changes with its version and command line, that of a TOML library with its version.
Credentials that a resolver copied into an address are removed here.

What is stored with a snapshot is this text and, below it, a table ``[tool.modelop-jupyter]`` with
when and for what it was made. The table is not part of the lock's digest: locks with equal
packages are equal, whenever they were made.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.environments import Interpreter, Lock, LockedPackage
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError, PythonMissingError
from modelop_jupyter.masking import without_credentials

if TYPE_CHECKING:
    from packaging.pylock import PackageArchive, PackageSdist, PackageVcs, PackageWheel, Pylock

_PACKAGE_KEYS = ("name", "version", "marker", "vcs", "archive", "sdist", "wheels")
_FILE_KEYS = (
    "type name url path requested-revision commit-id subdirectory size upload-time hashes".split()
)
_TABLE = "\n[tool.modelop-jupyter]\n"
EMPTY: Mapping[str, Any] = {
    "lock-version": "1.0",
    "created-by": "modelop-jupyter",
    "packages": [],
}


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock, and the sdist and wheels, or the archive, or the repository it is from.

    ``version`` is empty where the lock has none, as for a repository.
    """

    name: str
    version: str
    sdist: PackageSdist | None = None
    wheels: tuple[PackageWheel, ...] = ()
    vcs: PackageVcs | None = None
    archive: PackageArchive | None = None

    @property
    def files(self) -> tuple[PackageSdist | PackageWheel | PackageArchive, ...]:
        """Every file that the package may be installed from."""
        others = [file for file in (self.sdist, self.archive) if file is not None]
        return (*others, *self.wheels)

    @property
    def is_source(self) -> bool:
        """Whether there is no wheel, so that it must be built."""
        addresses = [file.url or file.path or "" for file in self.files]
        return not any(address.partition("#")[0].endswith(".whl") for address in addresses)

    @property
    def hashes(self) -> tuple[str, ...]:
        """Every acceptable hash as ``sha256:<hex>``."""
        return tuple(
            f"{algorithm}:{value}"
            for file in self.files
            for algorithm, value in file.hashes.items()
        )


def fingerprint_of(digest: str, interpreter: Interpreter) -> str:
    """Return the name of the environment that a lock and an interpreter make.

    This decides which environment is reused: the one with this fingerprint, and no other.
    """
    identity = (
        digest,
        interpreter.implementation,
        interpreter.version,
        interpreter.platform,
        interpreter.executable,
    )
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()[:32]


def lock_of(text: str, interpreter: Interpreter, *, additions: Sequence[str] = ()) -> Lock:
    """Return the lock with a text of :func:`canonical`."""
    packages = tuple(LockedPackage(pin.name, pin.version) for pin in pins_of(text))
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    fingerprint = fingerprint_of(digest, interpreter)
    return Lock(text, digest, fingerprint, interpreter, packages, tuple(additions))


def with_interpreter(lock: Lock, interpreter: Interpreter) -> Lock:
    """Return a lock as it is built with an interpreter."""
    fingerprint = fingerprint_of(lock.digest, interpreter)
    return replace(lock, interpreter=interpreter, fingerprint=fingerprint)


def pins_of(text: str) -> Iterator[Pin]:
    """Yield the packages of a lock; raises :class:`InvalidError` for a text that is none."""
    data = _parse(text)
    for package, entry in zip(_validate(data).packages, data["packages"], strict=True):
        yield Pin(
            package.name,
            # As it is spelled: a version of packaging's is normalised.
            entry.get("version", ""),
            package.sdist,
            tuple(package.wheels or ()),
            package.vcs,
            package.archive,
        )


def load(text: str) -> dict[str, Any]:
    """Parse a lock; raises :class:`InvalidError` for a text that is none."""
    data = _parse(text)
    _validate(data)
    return data


def canonical(data: Mapping[str, Any], interpreter: Interpreter, requirements: Requirements) -> str:
    """Return a resolver's lock (PEP 751, parsed) as canonical text.

    Where a requirement lists hashes, only files with one of them stay in the lock. Raises
    :class:`EnvironmentBuildError` where none is left, or a hash is required and missing.
    """
    _validate(data)
    packages = []
    for entry in sorted(data["packages"], key=lambda entry: str(entry["name"])):
        package = {key: entry[key] for key in _PACKAGE_KEYS if key in entry}
        for key in ("vcs", "archive", "sdist"):
            if key in package:
                package[key] = _file(package[key])
        if "wheels" in package:
            package["wheels"] = [_file(wheel) for wheel in package["wheels"]]
        packages.append(_with_allowed_hashes(package, requirements))
    return _text(packages, f"=={interpreter.minor}.*")


def with_wheels(lock: Lock, paths: Mapping[str, str]) -> Lock:
    """Return a lock that names wheels by their paths, which ``paths`` has for their digests.

    A package with such a wheel has no other file. Only the text of the lock is changed.
    """

    def moved(file: Mapping[str, Any]) -> dict[str, Any] | None:
        path = paths.get(f"sha256:{file.get('hashes', {}).get('sha256')}")
        return {"path": path, "hashes": file["hashes"]} if path else None

    data = load(lock.text)
    packages = []
    for entry in data["packages"]:
        package = {key: entry[key] for key in ("name", "version", "marker") if key in entry}
        wheels = [file for wheel in entry.get("wheels", ()) if (file := moved(wheel))]
        if wheels:
            package["wheels"] = wheels
        elif archive := moved(entry.get("archive", {})):
            package["archive"] = archive
        else:
            package = entry
        packages.append(package)
    return replace(lock, text=_text(packages, data["requires-python"]))


def _text(packages: Sequence[Mapping[str, Any]], requires_python: str) -> str:
    lines = [
        'lock-version = "1.0"',
        'created-by = "modelop-jupyter"',
        f'requires-python = "{requires_python}"',
    ]
    if not packages:
        lines.append("packages = []")
    for package in packages:
        lines += ["", "[[packages]]"]
        lines += [f"{key} = {_toml(value)}" for key, value in package.items()]
    return "\n".join(lines) + "\n"


def document_of(lock: Lock) -> str:
    """Return what is stored of a lock: its text, and the table with when and for what it was made."""
    made_for = lock.made_for or lock.interpreter
    table = {
        "resolved": lock.resolved.isoformat() if lock.resolved else None,
        "python": made_for.version,
        "implementation": made_for.implementation,
        "platform": made_for.platform,
        "additions": list(lock.additions),
        "remark": lock.remark,
        "as-of": lock.as_of,
    }
    # A JSON string or list of strings is a TOML one.
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in table.items() if value]
    return lock.text + _TABLE + "".join(lines)


def lock_from_document(document: str) -> Lock:
    """Return a stored lock for the Python that it was made for, whose path is not known (``""``).

    Raises :class:`InvalidError` for a text that is no lock.
    """
    text, _, below = document.partition(_TABLE)
    table = _parse_table(below)
    requires_python = str(load(text).get("requires-python", ""))
    made_for = Interpreter(
        "",
        table.get("python", requires_python.removeprefix("==").removesuffix(".*")),
        table.get("implementation", "cpython"),
        table.get("platform", ""),
    )
    resolved = table.get("resolved")
    return replace(
        lock_of(text, made_for, additions=table.get("additions", ())),
        resolved=datetime.fromisoformat(resolved) if resolved else None,
        made_for=made_for if table else None,
        remark=table.get("remark"),
        as_of=table.get("as-of"),
    )


def interpreter_for_lock(
    lock: Lock, python: str | None, find: Callable[[str | None], Interpreter]
) -> Interpreter:
    """Return the Python to build a stored lock with: ``python`` if the lock is for its version.

    Otherwise any of the lock's version: wheels fit every patch of a version, and no other version.
    ``find`` returns the interpreter for a version or path. Raises :class:`PythonMissingError`
    where there is none.
    """
    made_for = lock.made_for or lock.interpreter
    for name in (python, made_for.minor):
        try:
            interpreter = find(name)
        except EnvironmentBuildError:
            continue
        if (interpreter.minor, interpreter.implementation) == (
            made_for.minor,
            made_for.implementation,
        ):
            return interpreter
    kind = "Python" if made_for.implementation == "cpython" else made_for.implementation
    when = f" on {lock.resolved:%Y-%m-%d}" if lock.resolved else ""
    is_usual = made_for.implementation == "cpython"
    install = "'env build NAME --install-python' has uv install" if is_usual else "Install"
    raise PythonMissingError(
        f"its lock was made for {kind} {made_for.version}{when}, and there is no {kind}"
        f" {made_for.minor} on this machine",
        remedy=f"{install} one; 'requirements"
        " NAME --upgrade' resolves a model again for a Python of this machine",
    )


def _parse(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"this is not a lock (PEP 751): {error}") from error


def _parse_table(text: str) -> dict[str, Any]:
    try:
        return _parse(text)
    except InvalidError:
        return {}


def _validate(data: Mapping[str, Any]) -> Pylock:
    from packaging.pylock import Pylock, PylockValidationError

    try:
        return Pylock.from_dict(data)
    except PylockValidationError as error:
        raise InvalidError(f"this is not a lock (PEP 751): {error}") from error


def _file(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a file with known keys in a fixed order and no credentials."""
    file = {key: entry[key] for key in _FILE_KEYS if key in entry}
    if "url" in file:
        file["url"] = without_credentials(file["url"])
    return file


def _with_allowed_hashes(package: dict[str, Any], requirements: Requirements) -> dict[str, Any]:
    lines = [line for line in requirements.of(package["name"]) if line.hashes]
    if not lines:
        if requirements.options.require_hashes and "vcs" not in package:
            raise EnvironmentBuildError(
                f"{package['name']} {package['version']} is required and has no --hash",
                remedy="Add its line with --hash, or remove --require-hashes",
            )
        return package
    allowed = {value for line in lines for value in line.hashes}
    package = dict(package)
    for key in ("archive", "sdist"):
        if key in package and not _is_allowed(package[key], allowed):
            del package[key]
    if "wheels" in package:
        package["wheels"] = [wheel for wheel in package["wheels"] if _is_allowed(wheel, allowed)]
        if not package["wheels"]:
            del package["wheels"]
    if not {"archive", "sdist", "wheels", "vcs"} & set(package):
        line = lines[0]
        raise EnvironmentBuildError(
            f"no file of {package['name']} {package.get('version', '')} on the index has the hash"
            " that is asked for",
            remedy="The file was replaced or the hash is another file's: check it at its source",
            asset=line.asset,
            line=line.line,
            requirement=line.shown,
        )
    return package


def _is_allowed(file: Mapping[str, Any], allowed: set[str]) -> bool:
    hashes = file.get("hashes", {})
    return any(f"{algorithm}:{value}" in allowed for algorithm, value in hashes.items())


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[\n" + "".join(f"    {_toml(item)},\n" for item in value) + "]"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    # A JSON string is a TOML basic string once the delete character is escaped too.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
