"""What the packages of an environment recorded of their files when they were made (``RECORD``)."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import posixpath
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.requirements import normalise

_DISTRIBUTION = re.compile(r"(?:.*/)?([^/]+)-[^/-]+\.dist-info/.*")
# How long the unpacking of a package takes at most; its description comes late in a wheel.
_BEFORE, _AFTER = 30.0, 2.0


@dataclass(frozen=True, slots=True)
class Record:
    """A file's package, and the SHA-256 that the package recorded, in RECORD's spelling."""

    package: str
    digest: str | None


def records_of(root: Path, files: Mapping[str, os.stat_result]) -> dict[str, Record]:
    """Return the records of an environment's files, by their path in it."""
    found: dict[str, Record] = {}
    for path in files:
        if path.endswith(".dist-info/RECORD") and (package := distribution_of(path)):
            site = posixpath.dirname(posixpath.dirname(path))
            found |= _read(root / path, site, package)
    return found


def distribution_of(path: str) -> str | None:
    """Return the package in whose ``.dist-info`` a file lies."""
    match = _DISTRIBUTION.fullmatch(path)
    return normalise(match[1]) if match else None


def digest_of(path: Path) -> str:
    """Return a file's SHA-256 as RECORD spells it."""
    with path.open("rb") as file:
        hasher = hashlib.sha256()
        while chunk := file.read(1 << 20):
            hasher.update(chunk)
    return base64.urlsafe_b64encode(hasher.digest()).decode().rstrip("=")


def damaged(root: Path, files: Mapping[str, os.stat_result]) -> dict[str, str]:
    """Return files that were changed in the package cache, with their packages.

    An environment links the cache's own files: whoever may write one in spite of its mode (root
    may) has changed it for everybody. Looked at is what is younger than a package's unpacking and
    does not stem from another's.
    """
    unpacked = sorted(
        state.st_mtime for path, state in files.items() if path.endswith(".dist-info/METADATA")
    )
    doubtful = [
        path
        for path, state in files.items()
        if state.st_nlink > 1 and _is_of_none(state.st_mtime, unpacked)
    ]
    if not doubtful:
        return {}
    records = records_of(root, files)
    return {
        path: record.package
        for path in doubtful
        if (record := records.get(path))
        and record.digest
        and digest_of(root / path) != record.digest
    }


def _is_of_none(time: float, unpacked: Sequence[float]) -> bool:
    """Say whether a file was written after a package was unpacked and belongs to no other's."""
    later = bisect_left(unpacked, time - _AFTER)
    return later > 0 and (later == len(unpacked) or time < unpacked[later] - _BEFORE)


def _read(record: Path, site: str, package: str) -> dict[str, Record]:
    try:
        with record.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == 3]
    except (OSError, csv.Error):
        return {}
    return {
        _inside(site, path): Record(package, digest.partition("sha256=")[2] or None)
        for path, digest, _ in rows
    }


def _inside(site: str, path: str) -> str:
    joined = f"{site}/{path}"
    return posixpath.normpath(joined) if ".." in path else joined
