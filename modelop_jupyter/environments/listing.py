"""The files of an environment, listed when it is built, so that a change by hand is seen later.

``files.txt`` holds a line ``<size> <mtime in ns> <path>`` for each file; bytecode is left out, as
Python writes it by itself.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from modelop_jupyter.domain.disk import Drift
from modelop_jupyter.environments.records import Record, digest_of, distribution_of, records_of

LISTING = "files.txt"
# What we ourselves write beside the environment's files, after they were listed.
OWN = frozenset({LISTING, "environment.json", "bytecode.txt"})
_BYTECODE = "__pycache__"
# A listing of so many bytes names some hundred files, and a look at them takes milliseconds.
SMALL = 1 << 16
# What lies beside one another among the packages.
_TOP = re.compile(rb"^\d+ \d+ ((?:lib/[^/\n]+|Lib)/site-packages/[^/\n]+)", re.MULTILINE)

Files = dict[str, os.stat_result]


def walk(root: Path, *, bytecode: bool = False) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every file below a folder with its state, links not followed; paths have slashes."""
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            # It was removed meanwhile.
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
    """Return the files that an environment was built of, as they are now."""
    return {path: state for path, state in walk(root) if path not in OWN}


def write(root: Path, files: Mapping[str, os.stat_result]) -> None:
    """List files as what the environment consists of."""
    lines = [f"{state.st_size} {state.st_mtime_ns} {path}" for path, state in files.items()]
    text = "\n".join(lines)
    (root / LISTING).write_bytes(text.encode("utf-8", "surrogateescape"))


def unlisted(root: Path, folder: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which names in a folder are not of what an environment was built of, if that is listed.

    Every job asks: the text is searched, as taking it apart takes ten times as long.
    """
    try:
        data = (root / LISTING).read_bytes() + b"\n"
    except OSError:
        return ()
    paths = {name: f" {folder}/{name}".encode("utf-8", "surrogateescape") for name in names}
    return tuple(
        name for name, path in paths.items() if path + b"/" not in data and path + b"\n" not in data
    )


def damage(root: Path) -> tuple[str, ...]:
    """Return what an environment was built of and has lost, or has otherwise by now.

    Quick enough for the start of every job: of a large one, only packages that are gone are seen.
    """
    try:
        data = (root / LISTING).read_bytes()
    except OSError:
        return ()
    if len(data) <= SMALL:
        found = drift(root)
        return (*found.removed, *found.changed) if found else ()
    tops = dict.fromkeys(_TOP.findall(data))
    paths = [top.decode("utf-8", "surrogateescape") for top in tops]
    return tuple(path for path in paths if not os.path.lexists(root / path))


def drift(root: Path, files: Files | None = None) -> Drift | None:
    """Return what differs from the listing, None where there is no listing to compare with.

    A file of another time whose bytes are those that its package recorded has only been touched.
    """
    listed = _read(root)
    if listed is None:
        return None
    there = files_of(root) if files is None else files
    added = [path for path in there if path not in listed]
    removed = [path for path in listed if path not in there]
    doubtful = [
        path
        for path, state in there.items()
        if (known := listed.get(path)) and known != (state.st_size, state.st_mtime_ns)
    ]
    if not (added or removed or doubtful):
        return Drift()
    records = records_of(root, there)
    changed = [path for path in doubtful if not _is_as_recorded(root, path, records)]
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


def _is_as_recorded(root: Path, path: str, records: Mapping[str, Record]) -> bool:
    record = records.get(path)
    try:
        return bool(record and record.digest and digest_of(root / path) == record.digest)
    except OSError:
        return False


def _packages(paths: Iterable[str], records: Mapping[str, Record]) -> set[str]:
    """Return the packages that files belong to, by their records, or by where they lie."""
    found = set()
    for path in paths:
        record = records.get(path)
        name = record.package if record else distribution_of(path)
        if name:
            found.add(name)
    return found


def _state(entry: os.DirEntry[str]) -> os.stat_result:
    # What Windows tells of an entry lacks the links to it.
    if sys.platform == "win32":
        return Path(entry.path).lstat()
    return entry.stat(follow_symlinks=False)
