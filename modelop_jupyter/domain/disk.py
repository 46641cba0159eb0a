"""Environments and jobs as files on a disk: what was changed in them, what was cleared away."""

from __future__ import annotations

from dataclasses import dataclass

# What all environments may take together before `env gc` removes any.
QUOTA = 20 * 10**9


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between an environment and what was built: files, and their ``packages``."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.changed or self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Cleared:
    """Something that was cleared away, or would be: an environment, a job, or what a killed process left.

    ``size`` is what it took on disk, ``note`` says whose it was or what it is.
    """

    kind: str
    name: str
    size: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Spared:
    """An environment or a job that would have to go and stays: it is in use, pinned or needed.

    ``models`` are those it belongs to.
    """

    name: str
    models: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """Whether a model's environment is pinned: then it is never cleared away."""

    model: str
    fingerprint: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class PinnedJob:
    """Whether a job is pinned: then it is never removed."""

    job: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class JobsUsage:
    """What the jobs take on disk, and what `job gc` lets them: an age in seconds and bytes."""

    jobs: int
    size: int
    older: float
    quota: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """What `env gc`, `job gc` or `job remove` did, or with ``is_dry_run`` would do.

    ``noun`` says what was cleared. ``before`` and ``after`` are bytes of all of them, linked files
    counted once; ``freed`` are those that are free now: files that the package cache has, too, stay
    there. ``quota`` is None where none was asked for, ``older`` an age in seconds.
    """

    quota: int | None
    before: int
    after: int
    freed: int
    cleared: tuple[Cleared, ...] = ()
    spared: tuple[Spared, ...] = ()
    is_dry_run: bool = False
    noun: str = "environments"
    older: float | None = None
