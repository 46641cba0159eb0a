"""The disk usage of environments: a linked file is counted once, and freed with its last link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from modelop_jupyter.environments.verify import manifest

_BLOCK = 512


class DiskUsage:
    """The files of some environments by device and inode; environments are named by their folders."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._bytes: dict[tuple[int, int], int] = {}
        self._links: dict[tuple[int, int], int] = {}
        self._files: dict[Path, Counter[tuple[int, int]]] = {}
        # The installed files of each, so that finding drift needs no second walk.
        self.installed: dict[Path, manifest.Files] = {}
        for folder in folders:
            self._add(folder)

    def total(self, folders: Iterable[Path]) -> int:
        """Return the bytes that environments take together."""
        inodes: set[tuple[int, int]] = set()
        for folder in folders:
            inodes |= self._files[folder].keys()
        return sum(self._bytes[inode] for inode in inodes)

    def shares(self, folders: Iterable[Path]) -> dict[Path, int]:
        """Return the bytes of each; a file that several have is counted for the first of them."""
        counted: set[tuple[int, int]] = set()
        shares = {}
        for folder in folders:
            own = self._files[folder].keys() - counted
            shares[folder] = sum(self._bytes[inode] for inode in own)
            counted |= own
        return shares

    def freed(self, folders: Collection[Path]) -> int:
        """Return the bytes that removing these frees: the package cache may have links to others."""
        removed: Counter[tuple[int, int]] = Counter()
        for folder in folders:
            removed.update(self._files[folder])
        return sum(
            self._bytes[inode] for inode, links in removed.items() if links >= self._links[inode]
        )

    def _add(self, folder: Path) -> None:
        inodes: Counter[tuple[int, int]] = Counter()
        installed: manifest.Files = {}
        for path, state in manifest.walk(folder, bytecode=True):
            inode = (state.st_dev, state.st_ino)
            inodes[inode] += 1
            self._links[inode] = state.st_nlink
            self._bytes[inode] = getattr(state, "st_blocks", 0) * _BLOCK or state.st_size
            if path not in manifest.OWN and "__pycache__/" not in path:
                installed[path] = state
        self._files[folder] = inodes
        self.installed[folder] = installed
