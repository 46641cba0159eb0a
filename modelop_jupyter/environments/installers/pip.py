"""pip, for machines where uv cannot run: the same locks, checked by the same hashes.

The pip of virtualenv's own wheels is executed by the target's interpreter, so neither the
notebook's environment nor the model's needs one.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Interpreter, PackageSource
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.create import load_virtualenv
from modelop_jupyter.environments.installers import legacy_pip
from modelop_jupyter.environments.installers.base import (
    InstallRequest,
    InvalidMetadataError,
    ToolFailedError,
    install_with_constraints,
    private_file,
    tool_error,
    write_requirements,
)
from modelop_jupyter.environments.installers.build_constraints import BuildConstraints
from modelop_jupyter.environments.interpreters import own_interpreter
from modelop_jupyter.environments.lock.pylock import Pin, pins_of
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.environments.lock.wheels import LockedWheel
from modelop_jupyter.environments.subprocesses import CannotStartError, run, tool_environment
from modelop_jupyter.environments.temporary_folders import temporary_folder
from modelop_jupyter.masking import without_credentials


class Pip:
    """Resolves with ``pip install --dry-run --report``, installs with ``--require-hashes``.

    ``tools`` is the folder where pips are unpacked.
    """

    name = "pip"
    reads_old_metadata = False
    resolves_as_of = False

    def __init__(self, tools: Path) -> None:
        self._tools = tools

    def resolve(
        self, request: ResolveRequest, folder: Path, context: BuildContext
    ) -> Mapping[str, Any]:
        if request.is_hypothetical:
            raise CannotStartError(None, "pip resolves only for a Python of this machine")
        requirements, constraints = write_requirements(request, folder)
        interpreter = request.interpreter
        pip = self._command(interpreter, Path(interpreter.executable), context)
        arguments = ["-r", str(requirements)]
        for path in constraints:
            arguments += ["-c", str(path)]
        env = {
            **tool_environment(context.environ),
            **request.variables,
            **request.indexes.pip_variables(),
        }
        try:
            if can_report(interpreter):
                command = [*pip, "install", *arguments]
                packages = _reported(command, folder, env=env, context=context)
            else:
                command = [*pip, "download", *legacy_pip.ISOLATED, *arguments]
                packages = legacy_pip.lock_by_download(command, folder, env=env, log=context.log)
        except InvalidMetadataError as error:
            messages = _with_requirements(error.messages, request)
            raise InvalidMetadataError(messages, error.metadata) from None
        except ToolFailedError as error:
            raise ToolFailedError(_with_requirements(error.messages, request)) from None
        return {"lock-version": "1.0", "created-by": "pip", "packages": packages}

    def install(
        self, request: InstallRequest, folder: Path, context: BuildContext
    ) -> PackageSource:
        source = install_with_constraints(
            request, partial(self._install, request, folder, context), context.log
        )
        scripts = request.python.parent
        _rename_in_scripts(scripts, scripts.parent, request.final)
        return source

    def download(
        self,
        wheels: Sequence[LockedWheel],
        request: InstallRequest,
        folder: Path,
        context: BuildContext,
    ) -> None:
        """Put wheels of a lock into a folder, each verified by its hash."""
        lines = [
            f"{wheel.package} @ {_with_credentials(wheel.url, request)} --hash={wheel.digest}"
            for wheel in wheels
        ]
        interpreter = request.lock.interpreter
        command = [*self._command(interpreter, request.python, context), "download", "--no-deps"]
        command += ["--require-hashes", "--dest", str(folder)]
        with temporary_folder() as temporary:
            command += ["-r", str(private_file(temporary / "wheels.txt", lines))]
            env = {**tool_environment(context.environ), **request.source.indexes.pip_variables()}
            # Limits of versions have no hashes, and the versions are decided.
            env.pop("PIP_CONSTRAINT", None)
            result = run(command, env=env, log=context.log, cwd=temporary, merged=True)
        if result.code:
            raise tool_error(result.messages)

    def _install(
        self,
        request: InstallRequest,
        folder: Path,
        context: BuildContext,
        constraints: BuildConstraints,
    ) -> PackageSource:
        def lines(pins: list[Pin]) -> list[str]:
            return [_line(pin, request, folder) for pin in pins]

        pins = list(pins_of(request.lock.text))
        env: dict[str, str] = {}
        if constraints.sources:
            limits = str(private_file(folder / "build-constraints.txt", constraints.lines()))
            # Before it had an option for it, pip handed its own constraints on to builds.
            if self._legacy(request.lock.interpreter):
                env["PIP_CONSTRAINT"] = " ".join((*request.source.indexes.constraints, limits))
            else:
                env["PIP_BUILD_CONSTRAINT"] = limits
        # A quiet pip does not print the output of builds. Its cache may hold a wheel that was built
        # against other versions.
        building = ["--verbose", "--no-cache-dir"]
        hashed = ["--require-hashes"]
        wheels = [pin for pin in pins if not pin.vcs and not pin.is_source]
        sources = [pin for pin in pins if not pin.vcs and pin.is_source]
        # A repository's commit is its hash; pip refuses it beside --require-hashes.
        repositories = [pin for pin in pins if pin.vcs]
        for name, group, options in (
            ("wheels", wheels, hashed),
            ("sources", sources, [*building, *hashed]),
            ("repositories", repositories, building),
        ):
            if group:
                file = private_file(folder / f"{name}.txt", lines(group))
                self._run([*options, "-r", str(file)], request, folder, context, env=env)
        return PackageSource.INDEX

    def _run(
        self,
        arguments: list[str],
        request: InstallRequest,
        folder: Path,
        context: BuildContext,
        *,
        env: Mapping[str, str],
    ) -> None:
        interpreter = request.lock.interpreter
        command = [*self._command(interpreter, request.python, context), "install", "--no-deps"]
        command += [] if can_report(interpreter) else legacy_pip.ISOLATED
        command += ["--no-compile", "--no-warn-script-location"]
        result = run(
            [*command, *arguments],
            env={
                **tool_environment(context.environ),
                **request.source.indexes.pip_variables(),
                **env,
            },
            log=context.log,
            cwd=folder,
            merged=True,
        )
        if result.code:
            raise tool_error(result.messages)

    def _legacy(self, interpreter: Interpreter) -> legacy_pip.LegacyPip | None:
        """Return the release that an interpreter needs, None where today's runs on it."""
        return legacy_pip.LEGACY_PIPS.get(interpreter.minor)

    def _command(self, interpreter: Interpreter, python: Path, context: BuildContext) -> list[str]:
        """Return the command that runs pip with a python that has none installed."""
        legacy = self._legacy(interpreter)
        if legacy is not None:
            own = own_interpreter()
            current = self._current(own, Path(own.executable))
            folder = legacy_pip.fetch(legacy, current, self._tools, context)
            return [str(python), "-I", str(folder / "pip")]
        return self._current(interpreter, python)

    def _current(self, interpreter: Interpreter, python: Path) -> list[str]:
        load_virtualenv()
        from virtualenv.seed.wheels.embed import get_embed_wheel

        wheel = get_embed_wheel("pip", interpreter.minor)
        if wheel is not None:
            return [str(python), "-I", str(self._unpacked(Path(wheel.path)) / "pip")]
        if importlib.util.find_spec("pip"):
            return [sys.executable, "-I", "-m", "pip", "--python", str(python)]
        raise CannotStartError(None, f"no pip for Python {interpreter.minor}")

    def _unpacked(self, wheel: Path) -> Path:
        """Return a folder with pip: from a zip file it would be compiled on every call."""
        folder = self._tools / wheel.stem
        if not folder.is_dir():
            self._tools.mkdir(parents=True, exist_ok=True)
            try:
                with files.new_folder(folder) as new, zipfile.ZipFile(wheel) as archive:
                    archive.extractall(new)
            except OSError:
                # Another process may have been first, and unpacked the same.
                if not folder.is_dir():
                    raise
        return folder


class OldPip(Pip):
    """The last pip that accepts metadata which is not valid, for any Python it runs on."""

    name = f"pip {legacy_pip.READS_OLD_METADATA.version}"
    reads_old_metadata = True

    def _legacy(self, interpreter: Interpreter) -> legacy_pip.LegacyPip | None:
        own = legacy_pip.LEGACY_PIPS.get(interpreter.minor)
        return own if own and own.reads_old_metadata else legacy_pip.READS_OLD_METADATA


def can_report(interpreter: Interpreter) -> bool:
    """Say whether the pip of an interpreter can report what it would install (pip 22.2)."""
    legacy = legacy_pip.LEGACY_PIPS.get(interpreter.minor)
    return legacy is None or legacy.can_report


def _reported(
    command: list[str], folder: Path, *, env: Mapping[str, str], context: BuildContext
) -> list[dict[str, Any]]:
    """Resolve without installing, and return the packages as PEP 751 has them."""
    report = folder / "report.json"
    result = run(
        [*command, "--dry-run", "--ignore-installed", "--report", str(report)],
        env=env,
        log=context.log,
        cwd=folder,
        merged=True,
    )
    if result.code:
        raise tool_error(result.messages)
    return [_package(item) for item in json.loads(report.read_text("utf-8"))["install"]]


def _with_requirements(messages: str, request: ResolveRequest) -> str:
    """Replace the line numbers of our temporary file by the requirements that stand there."""
    lines = request.requirements.lines

    def requirement(match: re.Match[str]) -> str:
        number = int(match[1])
        return lines[number - 1].text if number <= len(lines) else match[0]

    return re.sub(r"-r \S+requirements\.txt \(line (\d+)\)", requirement, messages)


def _package(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of pip's report as an entry of a lock (PEP 751)."""
    info, metadata = item["download_info"], item["metadata"]
    package = {"name": normalise(metadata["name"]), "version": metadata["version"]}
    url = info["url"]
    if "vcs_info" in info:
        vcs = info["vcs_info"]
        entry = {"type": vcs["vcs"], "url": url, "commit-id": vcs["commit_id"]}
        if "requested_revision" in vcs:
            entry["requested-revision"] = vcs["requested_revision"]
        return {**package, "vcs": entry}
    file = {"url": url, "hashes": info["archive_info"].get("hashes", {})}
    if item.get("is_direct"):
        return {**package, "archive": file}
    is_wheel = urlsplit(url).path.endswith(".whl")
    return {**package, "wheels": [file]} if is_wheel else {**package, "sdist": file}


def _line(pin: Pin, request: InstallRequest, folder: Path) -> str:
    """Return the requirement that installs exactly this package."""
    if pin.vcs:
        url = _with_credentials(pin.vcs.url, request)
        return f"{pin.name} @ {pin.vcs.type}+{url}@{pin.vcs.commit_id}"
    source = f"=={pin.version}"
    if pin.archive and pin.archive.path:
        source = f" @ {(folder / pin.archive.path).as_uri()}"
    elif pin.archive:
        source = f" @ {_with_credentials(pin.archive.url, request)}"
    return " ".join([f"{pin.name}{source}", *(f"--hash={value}" for value in pin.hashes)])


def _with_credentials(url: str | None, request: InstallRequest) -> str | None:
    """Return an address with the credentials that the model's requirements have for it."""
    urls = request.source.credentials
    return next((known for known in urls if without_credentials(known) == url), url)


def _rename_in_scripts(folder: Path, old: Path, new: Path) -> None:
    """Let scripts name the interpreter by its final path; uv's find it beside themselves."""
    for path in _scripts(folder):
        # Not only in the first line: a long path is called through sh in the second.
        data = path.read_bytes().replace(str(old).encode(), str(new).encode())
        files.write_bytes(path, data, mode=None, durable=False)


def _scripts(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(2) == b"#!":
                    yield path
