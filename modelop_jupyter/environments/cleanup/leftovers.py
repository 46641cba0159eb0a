"""Find and remove what killed builds and removed environments leave behind.

Locks are kept, so that an environment can be built again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.disk import Cleared
from modelop_jupyter.environments.installers import index_pages
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.environments.wheel_store import WheelStore

_DAY = 86400.0
# So long a build log and the status of a failed build are kept.
_KEPT_SECONDS = 30 * _DAY
# No build from wheels takes so long.
_WHEEL_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file or folder that is no longer needed; ``kind`` says what it was, in words."""

    kind: str
    path: Path

    @property
    def as_cleared(self) -> Cleared:
        """Its row in the report of a cleanup, with the bytes that removing it frees."""
        return Cleared(self.kind, self.path.name, size_of(self.path))

    def remove(self) -> None:
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


def leftovers_in(store: EnvironmentStore) -> Iterator[Leftover]:
    """Yield what is in a store and belongs to no environment and no running build."""
    fingerprints = {environment.fingerprint for environment in store.all()}
    root = store.root
    for path in root.glob(".building-*"):
        name = path.name.removeprefix(".building-").rpartition("-")[0]
        if _is_unlocked(store, name):
            yield Leftover("half-built environment", path)
    for path in _older_than(_DAY, root.glob("guards/*.lock")):
        if path.stem not in fingerprints and _is_unlocked(store, path.stem):
            yield Leftover("file lock", path)
    logs = [*root.glob("logs/*.log"), *root.glob("status/*.json")]
    for path in _older_than(_KEPT_SECONDS, logs):
        if path.stem not in fingerprints:
            yield Leftover("build log", path)
    for path in _older_than(_KEPT_SECONDS, root.glob("locks/raw-*.json")):
        if _is_dangling(path):
            yield Leftover("link to a lock that is gone", path)
    for path in _older_than(_DAY, (root / index_pages.FOLDER).rglob("*")):
        if path.is_file():
            yield Leftover("page of a package index", path)
    for folder in ("locks", "status"):
        yield from temporary_files(root / folder, ".*")


def old_wheels(wheels: WheelStore, *, excess: int) -> Iterator[Leftover]:
    """Yield wheels that nothing has used for a day; for an hour, where so many bytes are too much."""
    now = time.time()
    for path, state in wheels:
        unused = now - state.st_mtime
        if unused > _DAY or (excess > 0 and unused > _WHEEL_SECONDS):
            excess -= state.st_size
            yield Leftover("wheel that was sent here", path)


def temporary_files(root: Path, pattern: str) -> Iterator[Leftover]:
    """Yield hidden files older than a day, which were to be renamed to others."""
    for path in _older_than(_DAY, root.glob(pattern)):
        if path.is_file():
            yield Leftover("temporary file", path)


def size_of(path: Path) -> int:
    """Return the bytes that removing a path frees: files with other links take none."""
    if not path.is_dir():
        try:
            return path.lstat().st_size
        except FileNotFoundError:
            # Another process has removed it meanwhile.
            return 0
    states = [state for _, state in manifest.walk(path, bytecode=True)]
    return sum(state.st_size for state in states if state.st_nlink == 1)


def _is_unlocked(store: EnvironmentStore, name: str) -> bool:
    try:
        with store.file_lock(name, timeout=0):
            return True
    except TimeoutError:
        return False


def _older_than(seconds: float, paths: Iterable[Path]) -> Iterator[Path]:
    limit = time.time() - seconds
    for path in paths:
        try:
            if path.lstat().st_mtime < limit:
                yield path
        except FileNotFoundError:
            continue


def _is_dangling(link: Path) -> bool:
    """Say whether a file of ``locks/`` is damaged or leads to a lock that is gone."""
    try:
        key = json.loads(link.read_bytes()).get("same_as")
    except (OSError, ValueError, AttributeError):
        return True
    return key is not None and not link.with_name(f"{key}.json").exists()
