"""What environments take on disk: linked files are counted once, and freed with their last link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from modelop_jupyter.environments import listing

_BLOCK = 512


class Census:
    """The files of some environments, by what they are on disk; folders are the keys."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._bytes: dict[tuple[int, int], int] = {}
        self._links: dict[tuple[int, int], int] = {}
        self._files: dict[Path, Counter[tuple[int, int]]] = {}
        # The installed files of each, so that drift needs no second walk.
        self.installed: dict[Path, listing.Files] = {}
        for folder in folders:
            self._take(folder)

    def total(self, folders: Iterable[Path]) -> int:
        """Return the bytes that folders take together."""
        held: set[tuple[int, int]] = set()
        for folder in folders:
            held |= self._files[folder].keys()
        return sum(self._bytes[file] for file in held)

    def shares(self, folders: Iterable[Path]) -> dict[Path, int]:
        """Return the bytes of each; what several hold is counted for the first of them."""
        seen: set[tuple[int, int]] = set()
        found = {}
        for folder in folders:
            own = self._files[folder].keys() - seen
            found[folder] = sum(self._bytes[file] for file in own)
            seen |= own
        return found

    def freed(self, folders: Collection[Path]) -> int:
        """Return the bytes that would be free without these: the package cache may hold the rest."""
        here: Counter[tuple[int, int]] = Counter()
        for folder in folders:
            here.update(self._files[folder])
        return sum(self._bytes[file] for file, links in here.items() if links >= self._links[file])

    def _take(self, folder: Path) -> None:
        files: Counter[tuple[int, int]] = Counter()
        installed: listing.Files = {}
        for path, state in listing.walk(folder, bytecode=True):
            file = (state.st_dev, state.st_ino)
            files[file] += 1
            self._links[file] = state.st_nlink
            self._bytes[file] = getattr(state, "st_blocks", 0) * _BLOCK or state.st_size
            if path not in listing.OWN and "__pycache__/" not in path:
                installed[path] = state
        self._files[folder] = files
        self.installed[folder] = installed
