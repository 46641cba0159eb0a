"""What an installer does: resolve requirements to a lock, and install a lock into an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Lock, PackageSource
from modelop_jupyter.domain.requirements import RequirementLine
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.installers.build_constraints import (
    BuildConstraints,
    constraints_of,
)
from modelop_jupyter.environments.installers.invalid_metadata import (
    InvalidMetadata,
    find_invalid_metadata,
)
from modelop_jupyter.environments.installers.local_wheels import lay_out
from modelop_jupyter.environments.lock.pylock import pins_of
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.environments.subprocesses import BuildLog


class ToolFailedError(Exception):
    """A tool ended with an error; ``messages`` is its output, for ``diagnostics`` to explain."""

    def __init__(self, messages: str) -> None:
        super().__init__(messages)
        self.messages = messages


class InvalidMetadataError(ToolFailedError):
    """A tool refused the metadata of a package, which a pip of before 24.1 can read."""

    def __init__(self, messages: str, metadata: InvalidMetadata) -> None:
        super().__init__(messages)
        self.metadata = metadata


def tool_error(messages: str) -> ToolFailedError:
    """Return the error for the output of a tool that failed."""
    metadata = find_invalid_metadata(messages)
    return InvalidMetadataError(messages, metadata) if metadata else ToolFailedError(messages)


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """A lock to install into a bare environment, and the request that it was resolved from.

    ``python`` is the environment's interpreter, ``final`` the folder that the environment will be
    renamed to. Packages in ``uncached`` must not be taken from the package cache.
    """

    lock: Lock
    python: Path
    final: Path
    source: ResolveRequest
    uncached: tuple[str, ...] = ()

    def with_assets(self, folder: Path) -> InstallRequest:
        """Return this request with the folders of assets below a folder as places of packages."""
        indexes = self.source.indexes.with_assets(folder)
        return replace(self, source=replace(self.source, indexes=indexes))


class Installer(Protocol):
    """uv or pip. ``folder`` is an empty folder for its files, where the assets are laid out.

    Both methods raise :class:`ToolFailedError`, and :class:`CannotStartError` where the tool cannot
    be started. ``reads_old_metadata``: it accepts metadata that today's tools refuse (PEP 440).
    ``resolves_as_of``: it can leave out what was uploaded after a day.
    """

    name: str
    reads_old_metadata: bool
    resolves_as_of: bool

    def resolve(
        self, request: ResolveRequest, folder: Path, context: BuildContext
    ) -> Mapping[str, Any]:
        """Return the lock as parsed PEP 751."""

    def install(
        self, request: InstallRequest, folder: Path, context: BuildContext
    ) -> PackageSource:
        """Install exactly the packages of the lock, and say where they came from."""


def write_requirements(request: ResolveRequest, folder: Path) -> tuple[Path, list[Path]]:
    """Write the files of requirements and, if there are any, constraints; lay out their assets."""
    lay_out(request.archives, request.archives, folder)
    lines = [_requirement(line, folder) for line in request.requirements.lines]
    limits = [line.text for line in request.requirements.constraints]
    requirements = private_file(folder / "requirements.txt", [*lines, *request.additions])
    if not limits:
        return requirements, []
    return requirements, [private_file(folder / "constraints.txt", limits)]


def _requirement(line: RequirementLine, folder: Path) -> str:
    """Return a requirement for a tool: an asset is named by its path in the folder."""
    if not line.path:
        return line.text
    extras = f"[{','.join(line.extras)}]" if line.extras else ""
    marker = f" ; {line.marker}" if line.marker else ""
    return f"{line.name}{extras} @ {(folder / line.path).as_uri()}{marker}"


def lay_out_assets(request: InstallRequest, folder: Path) -> None:
    """Put the assets that a lock names below a folder."""
    paths = [file.path for pin in pins_of(request.lock.text) for file in pin.files if file.path]
    lay_out(request.source.archives, paths, folder)


def install_with_constraints(
    request: InstallRequest, install: Callable[[BuildConstraints], PackageSource], log: BuildLog
) -> PackageSource:
    """Build sources against the versions of the lock, except those that a build refuses."""
    constraints = constraints_of(request.lock.text)
    while True:
        try:
            return install(constraints)
        except ToolFailedError as error:
            fewer = constraints.without_refused(error.messages) if constraints.sources else None
            if fewer is None:
                raise
            refused = [pin for pin in constraints.pins if pin not in fewer.pins]
            log.write(
                f"a build requires another version than {', '.join(refused)}: that version is used"
            )
            constraints = fewer


def private_file(path: Path, lines: list[str]) -> Path:
    """Write a file that only its owner can read: addresses in it may hold passwords."""
    with files.open_private(path, "wb") as file:
        file.write(("\n".join(lines) + "\n").encode())
    return path
