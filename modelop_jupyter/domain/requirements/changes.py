"""What `requirements --upgrade`, `--infer` and `--trim` return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelop_jupyter.domain.checks import CheckReport
from modelop_jupyter.domain.environments import Lock, LockedPackage
from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A package whose version differs between two locks; None in the one that does not have it."""

    package: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What `requirements --upgrade` or `--as-of` did; ``changes`` is empty if all versions stay.

    ``before`` and ``after`` are the times of the old and the new lock, ``python`` is the version of
    the new one. ``is_first`` says that there was no lock before. ``as_of`` is the day or time as of
    which the requirements were resolved.
    """

    model: str
    changes: tuple[VersionChange, ...]
    packages: tuple[LockedPackage, ...]
    before: datetime | None
    after: datetime | None
    python: str
    is_first: bool = False
    as_of: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class InferredLine:
    """A line of requirements made from an import.

    ``state`` is ``added``, ``kept`` (the requirements name it already), ``removed`` (a line that
    names a module), ``not usable`` (one that stays, and has to be corrected by hand), or ``not
    installable`` (a package that is on no index).
    """

    state: str
    text: str
    module: str | None = None
    where: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class InferredRequirements:
    """What `requirements --infer` made: the whole file, and the reason of each line.

    ``python`` and ``version`` are the interpreter whose packages gave the versions; ``asset`` is
    the path of the file, ``is_written`` says that the model has it now.
    """

    model: str
    asset: str
    text: str
    lines: tuple[InferredLine, ...]
    python: str
    version: str
    is_written: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpareLine:
    """A line of requirements that can go: ``packages`` go with it, and free ``size`` bytes."""

    asset: str
    line: int
    text: str
    packages: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Trim:
    """What `requirements --trim` found: the lines that nothing needed while a sample was scored.

    ``loaded`` are the packages that were loaded, ``size`` the bytes that the environment would have
    less. ``report`` is the check of the model without the lines, once they are removed.
    """

    model: str
    records: int
    loaded: tuple[str, ...]
    lines: tuple[SpareLine, ...]
    size: int
    report: CheckReport | None = None


def compare(
    before: Sequence[LockedPackage], after: Sequence[LockedPackage]
) -> tuple[VersionChange, ...]:
    """Return the packages whose versions differ, by name."""
    old = {package.name: package.version for package in before}
    new = {package.name: package.version for package in after}
    return tuple(
        VersionChange(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def upgrade_of(model: str, before: Lock | None, after: Lock) -> Upgrade:
    """Return what changes from one lock to another."""
    return Upgrade(
        model=model,
        changes=compare(before.packages if before else (), after.packages),
        packages=after.packages,
        before=before.resolved if before else None,
        after=after.resolved,
        python=after.interpreter.version,
        is_first=before is None,
        as_of=after.as_of,
    )
