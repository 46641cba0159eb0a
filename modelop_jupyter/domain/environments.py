"""Environments: the specification, the lock that it is resolved to, and the built environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property

from modelop_jupyter.domain.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Archive:
    """A wheel or sdist among a model's assets; ``stored`` is the path of the file with its bytes."""

    digest: str
    stored: str


@dataclass(frozen=True)
class EnvironmentSpec:
    """What must be installed for a model to run.

    ``files`` maps asset paths to bytes: every holder of REQUIRED_LIBRARIES and, so that ``-r``
    and ``-c`` can be followed, every other text asset. ``holders`` are the paths of the holders.
    ``additions`` are requirements the runtime adds by itself, such as pandas for a metrics
    function (spec 13.13). ``python`` is a version, a path, or None for the notebook's own.
    ``archives`` maps asset paths to the wheels and sdists that requirements may name. ``as_of`` is
    the day or time as of which they are resolved, None for today's index.
    """

    python: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    holders: tuple[str, ...] = ()
    additions: tuple[str, ...] = ()
    archives: Mapping[str, Archive] = field(default_factory=dict)
    as_of: str | None = None

    @cached_property
    def requirements(self) -> Requirements:
        """The requirements of the files, parsed once."""
        from modelop_jupyter.domain.requirements.parse import parse_requirements

        digests = {path: archive.digest for path, archive in self.archives.items()}
        return parse_requirements(self.files, self.holders, archives=digests)


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


def lock_named(digest: str) -> str:
    """Return the short name of a lock: ``lock`` and twelve digits of its digest."""
    return f"lock {digest.removeprefix('sha256:')[:12]}"


@dataclass(frozen=True, slots=True)
class Lock:
    """Resolved requirements with hashes: the text of a ``pylock.toml`` (PEP 751).

    ``fingerprint`` names the environment: digest of lock, interpreter and platform. ``resolved`` is
    when it was resolved, ``made_for`` the Python it was resolved for, ``remark`` a warning of the
    resolution, ``as_of`` the day or time as of which it was. None of these is part of its identity.
    """

    text: str
    digest: str
    fingerprint: str
    interpreter: Interpreter
    packages: tuple[LockedPackage, ...] = ()
    additions: tuple[str, ...] = ()
    resolved: datetime | None = field(default=None, compare=False)
    made_for: Interpreter | None = field(default=None, compare=False)
    remark: str | None = field(default=None, compare=False)
    as_of: str | None = field(default=None, compare=False)

    @property
    def difference(self) -> str | None:
        """Return how the Python of the build differs from the one the lock was made for, None if it does not."""
        made, now = self.made_for, self.interpreter
        if made is None:
            return None
        if made.version != now.version:
            return f"its lock was made for Python {made.version}, and is built with {now.version}"
        if made.platform != now.platform:
            return f"its lock was made on {made.platform}, and is built on {now.platform}"
        return None


@dataclass(frozen=True, slots=True)
class Drift:
    """Files of an environment that were changed since it was built, and the ``packages`` they belong to."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.changed or self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Environment:
    """A built virtual environment; ``python`` is its interpreter's path.

    ``size`` and ``drift`` (changes by hand) are None until they are measured.
    """

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
    drift: Drift | None = None

    @property
    def is_drifted(self) -> bool:
        """Whether a check found a change."""
        return self.drift is not None and not self.drift.is_none


class PackageSource(str, Enum):
    """Where the packages of an environment came from when it was built."""

    INDEX = "index"
    CACHE = "cache"
    WHEELS = "wheels"


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A step of a build, as shown in its progress line.

    ``resolving``, ``creating``, ``downloading``, ``unpacking``, ``compiling``, ``installing``, ``checking``,
    ``ready``; ``waiting`` for another process that has not reported a step yet, and ``taking over``
    from one that was killed. ``seconds`` is the time since the build began, ``is_joined`` is true if
    another process does the build. ``bytes`` of ``total_bytes`` have been downloaded.
    """

    step: str
    text: str
    seconds: float = 0.0
    bytes: int = 0
    total_bytes: int = 0
    is_joined: bool = False


@dataclass(frozen=True, slots=True)
class BuildFailure:
    """Why the last attempt at an environment failed, kept until the next one.

    ``message`` is the whole sentence; ``asset``, ``line`` and ``requirement`` name the cause where
    it is known, ``log`` is the path of the build log.
    """

    message: str
    reason: str
    moment: datetime
    remedy: str | None = None
    asset: str | None = None
    line: int | None = None
    requirement: str | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a check inside an environment; ``is_exact`` if it holds its lock and nothing else.

    ``foreign`` are distributions visible there that the lock does not name, ``missing`` those it
    names and that are not there, ``leaked`` packages of the notebook that could be imported;
    ``drift`` are changes by hand, None if not checked.
    ``is_isolated`` is false if the interpreter was not started with ``-I``.
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
    lock_digest: str = ""
    is_isolated: bool = True
    drift: Drift | None = None

    @property
    def is_exact(self) -> bool:
        deviations = self.foreign or self.missing or self.leaked
        changed = self.drift is not None and not self.drift.is_none
        return self.is_isolated and not (deviations or changed)
