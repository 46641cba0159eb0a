"""What a model requires, line by line, and whether that provides what its source imports."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from modelop_jupyter.domain.environments import EnvironmentSpec, Lock, LockedPackage
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.reports import ImportFinding, RequirementRow, RequirementsReport
from modelop_jupyter.domain.requirements import RequirementLine, Requirements
from modelop_jupyter.environments.contents import modules_in
from modelop_jupyter.errors import EnvironmentBuildError, nearest
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.environments import ModelEnvironments
from modelop_jupyter.workspace.imported import findings
from modelop_jupyter.workspace.providers import Providers, standard_library

_PINNED = re.compile(r"={2,3}[^*,]+")
_MOST_REFUSALS = 8
Place = tuple[str, int]


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
    lock = environments.kept_lock(owner)
    providers = providers_of(owner, environments)
    python = lock.interpreter.minor if lock else environments.python_of(owner)
    problems = dict(mistaken(parsed, providers, python)) if check else {}
    sound = sound_lines(parsed, problems)
    refusals: list[EnvironmentBuildError] = []
    if check and lock is None and not parsed.problems:
        lock = _resolved(owner, environments, spec, problems, refusals)
    locked = {package.name: package.version for package in lock.packages} if lock else {}
    added = tuple(name for name in spec.additions if name not in parsed.names)
    found = findings(
        owner.state, sound, added, set(locked), blobs, providers=providers, python=python
    )
    imports = tuple(found) if check else ()
    for refusal in refusals:
        if refusal.asset and refusal.line:
            said = _sentence(refusal.reason, _remedy(refusal, parsed, providers))
            problems.setdefault((refusal.asset, refusal.line), said)
    return RequirementsReport(
        model=ref,
        rows=tuple(_rows(parsed, locked, problems, refusals)),
        additions=added,
        packages=lock.packages if lock else (),
        imports=imports,
        unused=_unused(sound_lines(parsed, problems), imports, providers) if check else (),
        checked=check,
        resolved=lock.resolved if lock else None,
        unpinned=unpinned(parsed, locked),
        notes=tuple(environments.notes(owner)),
    )


def sound_lines(parsed: Requirements, problems: Container[Place]) -> Requirements:
    """Return the requirements without the lines that have a problem."""
    lines = tuple(line for line in parsed.lines if (line.asset, line.line) not in problems)
    return replace(parsed, lines=lines)


def providers_of(owner: Model | Snapshot, environments: ModelEnvironments) -> Providers:
    """Return what brings which module: the model's own environment tells it, where it is built."""
    built = environments.ready(owner)
    return Providers(modules_in(built) if built else None)


def unpinned(parsed: Requirements, locked: Mapping[str, str]) -> tuple[LockedPackage, ...]:
    """Return what the lines leave open, with the versions that were taken."""
    return tuple(LockedPackage(name, locked[name]) for name in open_names(parsed) if name in locked)


def open_names(parsed: Requirements) -> list[str]:
    """Return the packages whose version no line and no constraint says."""
    lines = (*parsed.lines, *parsed.constraints)
    pinned = {line.name for line in lines if line.url or _PINNED.fullmatch(line.specifier)}
    return sorted(parsed.names - pinned)


def _resolved(
    owner: Model | Snapshot,
    environments: ModelEnvironments,
    spec: EnvironmentSpec,
    problems: Mapping[Place, str],
    refusals: list[EnvironmentBuildError],
) -> Lock | None:
    """Lock the requirements; where lines cannot be had, find them all, and what the others come to."""
    try:
        return environments.lock(owner)
    except EnvironmentBuildError as error:
        refusals.append(error)
    left_out = set(problems)
    while (place := _place(refusals[-1])) and len(refusals) <= _MOST_REFUSALS:
        left_out.add(place)
        try:
            return environments.resolve(_without(spec, left_out))
        except EnvironmentBuildError as error:
            if _place(error) in left_out:
                break
            refusals.append(error)
    return None


def _place(error: EnvironmentBuildError) -> Place | None:
    return (error.asset, error.line) if error.asset and error.line else None


def _without(spec: EnvironmentSpec, places: Iterable[Place]) -> EnvironmentSpec:
    """Return the question without some lines, which begin at a number and may go on below it."""
    files = dict(spec.files)
    for asset, number in places:
        lines = files[asset].split(b"\n")
        index = number - 1
        while lines[index].rstrip().endswith(b"\\") and index + 1 < len(lines):
            lines[index] = b"#"
            index += 1
        lines[index] = b""
        files[asset] = b"\n".join(lines)
    return replace(spec, files=files)


def mistaken(
    parsed: Requirements, providers: Providers, python: str | None
) -> Iterator[tuple[Place, str]]:
    """Yield the lines that name a module where a package is meant."""
    standard = {name.lower().replace("_", "-") for name in standard_library(python)}
    for line in parsed.lines:
        if line.name in standard and not line.url and _applies(line, python):
            said = f"{line.name} is part of Python {python or 'itself'}, and no package. Remove the line"
            yield (line.asset, line.line), said
        elif meant := providers.real_name(line):
            said = f"{line.name} is what is imported; its package is {meant}. Write {meant}"
            yield (line.asset, line.line), said


def _applies(line: RequirementLine, python: str | None) -> bool:
    from packaging.markers import Marker

    if not line.marker or python is None:
        return True
    known = {"python_version": python, "python_full_version": f"{python}.0"}
    return Marker(line.marker).evaluate(known)


def _remedy(
    refusal: EnvironmentBuildError, parsed: Requirements, providers: Providers
) -> str | None:
    """Return what to do about a line; a name that no index knows is likely mistyped."""
    line = next((x for x in parsed.lines if (x.asset, x.line) == _place(refusal)), None)
    name = line.name if line else None
    close = nearest(name, providers.known) if name and name not in providers.known else None
    has_guess = "mean" in (refusal.remedy or "")
    if close is None or has_guess:
        return refusal.remedy
    return f"Did you mean {close!r}?" + (f" {refusal.remedy}" if refusal.remedy else "")


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
        said = _sentence(each.reason, each.remedy)
        yield RequirementRow(each.asset, each.line or 0, each.text, problem=said)
    for refusal in refusals:
        if _place(refusal) not in places:
            said = _sentence(refusal.reason, refusal.remedy)
            asset, text = refusal.asset or "", refusal.requirement or ""
            yield RequirementRow(asset, refusal.line or 0, text, problem=said)


def _unused(
    parsed: Requirements, found: Iterable[ImportFinding], providers: Providers
) -> tuple[str, ...]:
    used = {each.provider for each in found}
    modules = {each.module for each in found}
    used |= {name for module in modules for name in (providers.built or {}).get(module, ())}
    return tuple(sorted(name for name in parsed.names if name not in used))


def _sentence(reason: str, remedy: str | None) -> str:
    return f"{reason}. {remedy}" if remedy else reason
