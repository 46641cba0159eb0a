"""uv, from the wheel that this package depends on, or from PATH."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.as_of import cutoff
from modelop_jupyter.domain.environments import PackageSource
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.installers.base import (
    InstallRequest,
    install_with_constraints,
    private_file,
    tool_error,
    write_requirements,
)
from modelop_jupyter.environments.installers.build_constraints import BuildConstraints
from modelop_jupyter.environments.lock.pylock import load
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.environments.subprocesses import (
    CannotStartError,
    ToolResult,
    run,
    tool_environment,
)

# Prints the output of source builds, also of those that succeed, for the log. uv then draws no
# bars, so it is set only where something may be built.
_PRINT_BUILDS = {"RUST_LOG": "uv_build_frontend=debug"}
_CACHE_MISS = re.compile(
    r"[Nn]etwork (?:connectivity )?(?:is|was) disabled|in the (?:local )?cache"
)
_UNSUPPORTED_PYTHON = re.compile(
    r"Failed to (?:inspect|query) Python interpreter[^\n]*|Can't use Python at[^\n]*"
)


class Uv:
    """Resolves with ``uv pip compile``, installs with ``uv pip sync``."""

    name = "uv"
    reads_old_metadata = False
    resolves_as_of = True

    def __init__(self, executable: str) -> None:
        self._executable = executable

    def resolve(
        self, request: ResolveRequest, folder: Path, context: BuildContext
    ) -> Mapping[str, Any]:
        requirements, constraints = write_requirements(request, folder)
        indexes, python = request.indexes, request.interpreter
        command = [self._executable, "pip", "compile", "--format", "pylock.toml", "--no-header"]
        command += ["--python", python.executable, *indexes.uv_arguments()]
        if request.is_hypothetical:
            command += ["--python-version", python.minor]
        command.append(str(requirements))
        env = {**_environment(context.environ), **request.variables, **indexes.uv_variables()}
        env |= _PRINT_BUILDS | _as_of(request)
        if limits := (*(path.name for path in constraints), *indexes.constraints):
            # An address with a password would show among the arguments.
            env["UV_CONSTRAINT"] = " ".join(limits)
        result = run(command, env=env, log=context.log, cwd=folder)
        _refuse_python(result)
        if result.code and "was not found in the package registry" in result.messages:
            # Searching all indexes, uv skips one that refuses access, without a message. Searching
            # the first only, it says so.
            env["UV_INDEX_STRATEGY"] = "first-index"
            again = run(command, env=env, log=context.log, cwd=folder).messages
            raise tool_error(result.messages + again[max(again.find("hint:"), 0) :])
        if result.code:
            raise tool_error(result.messages)
        return load(result.stdout)

    def install(
        self, request: InstallRequest, folder: Path, context: BuildContext
    ) -> PackageSource:
        return install_with_constraints(
            request, partial(self._sync, request, folder, context), context.log
        )

    def _sync(
        self,
        request: InstallRequest,
        folder: Path,
        context: BuildContext,
        constraints: BuildConstraints,
    ) -> PackageSource:
        indexes = request.source.indexes
        lock = private_file(folder / "pylock.toml", [request.lock.text])
        command = [self._executable, "pip", "sync", str(lock), "--python", str(request.python)]
        command += ["--preview-features", "pylock", "--link-mode", "hardlink"]
        if indexes.no_index:
            # What a source needs to be built comes from where the packages come from.
            command.append("--no-index")
        env = {
            **_environment(context.environ),
            **indexes.uv_variables(request.source.credentials),
            # What a source of that time needs to be built is of that time, too.
            **_as_of(request.source),
        }
        if constraints.sources:
            env |= _PRINT_BUILDS
            limits = private_file(folder / "build-constraints.txt", constraints.lines())
            env["UV_BUILD_CONSTRAINT"] = limits.name
            settings = private_file(folder / "uv.toml", [constraints.uv_configuration()])
            env["UV_CONFIG_FILE"] = str(settings)
        if not request.uncached and not indexes.is_offline:
            # A lock names its files and hashes: when all are cached no index need be asked (50 ms
            # against 1 s). A miss costs 17 ms and installs nothing, as uv fetches first.
            result = run([*command, "--offline"], env=env, log=context.log, cwd=folder)
            if not result.code:
                return PackageSource.CACHE
            _refuse_failed_build(result)
        if request.uncached:
            # Refreshing the cache would not do: uv fetches a local wheel anew only if it changed.
            command.append("--no-cache")
        for name in request.uncached:
            command += ["--reinstall-package", name]
        # The bars show how many bytes are downloaded.
        del env["UV_NO_PROGRESS"]
        result = run(command, env=env, log=context.log, cwd=folder, with_terminal=True)
        _refuse_python(result)
        if result.code:
            raise tool_error(result.messages)
        return PackageSource.CACHE if indexes.is_offline else PackageSource.INDEX


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    env = tool_environment(environ)
    # The place of the user's cache decides whether files can be linked instead of copied.
    if environ.get("UV_CACHE_DIR"):
        env["UV_CACHE_DIR"] = environ["UV_CACHE_DIR"]
    return env


def _as_of(request: ResolveRequest) -> dict[str, str]:
    """Return the variable that has uv take no file that was uploaded later."""
    return {"UV_EXCLUDE_NEWER": cutoff(request.as_of)} if request.as_of else {}


def _refuse_failed_build(result: ToolResult) -> None:
    """Raise where an offline run missed nothing: its build would only fail again, minutes later."""
    if "Failed to build" in result.messages and not _CACHE_MISS.search(result.messages):
        raise tool_error(result.messages)


def _refuse_python(result: ToolResult) -> None:
    """Raise :class:`CannotStartError` for a Python that uv no longer supports: pip takes over."""
    match = _UNSUPPORTED_PYTHON.search(result.messages) if result.code else None
    if match:
        raise CannotStartError(None, f"for this Python ({' '.join(match[0].split())})")
