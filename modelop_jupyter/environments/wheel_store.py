"""Wheels that another machine has sent, for environments of this one, which has no index.

They are named by their digests, and lie below the root of the environments. The modification time
of one is its last use.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from modelop_jupyter import files

FOLDER = "wheels"


class WheelStore:
    """The wheels below the root of a home's environments."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def put(self, data: bytes) -> None:
        """Keep a wheel; its name is made of its bytes, so that no other takes its place."""
        files.make_private(self._folder)
        name = hashlib.sha256(data).hexdigest()
        files.write_bytes(self._folder / name, data)

    def find(self, digests: Collection[str]) -> Mapping[str, Path]:
        """Return those that are here undamaged, which counts as a use of them."""
        found: dict[str, Path] = {}
        for digest in digests:
            path = self._folder / digest.partition(":")[2]
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                os.utime(path)
                if files.hash_stream(file).hexdigest() == path.name:
                    found[digest] = path
        return found

    @property
    def size(self) -> int:
        """The bytes of all wheels."""
        return sum(state.st_size for _, state in self)

    def __iter__(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield the files with their states, the one that was used longest ago first."""
        states: list[tuple[Path, os.stat_result]] = []
        with contextlib.suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    states.append((path, path.stat()))
        yield from sorted(states, key=lambda pair: pair[1].st_mtime)
