"""The report on a model's requirements: each line, its version, and with a check what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelop_jupyter.domain.environments import Lock, LockedPackage
from modelop_jupyter.domain.reports import ImportFinding, RequirementRow, RequirementsReport
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.requirements.check import LineKey, RequirementsCheck, without_lines
from modelop_jupyter.requirements.partial_lock import (
    key_of,
    problems_of,
    resolve_most,
    with_remedy,
)

_PINNED = re.compile(r"={2,3}[^*,]+")


@dataclass(frozen=True, slots=True)
class _Findings:
    """What a check found: the lock, problems by line, what no index gave, imports, unused packages."""

    lock: Lock | None
    problems: Mapping[LineKey, str] = field(default_factory=dict)
    refusals: Sequence[EnvironmentBuildError] = ()
    imports: tuple[ImportFinding, ...] = ()
    unused: tuple[str, ...] = ()


def report(ref: str, check: RequirementsCheck, *, is_checked: bool) -> RequirementsReport:
    """Return the requirements with the versions they were locked to.

    ``is_checked`` resolves them, so that what no index can give is a problem of its line, and
    compares them with the imports of the sources; where names alone do not tell, it builds the
    environment.
    """
    requirements = check.requirements
    findings = _find(check) if is_checked else _Findings(check.lock)
    lock = findings.lock
    versions = {package.name: package.version for package in lock.packages} if lock else {}
    return RequirementsReport(
        model=ref,
        rows=tuple(_rows(requirements, versions, findings.problems, findings.refusals)),
        additions=check.additions,
        packages=lock.packages if lock else (),
        imports=findings.imports,
        unused=findings.unused,
        checked=is_checked,
        resolved=lock.resolved if lock else None,
        unpinned=unpinned(requirements, versions),
        notes=check.environments.notes(check.owner),
        as_of=check.owner.state.as_of,
    )


def unpinned(requirements: Requirements, versions: Mapping[str, str]) -> tuple[LockedPackage, ...]:
    """Return the packages whose version the lines leave open, with the versions that were taken."""
    names = unpinned_names(requirements)
    return tuple(LockedPackage(name, versions[name]) for name in names if name in versions)


def unpinned_names(requirements: Requirements) -> list[str]:
    """Return the packages whose version no line and no constraint says."""
    lines = (*requirements.lines, *requirements.constraints)
    pinned = {line.name for line in lines if line.url or _PINNED.fullmatch(line.specifier)}
    return sorted(requirements.names - pinned)


def _find(check: RequirementsCheck) -> _Findings:
    lock = check.lock
    refusals: list[EnvironmentBuildError] = []
    if lock is None and not check.requirements.problems:
        lock, refusals = resolve_most(check)
    locked = [package.name for package in lock.packages] if lock else []
    imports = check.imports(locked)
    is_built = check.providers.built is not None
    if lock and not refusals and not is_built and _is_unclear(check, imports, lock):
        check, refusals = _build(check)
        imports = check.imports(locked)
    problems = dict(check.misnamed)
    problems.update(problems_of(refusals, check))
    # What cannot be had is a problem of its line already.
    available = without_lines(check.requirements, problems).names
    unused = tuple(name for name in check.unused(imports) if name in available)
    return _Findings(lock, problems, refusals, imports, unused)


def _is_unclear(check: RequirementsCheck, imports: Sequence[ImportFinding], lock: Lock) -> bool:
    """Return whether only a built environment can tell.

    Names alone accuse a line that could be locked, or leave an import without a package and a
    package without an import.
    """
    used = {finding.provider for finding in imports}
    has_missing_import = any(finding.verdict == "missing" for finding in imports)
    has_unused_package = any(package.name not in used for package in lock.packages)
    return bool(check.misnamed) or (has_missing_import and has_unused_package)


def _build(check: RequirementsCheck) -> tuple[RequirementsCheck, list[EnvironmentBuildError]]:
    """Build the environment, as the first job would anyway; return a check that knows its modules."""
    refusals = []
    try:
        check.environments.ensure(check.owner)
    except EnvironmentBuildError as error:
        refusals.append(error)
    return RequirementsCheck(check.owner, check.environments, check.blobs), refusals


def _rows(
    requirements: Requirements,
    versions: Mapping[str, str],
    problems: Mapping[LineKey, str],
    refusals: Sequence[EnvironmentBuildError],
) -> Iterator[RequirementRow]:
    keys = {(line.asset, line.line) for line in requirements.lines}
    for line in requirements.lines:
        problem = problems.get((line.asset, line.line))
        version = None if problem else versions.get(line.name or "")
        yield RequirementRow(line.asset, line.line, line.shown, line.name, version, problem)
    for bad in requirements.problems:
        text = with_remedy(bad.reason, bad.remedy)
        yield RequirementRow(bad.asset, bad.line or 0, bad.text, problem=text)
    for refusal in refusals:
        if key_of(refusal) not in keys:
            yield RequirementRow(
                refusal.asset or "",
                refusal.line or 0,
                refusal.requirement or "",
                problem=with_remedy(refusal.reason, refusal.remedy),
            )
