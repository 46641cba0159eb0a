"""What an environment is asked to hold, what it was resolved to, and what was built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """What must be installed for a model to run.

    ``files`` maps asset paths to bytes: every holder of REQUIRED_LIBRARIES and, so that ``-r``
    and ``-c`` can be followed, every other text asset. ``holders`` are the paths of the holders.
    ``additions`` are requirements the runtime adds by itself, such as pandas for a metrics
    function (spec 13.13). ``python`` is a version, a path, or None for the notebook's own.
    """

    python: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    holders: tuple[str, ...] = ()
    additions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that environments can be made from; ``version`` is ``3.11.7``."""

    executable: str
    version: str
    implementation: str = "cpython"
    platform: str = ""

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One package of a lock, under its normalised name (PEP 503)."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Resolved requirements with hashes: the text of a ``pylock.toml`` (PEP 751).

    ``fingerprint`` names the environment: digest of lock, interpreter and platform.
    """

    text: str
    digest: str
    fingerprint: str
    interpreter: Interpreter
    packages: tuple[LockedPackage, ...] = ()
    additions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A built virtual environment; ``python`` is its interpreter's path."""

    fingerprint: str
    path: str
    python: str
    lock_digest: str
    interpreter: Interpreter
    packages: tuple[LockedPackage, ...]
    created: datetime
    build_seconds: float = 0.0
    size: int | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A line of progress while an environment is made.

    ``resolving``, ``creating``, ``installing``, ``checking``, ``ready``; ``waiting`` while
    another process does it.
    """

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a check inside the environment saw; ``is_exact`` when it holds its lock and nothing else.

    ``foreign`` are distributions visible there that the lock does not name, ``missing`` those it
    names and that are not there, ``leaked`` packages of the notebook that could be imported.
    """

    fingerprint: str
    python: str
    version: str
    sys_path: tuple[str, ...]
    packages: tuple[LockedPackage, ...]
    foreign: tuple[str, ...]
    missing: tuple[str, ...]
    leaked: tuple[str, ...]
    tried: int

    @property
    def is_exact(self) -> bool:
        return not (self.foreign or self.missing or self.leaked)
