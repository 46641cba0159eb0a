"""What killed builds and forgotten environments leave behind, found and swept away.

Locks are kept: they are how an environment is built again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.disk import Cleared
from modelop_jupyter.environments import listing
from modelop_jupyter.environments.shelf import Shelf

_DAY = 86400.0
# So long a build log, or the note why a build failed, may still be asked for.
_REMEMBERED = 30 * _DAY


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file or folder that nobody needs."""

    kind: str
    path: Path

    @property
    def described(self) -> Cleared:
        """It with its size, its files taken as if nobody else had them."""
        return Cleared(self.kind, self.path.name, size_of(self.path))

    def sweep(self) -> None:
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


def leftovers_of(shelf: Shelf) -> Iterator[Leftover]:
    """Yield what lies on a shelf and belongs to no environment and no build that goes on."""
    there = {environment.fingerprint for environment in shelf.all()}
    for path in shelf.root.glob(".building-*"):
        name = path.name.removeprefix(".building-").rpartition("-")[0]
        if _is_free(shelf, name):
            yield Leftover("half-built environment", path)
    for path in _old(shelf.root.glob("guards/*.lock"), _DAY):
        if path.stem not in there and _is_free(shelf, path.stem):
            yield Leftover("file lock", path)
    for path in _old(
        [*shelf.root.glob("logs/*.log"), *shelf.root.glob("status/*.json")], _REMEMBERED
    ):
        if path.stem not in there:
            yield Leftover("build log", path)
    for path in _old(shelf.root.glob("locks/raw-*.json"), _REMEMBERED):
        if _leads_nowhere(path):
            yield Leftover("link to a lock that is gone", path)
    for folder in ("locks", "status"):
        yield from temporary_files(shelf.root / folder, ".*")


def temporary_files(root: Path, pattern: str) -> Iterator[Leftover]:
    """Yield hidden files that were to become others more than a day ago."""
    for path in _old(root.glob(pattern), _DAY):
        if path.is_file():
            yield Leftover("temporary file", path)


def size_of(path: Path) -> int:
    """Return the bytes below a path that would be free without it."""
    if not path.is_dir():
        return path.lstat().st_size
    states = [state for _, state in listing.walk(path, bytecode=True)]
    return sum(state.st_size for state in states if state.st_nlink == 1)


def _is_free(shelf: Shelf, name: str) -> bool:
    """Say whether nobody holds the guard of a name."""
    try:
        with shelf.guard(name, timeout=0):
            return True
    except TimeoutError:
        return False


def _old(paths: Iterable[Path], seconds: float) -> Iterator[Path]:
    limit = time.time() - seconds
    for path in paths:
        try:
            if path.lstat().st_mtime < limit:
                yield path
        except FileNotFoundError:
            continue


def _leads_nowhere(link: Path) -> bool:
    try:
        key = json.loads(link.read_bytes()).get("same_as")
    except (OSError, ValueError, AttributeError):
        return True
    return key is not None and not link.with_name(f"{key}.json").exists()
