"""Read the output of a job whose chunks have an object each, where these are."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.errors import StorageError
from modelop_jupyter.formats import UNREADABLE, format_for
from modelop_jupyter.jobs.protocol import OutputPart
from modelop_jupyter.storage import open_object


def records(parts: Sequence[OutputPart]) -> Iterator[Any]:
    """Yield the records of all parts; raises :class:`StorageError` for one that cannot be read."""
    for part in parts:
        yield from _records(part.state)


def page(parts: Sequence[OutputPart], offset: int, limit: int) -> tuple[list[Any], int]:
    """Return some of the records, and the number of all; only parts that have some of them are read."""
    total, rows = sum(part.records for part in parts), list[Any]()
    for part in parts:
        if len(rows) == limit:
            break
        if offset < part.records:
            rows += islice(_records(part.state), offset, offset + limit - len(rows))
        offset = max(0, offset - part.records)
    return rows, total


def _records(state: ObjectState) -> Iterator[Any]:
    def opener(_: Path) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(open_object(state.address, expected=state)))

    path = Path(state.name)
    try:
        yield from format_for(path.name).read(path, opener=opener)
    except UNREADABLE as error:
        raise StorageError(state.address, f"cannot be read: {error}") from None
