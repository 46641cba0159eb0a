"""Open a file of an input, whether it is on a disk or in remote storage."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, cast

from modelop_jupyter.formats import open_bytes
from modelop_jupyter.jobs.protocol import RequestInput

# Where only borders of records are looked for, little is read at each place.
_BLOCK = 1 << 16


def open_input(data: RequestInput, *, block_size: int = _BLOCK) -> BinaryIO:
    """Open a file of an input as it is stored; raises :class:`ObjectChangedError` for a changed one."""
    if data.remote is None:
        return Path(data.path).open("rb")
    from modelop_jupyter.storage import open_object

    source = open_object(data.remote.address, expected=data.remote, block_size=block_size)
    return cast("BinaryIO", io.BufferedReader(source, block_size))


def open_text(data: RequestInput) -> BinaryIO:
    """Open a file of an input without its compression."""
    return open_input(data) if data.remote else cast("BinaryIO", open_bytes(Path(data.path)))


def size_of(data: RequestInput) -> int:
    """Return how many bytes a file of an input has as it is stored."""
    if data.remote is not None:
        return data.remote.size or 0
    return Path(data.path).stat().st_size
