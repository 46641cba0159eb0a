"""Resolve requirements of which some lines cannot be found: name all of those, and lock the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from modelop_jupyter.domain.environments import EnvironmentSpec, Lock
from modelop_jupyter.errors import EnvironmentBuildError, nearest
from modelop_jupyter.requirements.check import LineKey, RequirementsCheck

_MOST_REFUSALS = 8


def resolve_most(check: RequirementsCheck) -> tuple[Lock | None, list[EnvironmentBuildError]]:
    """Lock the requirements; return what could be locked, and an error for each line that could not.

    A lock of all of them is kept with the model. The lock is None where not even the other lines
    fit together, or too many lines are refused.
    """
    environments, owner = check.environments, check.owner
    refusals = []
    try:
        return environments.lock(owner), []
    except EnvironmentBuildError as error:
        refusals.append(error)
    left_out = set(check.misnamed)
    while (key := key_of(refusals[-1])) and len(refusals) <= _MOST_REFUSALS:
        left_out.add(key)
        try:
            return environments.resolve(owner, _without(check.spec, left_out)), refusals
        except EnvironmentBuildError as error:
            if key_of(error) in left_out:
                break
            refusals.append(error)
    return None, refusals


def problems_of(
    refusals: Iterable[EnvironmentBuildError], check: RequirementsCheck
) -> Iterator[tuple[LineKey, str]]:
    """Yield what no index gave, by line; a line that is known to be misnamed keeps that sentence."""
    for refusal in refusals:
        key = key_of(refusal)
        if key and key not in check.misnamed:
            yield key, with_remedy(refusal.reason, _remedy(refusal, check))


def key_of(error: EnvironmentBuildError) -> LineKey | None:
    """Return the line that an error is about, None where it is about no single one."""
    return (error.asset, error.line) if error.asset and error.line else None


def with_remedy(reason: str, remedy: str | None) -> str:
    """Return a reason and what to do about it in one text."""
    return f"{reason}. {remedy}" if remedy else reason


def _remedy(refusal: EnvironmentBuildError, check: RequirementsCheck) -> str | None:
    """Return what to do about a line; a name that no index knows is likely misspelled."""
    key, known = key_of(refusal), check.providers.known
    line = next((x for x in check.requirements.lines if (x.asset, x.line) == key), None)
    name = line.name if line else None
    close = nearest(name, known) if name and name not in known else None
    has_guess = "mean" in (refusal.remedy or "")
    if close is None or has_guess:
        return refusal.remedy
    return f"Did you mean {close}?" + (f" {refusal.remedy}" if refusal.remedy else "")


def _without(spec: EnvironmentSpec, keys: Iterable[LineKey]) -> EnvironmentSpec:
    """Return a spec without some lines of its files; a line may go on below its first one."""
    files = dict(spec.files)
    for asset, number in keys:
        lines = files[asset].split(b"\n")
        index = number - 1
        while lines[index].rstrip().endswith(b"\\") and index + 1 < len(lines):
            lines[index] = b"#"
            index += 1
        lines[index] = b""
        files[asset] = b"\n".join(lines)
    return replace(spec, files=files)
