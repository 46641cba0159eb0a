"""The manifest of an environment: its files as they were built, read-only, to find later changes.

``files.txt`` holds a line ``<size> <mtime in ns> <path>`` for each file. Bytecode is left out, as
Python writes it by itself.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from modelop_jupyter.domain.environments import Drift
from modelop_jupyter.environments.verify.record_files import (
    RecordFile,
    changed_in_cache,
    distribution_of,
    record_digest_of,
    records_of,
)

LISTING = "files.txt"
# What we ourselves write beside the environment's files, after they were listed.
OWN = frozenset({LISTING, "environment.json", "bytecode.txt"})
_BYTECODE = "__pycache__"
# A manifest of so many bytes lists some hundred files, and comparing them takes milliseconds.
SMALL = 1 << 16
# The top-level entries of site-packages.
_TOP = re.compile(rb"^\d+ \d+ ((?:lib/[^/\n]+|Lib)/site-packages/[^/\n]+)", re.MULTILINE)
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

Files = dict[str, os.stat_result]


def seal(root: Path) -> dict[str, str]:
    """Make the files of an environment read-only and list them; the last step of a build.

    Does nothing where files were changed in the package cache since they were unpacked there, and
    returns these with their packages.
    """
    files = files_of(root)
    changed = changed_in_cache(root, files)
    if not changed:
        _make_read_only(root, files)
        write(root, files)
    return changed


def walk(root: Path, *, bytecode: bool = False) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the relative path (with slashes) and state of every file below a folder.

    Links are not followed.
    """
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            # Removed meanwhile.
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if bytecode or entry.name != _BYTECODE:
                        folders.append((f"{prefix}{entry.name}/", entry.path))
                else:
                    yield prefix + entry.name, _state(entry)
            except FileNotFoundError:
                continue


def files_of(root: Path) -> Files:
    """Return the current files of an environment, without bytecode and our own."""
    return {path: state for path, state in walk(root) if path not in OWN}


def write(root: Path, files: Mapping[str, os.stat_result]) -> None:
    """Write the manifest."""
    lines = [f"{state.st_size} {state.st_mtime_ns} {path}" for path, state in files.items()]
    text = "\n".join(lines)
    (root / LISTING).write_bytes(text.encode("utf-8", "surrogateescape"))


def unlisted(root: Path, folder: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which names in a folder are not in the manifest; none where there is no manifest.

    Runs with every job: the text is searched, as parsing it takes ten times as long.
    """
    try:
        data = (root / LISTING).read_bytes() + b"\n"
    except OSError:
        return ()
    paths = {name: f" {folder}/{name}".encode("utf-8", "surrogateescape") for name in names}
    return tuple(
        name for name, path in paths.items() if path + b"/" not in data and path + b"\n" not in data
    )


def find_damage(root: Path) -> tuple[str, ...]:
    """Return files of the manifest that are missing or changed.

    Runs at the start of every job: of a large environment, only top-level entries of site-packages
    that are missing are found.
    """
    try:
        data = (root / LISTING).read_bytes()
    except OSError:
        return ()
    if len(data) <= SMALL:
        difference = drift(root)
        return (*difference.removed, *difference.changed) if difference else ()
    tops = dict.fromkeys(_TOP.findall(data))
    paths = [top.decode("utf-8", "surrogateescape") for top in tops]
    return tuple(path for path in paths if not os.path.lexists(root / path))


def drift(root: Path, files: Files | None = None) -> Drift | None:
    """Return what differs from the manifest, None where there is no manifest.

    ``files`` are the current ones, for callers that have them. A file with another time and the
    bytes that its package recorded has not changed.
    """
    listed = _read(root)
    if listed is None:
        return None
    current = files_of(root) if files is None else files
    added = [path for path in current if path not in listed]
    removed = [path for path in listed if path not in current]
    touched = [
        path
        for path, state in current.items()
        if (known := listed.get(path)) and known != (state.st_size, state.st_mtime_ns)
    ]
    if not (added or removed or touched):
        return Drift()
    records = records_of(root, current)
    changed = [path for path in touched if not _is_as_recorded(root, path, records)]
    return Drift(
        changed=tuple(sorted(changed)),
        added=tuple(sorted(added)),
        removed=tuple(sorted(removed)),
        packages=tuple(sorted(_packages([*changed, *added, *removed], records))),
    )


def _read(root: Path) -> dict[str, tuple[int, int]] | None:
    try:
        text = (root / LISTING).read_bytes().decode("utf-8", "surrogateescape")
        rows = [line.split(" ", 2) for line in text.split("\n")]
        return {path: (int(size), int(time)) for size, time, path in rows}
    except (OSError, ValueError):
        return None


def _is_as_recorded(root: Path, path: str, records: Mapping[str, RecordFile]) -> bool:
    record = records.get(path)
    try:
        return bool(record and record.digest and record_digest_of(root / path) == record.digest)
    except OSError:
        return False


def _packages(paths: Iterable[str], records: Mapping[str, RecordFile]) -> set[str]:
    """Return the packages that files belong to, by their records or the folders they are in."""
    names = set()
    for path in paths:
        record = records.get(path)
        name = record.package if record else distribution_of(path)
        if name:
            names.add(name)
    return names


def _state(entry: os.DirEntry[str]) -> os.stat_result:
    # On Windows, a directory entry does not have the number of links.
    if sys.platform == "win32":
        return Path(entry.path).lstat()
    return entry.stat(follow_symlinks=False)


def _make_read_only(root: Path, files: Mapping[str, os.stat_result]) -> None:
    """Remove the permission to write from files: a linked one is shared with the package cache.

    Folders keep it: Python writes bytecode there, and the environment can still be removed. Not on
    Windows, where read-only files cannot be removed.
    """
    if sys.platform == "win32":
        return
    for path, state in files.items():
        if state.st_mode & _WRITABLE and stat.S_ISREG(state.st_mode):
            # In a shared cache, a file may be another user's.
            with suppress(PermissionError):
                (root / path).chmod(stat.S_IMODE(state.st_mode) & ~_WRITABLE)
