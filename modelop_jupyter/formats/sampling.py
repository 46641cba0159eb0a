"""Some records from all over a file, whatever its length."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path
from typing import Any

from modelop_jupyter.formats.base import is_gzip
from modelop_jupyter.formats.jsonlines import JsonLines
from modelop_jupyter.formats.table import format_for
from modelop_jupyter.opening import open_regular

_SMALL = 1 << 18


def sample(path: Path, most: int = 500) -> list[Any]:
    """Return at most so many records, evenly spread where the file consists of lines of JSON.

    Of any other, the first ones. Only the lines that are returned are read.
    """
    format = format_for(path.name)
    size = path.stat().st_size
    if not isinstance(format, JsonLines) or is_gzip(path) or size < _SMALL:
        return list(islice(format.read(path), most))
    lines = []
    with open_regular(path) as file:
        last = -1
        for number in range(most):
            file.seek(size * number // most)
            if number:
                # It stands within a line: the next one is whole.
                file.readline()
            if file.tell() > last:
                last = file.tell()
                lines.append(file.readline())
    return list(JsonLines.records_of(io.BytesIO(b"".join(lines))))
