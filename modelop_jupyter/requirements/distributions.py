"""The packages that a Python has: this process's own, or what a kernel has reported of its own."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from typing import Any, Protocol

from modelop_jupyter.domain.requirements import normalise


@dataclass(frozen=True, slots=True)
class InstalledDistribution:
    """A package that is installed, under the name it has there.

    ``origin`` is where it was installed from, empty if from an index (PEP 610); ``paths`` returns
    what it holds below the modules that it shares with others, as ``google/cloud/storage``.
    """

    name: str
    version: str
    requires: tuple[str, ...]
    origin: Mapping[str, Any]
    installer: str
    paths: Callable[[], Iterable[str]]


class Python(Protocol):
    """A Python with its packages."""

    @property
    def executable(self) -> str:
        """The path of the interpreter."""

    @property
    def version(self) -> str:
        """Its version, such as ``3.12.1``."""

    @property
    def modules(self) -> Mapping[str, Sequence[str]]:
        """The names of the packages by the module that they provide."""

    def find(self, name: str) -> InstalledDistribution | None:
        """Return a package by its normalised name, None for one that is not there."""


class ThisPython:
    """This process's own Python; a package is read when it is asked for."""

    executable = sys.executable
    version = platform.python_version()

    @cached_property
    def modules(self) -> Mapping[str, Sequence[str]]:
        # It takes up to a second to read.
        return packages_distributions()

    def find(self, name: str) -> InstalledDistribution | None:
        try:
            found = distribution(name)
        except PackageNotFoundError:
            return None
        return InstalledDistribution(
            name=found.metadata["Name"],
            version=found.version,
            requires=tuple(found.requires or ()),
            origin=_origin(found.read_text("direct_url.json") or ""),
            installer=(found.read_text("INSTALLER") or "").strip(),
            paths=lambda: (file.as_posix() for file in found.files or ()),
        )


class ReportedPython:
    """The Python of a kernel, from what ``capture/kernel_facts.py`` returns there."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.executable: str = report["executable"]
        self.version: str = report["version"]
        self._packages: Mapping[str, Mapping[str, Any]] = {
            normalise(package["name"]): package for package in report["packages"]
        }

    @cached_property
    def modules(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for package in self._packages.values():
            for module in package["modules"]:
                found.setdefault(module, []).append(package["name"])
        return found

    def find(self, name: str) -> InstalledDistribution | None:
        package = self._packages.get(normalise(name))
        if package is None:
            return None
        return InstalledDistribution(
            name=package["name"],
            version=package["version"],
            requires=tuple(package["requires"]),
            origin=_origin(package["origin"]),
            installer=package["installer"],
            paths=lambda: package["paths"],
        )


def _origin(text: str) -> Mapping[str, Any]:
    try:
        origin = json.loads(text or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}
