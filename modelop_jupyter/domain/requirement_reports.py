"""What changing a model's requirements comes to: resolved anew, or made from the imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from modelop_jupyter.domain.environments import Lock, LockedPackage


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A package of which two locks hold different versions; None where one of them has it not."""

    package: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What `requirements --upgrade` did; ``changes`` is empty where nothing newer is to be had.

    ``before`` and ``after`` are when the locks were made; ``python`` is the Python of the lock now.
    """

    model: str
    changes: tuple[VersionChange, ...]
    packages: tuple[LockedPackage, ...]
    before: datetime | None
    after: datetime | None
    python: str
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class InferredLine:
    """A line of requirements made from an import.

    ``state`` is ``added``, ``kept`` (the requirements name it already), ``removed`` (a line that
    cannot be right), ``not usable`` (one that stays, and has to be mended by hand), or ``not
    installable`` (a package that is on no index).
    """

    state: str
    text: str
    module: str | None = None
    where: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class InferredRequirements:
    """What `requirements --infer` tells: the whole file as it would be, and line by line why.

    ``python`` and ``version`` are the interpreter whose versions were taken; ``asset`` is the file,
    ``is_written`` says that the model has it now.
    """

    model: str
    asset: str
    text: str
    lines: tuple[InferredLine, ...]
    python: str
    version: str
    is_written: bool = False
    notes: tuple[str, ...] = ()


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
    """Return what an upgrade from one lock to another comes to."""
    return Upgrade(
        model=model,
        changes=compare(before.packages if before else (), after.packages),
        packages=after.packages,
        before=before.resolved if before else None,
        after=after.resolved,
        python=after.interpreter.version,
        is_first=before is None,
    )
