"""pip, for machines where uv cannot run: the same locks, checked by the same hashes.

The pip of virtualenv's own wheels is executed by the target's interpreter, so neither the
notebook's environment nor the model's needs one.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.build_constraints import BuildConstraints
from modelop_jupyter.environments.creator import load_virtualenv
from modelop_jupyter.environments.installers import (
    Target,
    ToolFailedError,
    UnreadableMetadataError,
    Wanted,
    against_the_lock,
    failed,
    private_file,
)
from modelop_jupyter.environments.interpreters import own_interpreter
from modelop_jupyter.environments.older_pips import (
    ISOLATED,
    OLDER_PIPS,
    READS_OLD_METADATA,
    OlderPip,
    fetch,
    lock_by_download,
)
from modelop_jupyter.environments.process import BuildLog, CannotStartError, base_environment, run
from modelop_jupyter.environments.pylock import Pin, pins_of
from modelop_jupyter.masking import without_credentials


class Pip:
    """Resolves with ``--dry-run --report``, installs with ``--require-hashes``."""

    name = "pip"
    reads_old_metadata = False

    def __init__(self, tools: Path) -> None:
        self._tools = tools

    def resolve(self, wanted: Wanted, log: BuildLog) -> Mapping[str, Any]:
        if wanted.is_imagined:
            raise CannotStartError(None, "pip resolves for a Python that is there")
        requirements, constraints = wanted.write()
        pip = self._call(
            wanted.interpreter,
            Path(wanted.interpreter.executable),
            environ=wanted.environ,
            log=log,
        )
        asked = ["-r", str(requirements)]
        for path in constraints:
            asked += ["-c", str(path)]
        env = {
            **base_environment(wanted.environ),
            **wanted.variables,
            **wanted.indexes.for_pip(),
        }
        try:
            if can_report(wanted.interpreter):
                packages = _reported([*pip, "install", *asked], wanted, env=env, log=log)
            else:
                download = [*pip, "download", *ISOLATED, *asked]
                packages = lock_by_download(download, wanted.folder, env=env, log=log)
        except ToolFailedError as error:
            said = _with_lines(error.said, wanted)
            if isinstance(error, UnreadableMetadataError):
                raise UnreadableMetadataError(said, error.unreadable) from None
            raise ToolFailedError(said) from None
        return {"lock-version": "1.0", "created-by": "pip", "packages": packages}

    def install(self, target: Target, log: BuildLog) -> None:
        against_the_lock(target, partial(self._fill, target, log), log)
        _move_scripts(target.python.parent, target.python.parent.parent, target.final)

    def _fill(self, target: Target, log: BuildLog, constraints: BuildConstraints) -> None:
        pins = list(pins_of(target.lock_text))
        wheels = [_line(pin, target) for pin in pins if not pin.vcs and not pin.is_source]
        sources = [_line(pin, target) for pin in pins if not pin.vcs and pin.is_source]
        # A repository's commit is its hash; pip refuses it beside --require-hashes.
        fetched = [_line(pin, target) for pin in pins if pin.vcs]
        env: dict[str, str] = {}
        if constraints.sources:
            against = private_file(target.folder / "build-constraints.txt", constraints.lines())
            # Before it had an option for it, pip handed its own constraints on to builds.
            variable = "CONSTRAINT" if self._older(target.interpreter) else "BUILD_CONSTRAINT"
            given = (*target.indexes.constraints, str(against))
            env[f"PIP_{variable}"] = " ".join(given) if variable == "CONSTRAINT" else str(against)
        # Told to be quiet, pip keeps what a build prints to itself. It would take a wheel that was
        # built against other versions out of its cache.
        building = ["--verbose", "--no-cache-dir"]
        for name, lines, option in (
            ("wheels", wheels, ["--require-hashes"]),
            ("sources", sources, [*building, "--require-hashes"]),
            ("fetched", fetched, building),
        ):
            if lines:
                file = private_file(target.folder / f"{name}.txt", lines)
                self._install(target, log, [*option, "-r", str(file)], env=env)

    def _install(
        self, target: Target, log: BuildLog, arguments: list[str], *, env: Mapping[str, str]
    ) -> None:
        pip = self._call(target.interpreter, target.python, environ=target.environ, log=log)
        command = [*pip, "install", "--no-deps"]
        command += [] if can_report(target.interpreter) else ISOLATED
        command += ["--no-compile", "--no-warn-script-location"]
        finished = run(
            [*command, *arguments],
            env={**base_environment(target.environ), **target.indexes.for_pip(), **env},
            log=log,
            cwd=target.folder,
            merged=True,
        )
        if finished.code:
            raise failed(finished.said)

    def _older(self, interpreter: Interpreter) -> OlderPip | None:
        """Return the release that must be fetched for an interpreter, None where today's will do."""
        return OLDER_PIPS.get(interpreter.minor)

    def _call(
        self, interpreter: Interpreter, python: Path, *, environ: Mapping[str, str], log: BuildLog
    ) -> list[str]:
        """Return how pip is called for a python that has none."""
        older = self._older(interpreter)
        if older is not None:
            own = own_interpreter()
            newer = self._todays(own, Path(own.executable))
            folder = fetch(older, newer, self._tools, environ=environ, log=log)
            return [str(python), "-I", str(folder / "pip")]
        return self._todays(interpreter, python)

    def _todays(self, interpreter: Interpreter, python: Path) -> list[str]:
        load_virtualenv()
        from virtualenv.seed.wheels.embed import get_embed_wheel

        wheel = get_embed_wheel("pip", interpreter.minor)
        if wheel is not None:
            return [str(python), "-I", str(self._unpacked(Path(wheel.path)) / "pip")]
        if importlib.util.find_spec("pip"):
            return [sys.executable, "-I", "-m", "pip", "--python", str(python)]
        raise CannotStartError(None, f"no pip for Python {interpreter.minor}")

    def _unpacked(self, wheel: Path) -> Path:
        """Return a folder with pip: out of a zip file it would be compiled on every call."""
        folder = self._tools / wheel.stem
        if not folder.is_dir():
            self._tools.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".pip-", dir=self._tools))
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(temporary)
            try:
                files.rename(temporary, folder)
            except OSError:
                # Another process was first; what it unpacked is the same.
                shutil.rmtree(temporary, ignore_errors=True)
        return folder


class OldPip(Pip):
    """The last pip that takes metadata which is not valid, for any Python it runs on."""

    name = f"pip {READS_OLD_METADATA.version}"
    reads_old_metadata = True

    def _older(self, interpreter: Interpreter) -> OlderPip | None:
        own = OLDER_PIPS.get(interpreter.minor)
        return own if own and own.reads_old_metadata else READS_OLD_METADATA


def can_report(interpreter: Interpreter) -> bool:
    """Say whether the pip of an interpreter can tell what it would install."""
    older = OLDER_PIPS.get(interpreter.minor)
    return older is None or older.can_report


def _reported(
    command: list[str], wanted: Wanted, *, env: Mapping[str, str], log: BuildLog
) -> list[dict[str, Any]]:
    """Resolve without installing, and return the packages in the form of PEP 751."""
    report = wanted.folder / "report.json"
    finished = run(
        [*command, "--dry-run", "--ignore-installed", "--report", str(report)],
        env=env,
        log=log,
        cwd=wanted.folder,
        merged=True,
    )
    if finished.code:
        raise failed(finished.said)
    return [_package(item) for item in json.loads(report.read_text("utf-8"))["install"]]


def _with_lines(said: str, wanted: Wanted) -> str:
    """Put the requirements themselves where pip names lines of our temporary file."""
    lines = wanted.requirements.lines

    def text_of(found: re.Match[str]) -> str:
        number = int(found[1])
        return lines[number - 1].text if number <= len(lines) else found[0]

    return re.sub(r"-r \S+requirements\.txt \(line (\d+)\)", text_of, said)


def _package(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of pip's report as one of PEP 751."""
    info, metadata = item["download_info"], item["metadata"]
    package = {"name": normalise(metadata["name"]), "version": metadata["version"]}
    url = info["url"]
    if "vcs_info" in info:
        vcs = info["vcs_info"]
        entry = {"type": vcs["vcs"], "url": url, "commit-id": vcs["commit_id"]}
        if "requested_revision" in vcs:
            entry["requested-revision"] = vcs["requested_revision"]
        return {**package, "vcs": entry}
    hashes = info["archive_info"].get("hashes", {})
    if item.get("is_direct"):
        return {**package, "archive": {"url": url, "hashes": hashes}}
    file = {"url": url, "hashes": hashes}
    is_wheel = urlsplit(url).path.endswith(".whl")
    return {**package, "wheels": [file]} if is_wheel else {**package, "sdist": file}


def _line(pin: Pin, target: Target) -> str:
    """Return the requirement that installs exactly this package."""
    if pin.vcs:
        vcs = pin.vcs
        return f"{pin.name} @ {vcs['type']}+{_known(vcs['url'], target)}@{vcs['commit-id']}"
    where = f"=={pin.version}"
    if pin.archive and "path" in pin.archive:
        where = f" @ {(target.folder / pin.archive['path']).as_uri()}"
    elif pin.archive:
        where = f" @ {_known(pin.archive['url'], target)}"
    return " ".join([f"{pin.name}{where}", *(f"--hash={item}" for item in pin.hashes)])


def _known(url: str, target: Target) -> str:
    """Return an address of the lock with the credentials it was asked with."""
    return next((item for item in target.credentials if without_credentials(item) == url), url)


def _move_scripts(folder: Path, old: Path, new: Path) -> None:
    """Make scripts name the interpreter under its final path; uv's need no such thing."""
    for path in _scripts(folder):
        # Not the first line alone: long paths are called through sh on the second.
        changed = path.read_bytes().replace(str(old).encode(), str(new).encode())
        files.write_bytes(path, changed, mode=None, durable=False)


def _scripts(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(2) == b"#!":
                    yield path
