"""Requirements against imports: lines that cannot be right, imports that nothing brings, idle packages."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from modelop_jupyter.domain.environments import Lock
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.reports import ImportFinding
from modelop_jupyter.domain.requirements import RequirementLine, Requirements
from modelop_jupyter.domain.standard_library import is_standard
from modelop_jupyter.environments.contents import modules_in
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.environments import ModelEnvironments
from modelop_jupyter.workspace.imported import findings
from modelop_jupyter.workspace.providers import Providers
from modelop_jupyter.workspace.trial import Place


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check found: problems by line, imports, and what is required and imported nowhere."""

    problems: dict[Place, str] = field(default_factory=dict)
    imports: tuple[ImportFinding, ...] = ()
    unused: tuple[str, ...] = ()

    def is_unclear(self, lock: Lock) -> bool:
        """Say whether only the environment can tell: names alone accuse a line that could be locked, or
        leave an import without a package and a package without an import."""
        used = {each.provider for each in self.imports}
        is_lacking = any(each.verdict == "missing" for each in self.imports)
        is_idle = any(package.name not in used for package in lock.packages)
        return bool(self.problems) or (is_lacking and is_idle)


def examine(
    owner: Model | Snapshot,
    parsed: Requirements,
    added: Sequence[str],
    lock: Lock | None,
    blobs: BlobStore,
    *,
    providers: Providers,
    python: str | None,
) -> Examined:
    problems = dict(mistaken(parsed, providers, python))
    sound = sound_lines(parsed, problems)
    locked = {package.name for package in lock.packages} if lock else set()
    imports = tuple(
        findings(owner.state, sound, added, locked, blobs, providers=providers, python=python)
    )
    return Examined(problems, imports, _unused(sound, imports, providers))


def providers_of(owner: Model | Snapshot, environments: ModelEnvironments) -> Providers:
    """Return what brings which module: the model's own environment tells it, where it is built."""
    built = environments.ready(owner)
    return Providers(modules_in(built) if built else None)


def mistaken(
    parsed: Requirements, providers: Providers, python: str | None
) -> Iterator[tuple[Place, str]]:
    """Yield the lines that name a module where a package is meant."""
    for line in parsed.lines:
        if line.name and not line.url and is_standard(line.name, python) and _applies(line, python):
            said = f"{line.name} is part of Python {python or 'itself'}, and no package. Remove the line"
            yield (line.asset, line.line), said
        elif meant := providers.real_name(line):
            said = f"{line.name} is what is imported; its package is {meant}. Write {meant}"
            yield (line.asset, line.line), said


def sound_lines(parsed: Requirements, problems: Container[Place]) -> Requirements:
    """Return the requirements without the lines that have a problem."""
    lines = tuple(line for line in parsed.lines if (line.asset, line.line) not in problems)
    return replace(parsed, lines=lines)


def _applies(line: RequirementLine, python: str | None) -> bool:
    from packaging.markers import Marker

    if not line.marker or python is None:
        return True
    known = {"python_version": python, "python_full_version": f"{python}.0"}
    return Marker(line.marker).evaluate(known)


def _unused(
    parsed: Requirements, found: Iterable[ImportFinding], providers: Providers
) -> tuple[str, ...]:
    used = {each.provider for each in found}
    modules = {each.module for each in found}
    used |= {name for module in modules for name in (providers.built or {}).get(module, ())}
    return tuple(sorted(name for name in parsed.names if name not in used))
