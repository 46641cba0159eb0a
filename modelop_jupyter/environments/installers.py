"""Those who resolve and install: uv, and pip where uv cannot run. Same questions, same answers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from modelop_jupyter.domain.environments import Archive, Interpreter
from modelop_jupyter.domain.requirements import RequirementLine, Requirements
from modelop_jupyter.environments.archives import lay_out
from modelop_jupyter.environments.build_constraints import BuildConstraints, constraints_of
from modelop_jupyter.environments.indexes import Indexes
from modelop_jupyter.environments.metadata import Unreadable, find_unreadable
from modelop_jupyter.environments.process import (
    BuildLog,
    CannotStartError,
    Finished,
    base_environment,
    run,
)
from modelop_jupyter.environments.pylock import load, pins_of
from modelop_jupyter.errors import EnvironmentBuildError

# What a source's own build prints belongs into the log, also of one that goes well. uv then draws no
# bars, so it is asked for only where something may be built.
_TELLING_BUILDS = {"RUST_LOG": "uv_build_frontend=debug"}

Result = TypeVar("Result")
_CACHE_MISS = re.compile(
    r"[Nn]etwork (?:connectivity )?(?:is|was) disabled|in the (?:local )?cache"
)
_NO_PYTHON = re.compile(
    r"Failed to (?:inspect|query) Python interpreter[^\n]*|Can't use Python at[^\n]*"
)


class ToolFailedError(Exception):
    """A tool ended with an error; ``said`` is what it told, for failures.py to translate."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class UnreadableMetadataError(ToolFailedError):
    """A resolver stumbled over a package's own metadata, which an older pip can read."""

    def __init__(self, said: str, unreadable: Unreadable) -> None:
        super().__init__(said)
        self.unreadable = unreadable


def failed(said: str) -> ToolFailedError:
    """Return the error for what a tool said when it failed."""
    unreadable = find_unreadable(said)
    return UnreadableMetadataError(said, unreadable) if unreadable else ToolFailedError(said)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be resolved, for which Python, from where; ``folder`` is free to be used.

    ``is_imagined`` is for a version that is not on this machine: the interpreter has only its number.
    """

    requirements: Requirements
    additions: tuple[str, ...]
    interpreter: Interpreter
    indexes: Indexes
    environ: Mapping[str, str]
    folder: Path
    archives: Mapping[str, Archive] = field(default_factory=dict)
    is_imagined: bool = False

    def write(self) -> tuple[Path, list[Path]]:
        """Write requirements and, if any, constraints, readable by their owner alone."""
        lay_out(self.archives, self.archives, self.folder)
        lines = [self._text(line) for line in self.requirements.lines]
        limits = [line.text for line in self.requirements.constraints]
        requirements = private_file(self.folder / "requirements.txt", [*lines, *self.additions])
        if not limits:
            return requirements, []
        return requirements, [private_file(self.folder / "constraints.txt", limits)]

    def _text(self, line: RequirementLine) -> str:
        """Return a requirement as the tools are told it: the file of an asset by its place here."""
        if not line.path:
            return line.text
        extras = f"[{','.join(line.extras)}]" if line.extras else ""
        marker = f" ; {line.marker}" if line.marker else ""
        return f"{line.name}{extras} @ {(self.folder / line.path).as_uri()}{marker}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that the requirements refer to."""
        names = self.requirements.variables
        return {name: self.environ[name] for name in names if name in self.environ}


@dataclass(frozen=True, slots=True)
class Target:
    """The bare environment a lock is installed into, and where from.

    ``final`` is the folder that it will be renamed to; ``fresh`` are packages that must not be
    taken from the package cache.
    """

    python: Path
    final: Path
    interpreter: Interpreter
    lock_text: str
    indexes: Indexes
    credentials: tuple[str, ...]
    environ: Mapping[str, str]
    folder: Path
    fresh: tuple[str, ...] = ()
    archives: Mapping[str, Archive] = field(default_factory=dict)

    def lay_out(self) -> None:
        """Put the assets that the lock names below the folder."""
        pins = list(pins_of(self.lock_text))
        files = [
            file for pin in pins for file in (*pin.files, *([pin.archive] if pin.archive else []))
        ]
        lay_out(self.archives, [file["path"] for file in files if "path" in file], self.folder)


class Installer(Protocol):
    """Resolves requirements to a PEP 751 text and fills an environment from one.

    Both raise :class:`ToolFailedError`, and :class:`CannotStartError`. ``reads_old_metadata`` says
    that it takes packages whose metadata today's tools refuse.
    """

    name: str
    reads_old_metadata: bool

    def resolve(self, wanted: Wanted, log: BuildLog) -> Mapping[str, Any]: ...

    def install(self, target: Target, log: BuildLog) -> None: ...


class Uv:
    """uv, from the wheel that this package depends on."""

    name = "uv"
    reads_old_metadata = False

    def __init__(self, executable: str) -> None:
        self._executable = executable

    def resolve(self, wanted: Wanted, log: BuildLog) -> Mapping[str, Any]:
        requirements, constraints = wanted.write()
        command = [self._executable, "pip", "compile", "--format", "pylock.toml", "--no-header"]
        command += ["--python", wanted.interpreter.executable, *wanted.indexes.uv_arguments()]
        if wanted.is_imagined:
            command += ["--python-version", wanted.interpreter.minor]
        command.append(str(requirements))
        env = {**self._env(wanted.environ), **wanted.variables, **wanted.indexes.for_uv()}
        env |= _TELLING_BUILDS
        if limits := (*(path.name for path in constraints), *wanted.indexes.constraints):
            # An address with a password would show among the arguments.
            env["UV_CONSTRAINT"] = " ".join(limits)
        finished = run(command, env=env, log=log, cwd=wanted.folder)
        _refuse_python(finished)
        if finished.code and "was not found in the package registry" in finished.said:
            # Asking all indexes, uv passes over one that refuses access without a word. Asking
            # one by one it tells.
            env["UV_INDEX_STRATEGY"] = "first-index"
            told = run(command, env=env, log=log, cwd=wanted.folder).said
            raise failed(finished.said + told[max(told.find("hint:"), 0) :])
        if finished.code:
            raise failed(finished.said)
        return load(finished.output)

    def install(self, target: Target, log: BuildLog) -> None:
        against_the_lock(target, partial(self._sync, target, log), log)

    def _sync(self, target: Target, log: BuildLog, constraints: BuildConstraints) -> None:
        lock = private_file(target.folder / "pylock.toml", [target.lock_text])
        command = [self._executable, "pip", "sync", str(lock), "--python", str(target.python)]
        command += ["--preview-features", "pylock", "--link-mode", "hardlink"]
        if target.indexes.no_index:
            # What a source needs to be built comes from where the packages come from.
            command.append("--no-index")
        env = {**self._env(target.environ), **target.indexes.for_uv(target.credentials)}
        if constraints.sources:
            env |= _TELLING_BUILDS
            against = private_file(target.folder / "build-constraints.txt", constraints.lines())
            env["UV_BUILD_CONSTRAINT"] = against.name
            settings = private_file(target.folder / "uv.toml", [constraints.uv_configuration()])
            env["UV_CONFIG_FILE"] = str(settings)
        # A lock names its files and hashes: when all are cached no index need be asked (50 ms
        # against 1 s). A miss costs 17 ms and installs nothing, as uv fetches before it installs.
        offline = [*command, "--offline"]
        is_first = not target.fresh and not target.indexes.is_offline
        if is_first:
            finished = run(offline, env=env, log=log, cwd=target.folder)
            if not finished.code:
                return
            if "Failed to build" in finished.said and not _CACHE_MISS.search(finished.said):
                # Nothing was missing: a build that failed would only fail again, minutes later.
                raise failed(finished.said)
        if target.fresh:
            # To refresh the cache would not help: uv fetches a local wheel anew only if it changed.
            command.append("--no-cache")
        for name in target.fresh:
            command += ["--reinstall-package", name]
        # Its bars are what tells how many bytes there are already.
        del env["UV_NO_PROGRESS"]
        finished = run(command, env=env, log=log, cwd=target.folder, drawn=True)
        _refuse_python(finished)
        if finished.code:
            raise failed(finished.said)

    def _env(self, environ: Mapping[str, str]) -> dict[str, str]:
        env = base_environment(environ)
        # Where the user's cache is decides whether files can be linked instead of copied.
        if environ.get("UV_CACHE_DIR"):
            env["UV_CACHE_DIR"] = environ["UV_CACHE_DIR"]
        return env


def against_the_lock(
    target: Target, install: Callable[[BuildConstraints], None], log: BuildLog
) -> None:
    """Build against the versions of the lock, save those that a build refuses."""
    constraints = constraints_of(target.lock_text)
    while True:
        try:
            return install(constraints)
        except ToolFailedError as error:
            fewer = constraints.without(error.said) if constraints.sources else None
            if fewer is None:
                raise
            refused = [pin for pin in constraints.pins if pin not in fewer.pins]
            log.write(
                f"a build asks for another version than {', '.join(refused)}: it gets that one"
            )
            constraints = fewer


def _refuse_python(finished: Finished) -> None:
    """Leave a Python that uv serves no more to pip."""
    found = _NO_PYTHON.search(finished.said) if finished.code else None
    if found:
        raise CannotStartError(None, f"for this Python ({' '.join(found[0].split())})")


def attempt(
    installers: Sequence[Installer],
    action: Callable[[Installer], Result],
    log: BuildLog,
    *,
    tell: Callable[[str], None] | None = None,
) -> Result:
    """Let the first installer act that can be started.

    Where one stumbles over a package's metadata, the next that reads such takes over, and ``tell``
    is told.
    """
    stumbled: UnreadableMetadataError | None = None
    for installer in installers:
        if stumbled:
            if not installer.reads_old_metadata:
                continue
            sentence = f"{stumbled.unreadable}: {installer.name} takes it"
            log.write(sentence)
            if tell:
                tell(sentence)
        try:
            return action(installer)
        except UnreadableMetadataError as error:
            stumbled = stumbled or error
        except CannotStartError as error:
            log.write(f"{installer.name} cannot be started: {error}")
    if stumbled:
        raise stumbled
    raise EnvironmentBuildError(
        "neither uv nor pip can be started on this machine",
        remedy="Install uv (pip install uv) or pip in the notebook's environment",
    )


def available(
    choice: Literal["uv", "pip"] | None, environ: Mapping[str, str], tools: Path
) -> tuple[Installer, ...]:
    """Return the installers to try, in order; ``tools`` is where pip may be unpacked."""
    from modelop_jupyter.environments.pip import OldPip, Pip

    found = find_uv(environ) if choice != "pip" else None
    uv: tuple[Installer, ...] = (found,) if found else ()
    return uv if choice == "uv" else (*uv, Pip(tools), OldPip(tools))


def find_uv(environ: Mapping[str, str]) -> Uv | None:
    """Return uv if it is installed: our dependency's first, then one on PATH."""
    import shutil

    try:
        import uv

        return Uv(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv", path=environ.get("PATH"))
        return Uv(found) if found else None


def private_file(path: Path, lines: list[str]) -> Path:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path
