"""CSV with a header: one row is one record, a dict whose cells are typed (spec 13.7)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.formats.base import Format, open_bytes

_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Csv(Format):
    """RFC 4180 with a header line."""

    name = "csv"
    endings = (".csv",)
    runner_format = "csv"

    def read(self, path: Path) -> Iterator[Any]:
        with (
            open_bytes(path) as file,
            io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") as text,
        ):
            yield from self.rows_of(text)

    @staticmethod
    def rows_of(text: Iterable[str], *, header: str | None = None) -> Iterator[Any]:
        """Yield the rows of open text; ``header`` is the header line of text that begins behind it."""
        names = None if header is None else next(csv.reader(io.StringIO(header, newline="")), [])
        for row in csv.DictReader(text, names):
            yield {key: _typed(cell) for key, cell in row.items() if key is not None}


def _typed(cell: Any) -> Any:
    """Return a number where that loses nothing, None for an empty cell (the runner's rule, 13.7)."""
    if not cell:
        return None
    for pattern, kind in ((_INT, int), (_FLOAT, float)):
        if pattern.fullmatch(cell):
            return kind(cell)
    return cell
