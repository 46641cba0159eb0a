"""Locking requirements of which some lines cannot be had: all of these are found, and the others locked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from modelop_jupyter.domain.environments import EnvironmentSpec, Lock
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.errors import EnvironmentBuildError, nearest
from modelop_jupyter.workspace.environments import ModelEnvironments
from modelop_jupyter.workspace.providers import Providers

Place = tuple[str, int]

_MOST_REFUSALS = 8


def resolved(
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
    while (place := place_of(refusals[-1])) and len(refusals) <= _MOST_REFUSALS:
        left_out.add(place)
        try:
            return environments.resolve(owner, _without(spec, left_out))
        except EnvironmentBuildError as error:
            if place_of(error) in left_out:
                break
            refusals.append(error)
    return None


def refused(
    refusals: Iterable[EnvironmentBuildError],
    parsed: Requirements,
    providers: Providers,
    *,
    besides: Container[Place],
) -> Iterator[tuple[Place, str]]:
    """Yield what no index gave; of a line whose mistake is known that is the better sentence."""
    for refusal in refusals:
        place = place_of(refusal)
        if place and place not in besides:
            yield place, sentence(refusal.reason, _remedy(refusal, parsed, providers))


def place_of(error: EnvironmentBuildError) -> Place | None:
    return (error.asset, error.line) if error.asset and error.line else None


def _remedy(
    refusal: EnvironmentBuildError, parsed: Requirements, providers: Providers
) -> str | None:
    """Return what to do about a line; a name that no index knows is likely mistyped."""
    line = next((x for x in parsed.lines if (x.asset, x.line) == place_of(refusal)), None)
    name = line.name if line else None
    close = nearest(name, providers.known) if name and name not in providers.known else None
    has_guess = "mean" in (refusal.remedy or "")
    if close is None or has_guess:
        return refusal.remedy
    return f"Did you mean {close}?" + (f" {refusal.remedy}" if refusal.remedy else "")


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


def sentence(reason: str, remedy: str | None) -> str:
    return f"{reason}. {remedy}" if remedy else reason
