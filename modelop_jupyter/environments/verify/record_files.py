"""The ``RECORD`` files of an environment: the digests that its packages recorded of their files."""

from __future__ import annotations

import base64
import csv
import os
import posixpath
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.files import hash_stream

_DISTRIBUTION = re.compile(r"(?:.*/)?([^/]+)-[^/-]+\.dist-info/.*")
# Seconds that unpacking a package takes at most; METADATA comes late in a wheel.
_BEFORE, _AFTER = 30.0, 2.0


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The package of a file, and the SHA-256 it recorded (urlsafe base64 without padding)."""

    package: str
    digest: str | None


def records_of(root: Path, files: Mapping[str, os.stat_result]) -> dict[str, RecordFile]:
    """Return the records of an environment's files, by their path in it."""
    records: dict[str, RecordFile] = {}
    for path in files:
        if path.endswith(".dist-info/RECORD") and (package := distribution_of(path)):
            site = posixpath.dirname(posixpath.dirname(path))
            records |= _read(root / path, site, package)
    return records


def distribution_of(path: str) -> str | None:
    """Return the package of a file in a ``.dist-info`` folder, None for another file."""
    match = _DISTRIBUTION.fullmatch(path)
    return normalise(match[1]) if match else None


def record_digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as RECORD has it: urlsafe base64 without padding."""
    with path.open("rb") as file:
        digest = hash_stream(file).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def changed_in_cache(root: Path, files: Mapping[str, os.stat_result]) -> dict[str, str]:
    """Return files that were changed in the package cache, with their packages.

    An environment has hard links to the cache's files: a process that may write one in spite of its
    mode (root's may) changes it for all environments. Digests are compared only for files that were
    written after a package was unpacked and not while another was.
    """
    unpacked = sorted(
        state.st_mtime for path, state in files.items() if path.endswith(".dist-info/METADATA")
    )
    suspects = [
        path
        for path, state in files.items()
        if state.st_nlink > 1 and _is_written_later(state.st_mtime, unpacked)
    ]
    if not suspects:
        return {}
    records = records_of(root, files)
    return {
        path: record.package
        for path in suspects
        if (record := records.get(path))
        and record.digest
        and record_digest_of(root / path) != record.digest
    }


def _is_written_later(time: float, unpacked: Sequence[float]) -> bool:
    """Say whether a file was written after some package was unpacked and while none was."""
    later = bisect_left(unpacked, time - _AFTER)
    return later > 0 and (later == len(unpacked) or time < unpacked[later] - _BEFORE)


def _read(record: Path, site: str, package: str) -> dict[str, RecordFile]:
    try:
        with record.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == 3]
    except (OSError, csv.Error):
        return {}
    return {
        _path_in_root(site, path): RecordFile(package, digest.partition("sha256=")[2] or None)
        for path, digest, _ in rows
    }


def _path_in_root(site: str, path: str) -> str:
    joined = f"{site}/{path}"
    return posixpath.normpath(joined) if ".." in path else joined
