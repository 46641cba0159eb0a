"""A model's requirements compared with what its sources import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from modelop_jupyter.domain.environments import EnvironmentSpec, Lock
from modelop_jupyter.domain.reports import ImportFinding
from modelop_jupyter.domain.requirements import RequirementLine, Requirements
from modelop_jupyter.domain.source_code.standard_library import is_standard
from modelop_jupyter.environments.site_packages import packages_by_module
from modelop_jupyter.models.environment_spec import Owner
from modelop_jupyter.models.environments import ModelEnvironments
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.requirements.imports import import_findings
from modelop_jupyter.requirements.providers import Providers

# The path of an asset and the number of a line in it.
LineKey = tuple[str, int]


class RequirementsCheck:
    """What a model or snapshot requires, and what is wrong with it; nothing is resolved or built.

    Everything is computed when first asked for, and once: build a new one after a change.
    """

    def __init__(self, owner: Owner, environments: ModelEnvironments, blobs: BlobStore) -> None:
        self.owner = owner
        self.environments = environments
        self.blobs = blobs

    @cached_property
    def spec(self) -> EnvironmentSpec:
        """What the environment must hold: requirement files and what the runtime adds."""
        return self.environments.spec(self.owner)

    @property
    def requirements(self) -> Requirements:
        """All lines of the requirement files."""
        return self.spec.requirements

    @cached_property
    def additions(self) -> tuple[str, ...]:
        """The packages that the runtime adds and no line names (spec 13.13)."""
        return tuple(name for name in self.spec.additions if name not in self.requirements.names)

    @cached_property
    def lock(self) -> Lock | None:
        """The lock there is, None where the requirements were never resolved."""
        return self.environments.kept_lock(self.owner)

    @cached_property
    def python(self) -> str | None:
        """The version that the model runs on, such as ``3.11``; None if it is not on this machine."""
        if self.lock is not None:
            return self.lock.interpreter.minor
        return self.environments.python_of(self.owner)

    @cached_property
    def providers(self) -> Providers:
        """What tells which package provides a module."""
        return providers_of(self.owner, self.environments)

    @cached_property
    def misnamed(self) -> Mapping[LineKey, str]:
        """What is wrong with each line that names a module where a package is meant."""
        return dict(misnamed_lines(self.requirements, self.providers, self.python))

    @cached_property
    def usable(self) -> Requirements:
        """The requirements without the misnamed lines."""
        return without_lines(self.requirements, self.misnamed)

    def imports(self, locked: Iterable[str]) -> tuple[ImportFinding, ...]:
        """Say for each import where it comes from; ``locked`` are the packages of the environment."""
        return tuple(
            import_findings(
                self.owner.state,
                [*sorted(self.usable.names), *self.additions],
                set(locked),
                self.blobs,
                providers=self.providers,
                python=self.python,
            )
        )

    def unused(self, imports: Iterable[ImportFinding]) -> tuple[str, ...]:
        """Return the packages that are required and imported nowhere."""
        used = {finding.provider for finding in imports}
        built = self.providers.built or {}
        used |= {name for finding in imports for name in built.get(finding.module, ())}
        return tuple(sorted(name for name in self.usable.names if name not in used))


def providers_of(owner: Owner, environments: ModelEnvironments) -> Providers:
    """Return what tells which package provides a module: the model's environment, if it is built."""
    built = environments.ready(owner)
    return Providers(packages_by_module(built) if built else None)


def misnamed_lines(
    requirements: Requirements, providers: Providers, python: str | None
) -> Iterator[tuple[LineKey, str]]:
    """Yield the lines that name a module where a package is meant, and what to write instead."""
    for line in requirements.lines:
        if line.name and not line.url and is_standard(line.name, python) and _applies(line, python):
            problem = f"{line.name} is part of Python {python or 'itself'}, not a package. Remove the line"
            yield (line.asset, line.line), problem
        elif package := providers.package_meant(line):
            problem = (
                f"{line.name} is the name to import; its package is {package}. Write {package}"
            )
            yield (line.asset, line.line), problem


def without_lines(requirements: Requirements, keys: Iterable[LineKey]) -> Requirements:
    """Return the requirements without some lines."""
    left_out = set(keys)
    lines = tuple(x for x in requirements.lines if (x.asset, x.line) not in left_out)
    return replace(requirements, lines=lines)


def _applies(line: RequirementLine, python: str | None) -> bool:
    """Return whether the marker of a line holds on a version of Python."""
    from packaging.markers import Marker

    if not line.marker or python is None:
        return True
    known = {"python_version": python, "python_full_version": f"{python}.0"}
    return Marker(line.marker).evaluate(known)
