"""A file with the last lines of something that goes on for as long as a deployment does."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.wire import to_wire

MOST_LINES = 1000


class KeptLines:
    """Keeps the last 1,000 values as lines of JSON; the file has at most twice as many."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = deque(_lines(path), maxlen=MOST_LINES)
        # Without what a full disk has cut: the next line would be a part of it.
        self._begin_anew()

    @property
    def last(self) -> Any:
        """The last value, parsed; None where there is none."""
        return json.loads(self._lines[-1]) if self._lines else None

    def add(self, value: object) -> None:
        """Add a value as a line; raises :class:`OSError` on a full disk."""
        line = json.dumps(to_wire(value), ensure_ascii=False).encode() + b"\n"
        self._lines.append(line)
        self._file.write(line)
        self._file.flush()
        self._count += 1
        if self._count >= 2 * MOST_LINES:
            self._file.close()
            self._begin_anew()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _begin_anew(self) -> None:
        files.write_bytes(self._path, b"".join(self._lines), durable=False)
        self._file = files.open_private(self._path, "ab")
        self._count = len(self._lines)


def kept_values(path: Path) -> list[Any]:
    """Return the values of a file, parsed, the oldest first; lines that are damaged are left out."""
    return [json.loads(line) for line in deque(_lines(path), maxlen=MOST_LINES)]


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                if _is_whole(line):
                    yield line
    except FileNotFoundError:
        return


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return line.endswith(b"\n")
