"""What a model requires, line by line, and whether that provides what its source imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from modelop_jupyter.domain.environments import LockedPackage
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.reports import RequirementRow, RequirementsReport
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.checking import (
    Examined,
    examine,
    mistaken,
    providers_of,
    sound_lines,
)
from modelop_jupyter.workspace.environments import ModelEnvironments
from modelop_jupyter.workspace.providers import Providers
from modelop_jupyter.workspace.trial import Place, place_of, refused, resolved, sentence

_PINNED = re.compile(r"={2,3}[^*,]+")


def report(
    ref: str,
    owner: Model | Snapshot,
    environments: ModelEnvironments,
    blobs: BlobStore,
    *,
    check: bool,
) -> RequirementsReport:
    """Return the parsed requirements with the versions they were locked to.

    ``check`` resolves them, so that what no index can give is a problem of its line, and compares
    them with the imports of the sources.
    """
    spec = environments.spec(owner)
    parsed = spec.requirements
    added = tuple(name for name in spec.additions if name not in parsed.names)
    lock = environments.kept_lock(owner)
    refusals: list[EnvironmentBuildError] = []
    examined = Examined()
    if check:
        providers = providers_of(owner, environments)
        python = lock.interpreter.minor if lock else environments.python_of(owner)
        wrong = dict(mistaken(parsed, providers, python))
        if lock is None and not parsed.problems:
            lock = resolved(owner, environments, spec, wrong, refusals)
        examined = examine(owner, parsed, added, lock, blobs, providers=providers, python=python)
        if lock and not refusals and providers.built is None and examined.is_unclear(lock):
            providers = _built(owner, environments, refusals)
            examined = examine(
                owner, parsed, added, lock, blobs, providers=providers, python=python
            )
        examined.problems.update(refused(refusals, parsed, providers, besides=examined.problems))
    locked = {package.name: package.version for package in lock.packages} if lock else {}
    return RequirementsReport(
        model=ref,
        rows=tuple(_rows(parsed, locked, examined.problems, refusals)),
        additions=added,
        packages=lock.packages if lock else (),
        imports=examined.imports,
        unused=_idle(examined, parsed),
        checked=check,
        resolved=lock.resolved if lock else None,
        unpinned=unpinned(parsed, locked),
        notes=environments.notes(owner),
    )


def unpinned(parsed: Requirements, locked: Mapping[str, str]) -> tuple[LockedPackage, ...]:
    """Return what the lines leave open, with the versions that were taken."""
    return tuple(LockedPackage(name, locked[name]) for name in open_names(parsed) if name in locked)


def open_names(parsed: Requirements) -> list[str]:
    """Return the packages whose version no line and no constraint says."""
    lines = (*parsed.lines, *parsed.constraints)
    pinned = {line.name for line in lines if line.url or _PINNED.fullmatch(line.specifier)}
    return sorted(parsed.names - pinned)


def _built(
    owner: Model | Snapshot,
    environments: ModelEnvironments,
    refusals: list[EnvironmentBuildError],
) -> Providers:
    """Return what the environment really brings, built now: the first job would do it anyway."""
    try:
        environments.ensure(owner)
    except EnvironmentBuildError as error:
        refusals.append(error)
    return providers_of(owner, environments)


def _idle(examined: Examined, parsed: Requirements) -> tuple[str, ...]:
    """Return what is required and imported nowhere; what cannot be had has been told already."""
    sound = sound_lines(parsed, examined.problems).names
    return tuple(name for name in examined.unused if name in sound)


def _rows(
    parsed: Requirements,
    locked: Mapping[str, str],
    problems: Mapping[Place, str],
    refusals: Sequence[EnvironmentBuildError],
) -> Iterator[RequirementRow]:
    places = {(line.asset, line.line) for line in parsed.lines}
    for line in parsed.lines:
        problem = problems.get((line.asset, line.line))
        version = None if problem else locked.get(line.name or "")
        yield RequirementRow(line.asset, line.line, line.shown, line.name, version, problem)
    for each in parsed.problems:
        said = sentence(each.reason, each.remedy)
        yield RequirementRow(each.asset, each.line or 0, each.text, problem=said)
    for refusal in refusals:
        if place_of(refusal) not in places:
            said = sentence(refusal.reason, refusal.remedy)
            asset, text = refusal.asset or "", refusal.requirement or ""
            yield RequirementRow(asset, refusal.line or 0, text, problem=said)
