"""An answer that waits for its client to read it, in bounded memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque
from typing import IO

_PART = 1 << 16
_IN_MEMORY = 1 << 20
_ON_DISK = 1 << 30


class Spool:
    """Takes an answer in parts, and hands it out again in the same order.

    Many clients read nothing before they have sent everything. What these do not read yet goes from
    memory to a file, as long as ``may_use_disk``; all others are waited for. ``with`` it.
    """

    def __init__(self, memory: int = _IN_MEMORY, disk: int = _ON_DISK) -> None:
        self._memory, self._disk = memory, disk
        self._parts: deque[bytes] = deque()
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._begin = self._end = 0  # what of the file is not handed out yet
        self._changed = asyncio.Event()
        self._is_closed = False
        self.may_use_disk = True

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    async def put(self, data: bytes) -> None:
        """Take a part; wait for the client while there is no place for it."""
        while self._is_full():
            self._changed.clear()
            await self._changed.wait()
        if self._begin < self._end or self._in_memory >= self._memory:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - see __exit__
            self._file.seek(self._end)
            self._file.write(data)
            self._end += len(data)
        else:
            self._parts.append(data)
            self._in_memory += len(data)
        self._changed.set()

    def end_input(self) -> None:
        """Say that the client has sent everything: from now on it is waited for."""
        self.may_use_disk = False

    def close(self) -> None:
        """Say that no part follows."""
        self._is_closed = True
        self._changed.set()

    async def get(self) -> bytes:
        """Return what is there, at most some 64 KiB; wait for it. It is empty after the last part."""
        while not self._parts and self._begin == self._end and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        data = self._from_memory() if self._parts else self._from_file()
        self._changed.set()
        return data

    def _is_full(self) -> bool:
        if self._in_memory < self._memory and self._begin == self._end:
            return False
        return not self.may_use_disk or self._end >= self._disk

    def _from_memory(self) -> bytes:
        parts = []
        size = 0
        while self._parts and size < _PART:
            parts.append(self._parts.popleft())
            size += len(parts[-1])
        self._in_memory -= size
        return b"".join(parts)

    def _from_file(self) -> bytes:
        if self._file is None or self._begin == self._end:
            return b""
        self._file.seek(self._begin)
        data = self._file.read(min(_PART, self._end - self._begin))
        self._begin += len(data)
        if self._begin == self._end:
            self._begin = self._end = 0
            self._file.truncate(0)
        return data
