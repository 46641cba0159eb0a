"""Disk usage of environments and jobs, and what a cleanup removed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cleared:
    """An environment, job or leftover of a killed process that was removed, or would be in a dry run.

    ``size`` is in bytes, ``note`` says which model it belonged to or what it is.
    """

    kind: str
    name: str
    size: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Spared:
    """An environment or job that is over the quota or age and is kept: it is used, pinned or needed.

    ``models`` are those that it belongs to.
    """

    name: str
    models: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """Whether a model's environment is pinned: then it is never removed."""

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
    """The disk usage of all jobs, and the limits of `job gc`: an age in seconds and a quota in bytes."""

    jobs: int
    size: int
    older: float
    quota: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """What `env gc`, `job gc` or `job remove` did, or would do if ``is_dry_run``.

    ``noun`` is ``environment`` or ``job``. ``before`` and ``after`` are the bytes of all of them;
    linked files count once. ``freed`` are the bytes that are free now: files that the package cache
    links to stay. ``quota`` is None without a quota, ``older`` is an age in seconds.
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
