"""The last pip that runs on each Python which today's pip and virtualenv no longer support.

It is fetched from the user's own index, checked against a hash, and kept in the folder of tools.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from modelop_jupyter import files
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.installers.base import ToolFailedError, private_file
from modelop_jupyter.environments.installers.indexes import read_indexes
from modelop_jupyter.environments.subprocesses import (
    BuildLog,
    CannotStartError,
    run,
    tool_environment,
)
from modelop_jupyter.environments.temporary_folders import temporary_folder
from modelop_jupyter.masking import without_credentials


@dataclass(frozen=True, slots=True)
class LegacyPip:
    """One release of pip; ``can_report``: it has ``install --report`` (pip 22.2).

    ``reads_old_metadata``: it accepts metadata that is not valid by PEP 440 (before 24.1).
    """

    version: str
    sha256: str
    can_report: bool = True
    reads_old_metadata: bool = True


LEGACY_PIPS = {
    "3.6": LegacyPip(
        "21.3.1",
        "deaf32dcd9ab821e359cd8330786bcd077604b5c5730c0b096eda46f95c24a2d",
        can_report=False,
    ),
    "3.7": LegacyPip("24.0", "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc"),
    "3.8": LegacyPip(
        "25.0.1",
        "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f",
        reads_old_metadata=False,
    ),
}
READS_OLD_METADATA = LEGACY_PIPS["3.7"]

# Without it, the oldest one builds with what the environment holds, which is nothing.
ISOLATED = ["--use-pep517"]
# The line of its log for each file that it downloads.
_ADDED = re.compile(r"\bAdded .*? from (?P<url>\S+?)(?:#\S*)?(?: \(from .*)? to build tracker")


def fetch(pip: LegacyPip, current: Sequence[str], tools: Path, context: BuildContext) -> Path:
    """Return the folder with a pip, fetched now by the command ``current`` if it is missing.

    Raises :class:`CannotStartError` where no index has it.
    """
    folder = tools / f"pip-{pip.version}"
    if folder.is_dir():
        return folder
    tools.mkdir(parents=True, exist_ok=True)
    try:
        with temporary_folder() as temporary, files.new_folder(folder) as new:
            requirement = f"pip=={pip.version} --hash=sha256:{pip.sha256}"
            requirements = private_file(temporary / "requirements.txt", [requirement])
            command = [*current, "install", "--no-deps", "--no-compile", "--require-hashes"]
            command += ["--target", str(new), "-r", str(requirements)]
            environ = context.environ
            env = {**tool_environment(environ), **read_indexes(environ).pip_variables()}
            if run(command, env=env, log=context.log, merged=True).code:
                raise CannotStartError(None, f"pip {pip.version} cannot be fetched")
    except OSError:
        # Another process may have been first, and fetched the same.
        if not folder.is_dir():
            raise
    return folder


def lock_by_download(
    command: Sequence[str], folder: Path, *, env: Mapping[str, str], log: BuildLog
) -> list[dict[str, Any]]:
    """Resolve with a pip that cannot report: download everything, and lock the files.

    ``command`` is pip with its options. Returns packages as PEP 751 has them. The address of each
    file is read from pip's log, whose wording is fixed: the release is an old one.
    """
    downloads = folder / "found"
    pip_log = folder / "pip.log"
    result = run(
        [*command, "--dest", str(downloads), "--log", str(pip_log)],
        env=env,
        log=log,
        cwd=folder,
        merged=True,
    )
    if result.code:
        raise ToolFailedError(result.messages)
    addresses = dict(_addresses(pip_log.read_text("utf-8", "replace")))
    requirements = (folder / "requirements.txt").read_text("utf-8")
    return [_package(path, addresses, requirements) for path in sorted(downloads.iterdir())]


def _addresses(log: str) -> Iterator[tuple[str, str]]:
    """Yield the name and address of each downloaded file."""
    for line in log.splitlines():
        if match := _ADDED.search(line):
            url = without_credentials(match["url"])
            yield unquote(urlsplit(url).path.rsplit("/", 1)[-1]), url


def _package(path: Path, addresses: Mapping[str, str], requirements: str) -> dict[str, Any]:
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    is_wheel = path.suffix == ".whl"
    try:
        name, version, *_ = (parse_wheel_filename if is_wheel else parse_sdist_filename)(path.name)
        url = addresses[path.name]
    except (KeyError, InvalidSdistFilename, InvalidWheelFilename):
        raise ToolFailedError(
            f"error: {path.name} comes from an address that pip 21 cannot lock: give a wheel's"
        ) from None
    file = {"url": url, "hashes": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}}
    package = {"name": name, "version": str(version)}
    parts = urlsplit(url)
    # A file that the requirements themselves name is locked by its address.
    if f"{parts.netloc}{parts.path}" in requirements.replace(os.sep, "/"):
        return {**package, "archive": file}
    return {**package, "wheels": [file]} if is_wheel else {**package, "sdist": file}
