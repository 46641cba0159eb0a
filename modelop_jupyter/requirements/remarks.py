"""What a registration says of the model's requirements: warnings and notes, before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from modelop_jupyter.errors import BlobError
from modelop_jupyter.formats.placeholders import HEAD_BYTES, describe_placeholder
from modelop_jupyter.models.environment_spec import name_of
from modelop_jupyter.requirements.check import RequirementsCheck
from modelop_jupyter.requirements.installed import with_dependencies
from modelop_jupyter.requirements.report import unpinned, unpinned_names

_MOST_NAMED = 5
# Placeholders of Git LFS, error pages and the like, which are searched for, are small.
_LARGEST_PLACEHOLDER = 1 << 20


def warnings_of(check: RequirementsCheck) -> Iterator[str]:
    """Warn of placeholders, misnamed lines, passwords, and imports that no requirement provides.

    Before anything is resolved, what this Python knows of the packages' dependencies counts.
    """
    yield from _placeholders(check)
    for (asset, line), problem in check.misnamed.items():
        yield f"{asset}, line {line}: {problem}."
    for where in check.requirements.secrets:
        yield (
            f"{where} holds a password, which goes wherever the model goes. Write ${{NAME}} in its"
            " place and set that variable, or leave it to netrc or a keyring."
        )
    if check.lock is not None:
        locked = {package.name for package in check.lock.packages}
    else:
        locked = with_dependencies([*check.usable.names, *check.additions])
    imports = check.imports(locked)
    missing = {
        finding.module: f"{finding.module} ({finding.asset}, line {finding.line})"
        for finding in imports
        if finding.verdict == "missing"
    }
    if missing:
        yield (
            f"None of its requirements provides {_listed(list(missing.values()))}:"
            f" '%modelop requirements {name_of(check.owner)} --infer --write' adds what this Python has."
        )


def notes_of(check: RequirementsCheck) -> Iterator[str]:
    """Say what is installed besides what was asked for, and which versions are left open."""
    if check.additions:
        points = check.owner.state.entry_points
        kinds = [kind for kind in ("metrics", "train") if points.get(kind)]
        why = f"for its {kinds[0]} function" if kinds else "as ModelOp's runtime has it, too"
        yield f"{' and '.join(check.additions)} is added to its environment, {why}."
    names, lock = unpinned_names(check.requirements), check.lock
    if not names:
        return
    command = f"'%modelop requirements {name_of(check.owner)}"
    as_of = check.owner.state.as_of
    if as_of is not None:
        yield (
            f"Not pinned: {_listed(names)}. Their versions as of {as_of} are taken and kept;"
            f" {command}' shows them."
        )
        return
    if lock is None:
        yield (
            f"Not pinned: {_listed(names)}. The newest version of today is taken once and kept;"
            f" {command}' shows it."
        )
        return
    versions = {package.name: package.version for package in lock.packages}
    taken = [f"{x.name} {x.version}" for x in unpinned(check.requirements, versions)]
    when = f" on {lock.resolved.astimezone():%Y-%m-%d}" if lock.resolved else " earlier"
    yield f"Not pinned: {_listed(taken)}, taken{when} and kept. {command} --upgrade' takes what is newer."


def _placeholders(check: RequirementsCheck) -> Iterator[str]:
    """Warn of assets that only stand for a file, such as a pointer of Git LFS."""
    for asset in check.owner.state.assets:
        if asset.size > _LARGEST_PLACEHOLDER:
            continue
        with suppress(BlobError):
            head = check.blobs.read(asset.digest)[:HEAD_BYTES]
            placeholder = describe_placeholder(asset.path, head)
            if placeholder is not None:
                yield f"{asset.path} {placeholder[0]}. {placeholder[1]}, and register again."


def _listed(items: Sequence[str]) -> str:
    rest = len(items) - _MOST_NAMED
    return ", ".join(items[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
