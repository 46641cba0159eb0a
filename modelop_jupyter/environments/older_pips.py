"""The last pip of each Python that today's pip and virtualenv no longer serve.

It comes from the user's own index, is checked against a hash, and stays in the folder of tools.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from modelop_jupyter import files
from modelop_jupyter.environments.indexes import read_indexes
from modelop_jupyter.environments.installers import ToolFailedError, private_file
from modelop_jupyter.environments.process import BuildLog, CannotStartError, base_environment, run
from modelop_jupyter.masking import without_credentials


@dataclass(frozen=True, slots=True)
class OlderPip:
    """One release; ``can_report`` says that it tells what it would install.

    ``reads_old_metadata`` says that it takes what is not valid by PEP 440: releases before 24.1.
    """

    version: str
    sha256: str
    can_report: bool = True
    reads_old_metadata: bool = True


OLDER_PIPS = {
    "3.6": OlderPip(
        "21.3.1",
        "deaf32dcd9ab821e359cd8330786bcd077604b5c5730c0b096eda46f95c24a2d",
        can_report=False,
    ),
    "3.7": OlderPip("24.0", "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc"),
    "3.8": OlderPip(
        "25.0.1",
        "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f",
        reads_old_metadata=False,
    ),
}
READS_OLD_METADATA = OLDER_PIPS["3.7"]

# Left alone, the oldest one builds with whatever the environment holds: nothing.
ISOLATED = ["--use-pep517"]
# A line of its log, for each file that it downloads.
_ADDED = re.compile(r"\bAdded .*? from (?P<url>\S+?)(?:#\S*)?(?: \(from .*)? to build tracker")


def fetch(
    pip: OlderPip, newer: Sequence[str], tools: Path, *, environ: Mapping[str, str], log: BuildLog
) -> Path:
    """Return the folder with a pip, fetched now by a newer one if it is not there.

    Raises :class:`CannotStartError` where it is not to be had.
    """
    folder = tools / f"pip-{pip.version}"
    if folder.is_dir():
        return folder
    tools.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".pip-", dir=tools))
    try:
        wanted = private_file(
            temporary / "wanted.txt", [f"pip=={pip.version} --hash=sha256:{pip.sha256}"]
        )
        command = [*newer, "install", "--no-deps", "--no-compile", "--require-hashes"]
        command += ["--target", str(temporary / "pip"), "-r", str(wanted)]
        finished = run(
            command,
            env={**base_environment(environ), **read_indexes(environ).for_pip()},
            log=log,
            merged=True,
        )
        if finished.code:
            raise CannotStartError(None, f"pip {pip.version} is not to be had")
        try:
            files.rename(temporary / "pip", folder)
        except OSError:
            # Another process was first; what it fetched is the same.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def lock_by_download(
    command: Sequence[str], folder: Path, *, env: Mapping[str, str], log: BuildLog
) -> list[dict[str, Any]]:
    """Resolve with a pip that cannot report: download everything, and lock what has come.

    ``command`` is pip and its options. Returns packages in the form of PEP 751. Its log names the
    address of each file; this release will never change its wording.
    """
    found = folder / "found"
    told = folder / "pip.log"
    finished = run(
        [*command, "--dest", str(found), "--log", str(told)],
        env=env,
        log=log,
        cwd=folder,
        merged=True,
    )
    if finished.code:
        raise ToolFailedError(finished.said)
    addresses = dict(_addresses(told.read_text("utf-8", "replace")))
    asked = (folder / "requirements.txt").read_text("utf-8")
    return [_package(path, addresses, asked) for path in sorted(found.iterdir())]


def _addresses(told: str) -> Iterator[tuple[str, str]]:
    for line in told.splitlines():
        if added := _ADDED.search(line):
            url = without_credentials(added["url"])
            yield unquote(urlsplit(url).path.rsplit("/", 1)[-1]), url


def _package(path: Path, addresses: Mapping[str, str], asked: str) -> dict[str, Any]:
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
    host = urlsplit(url)
    # A file that the requirements themselves name is locked by its address.
    if f"{host.netloc}{host.path}" in asked.replace(os.sep, "/"):
        return {**package, "archive": file}
    return {**package, "wheels": [file]} if is_wheel else {**package, "sdist": file}
