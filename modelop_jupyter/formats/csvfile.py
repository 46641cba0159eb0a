"""CSV with a header: one row is one record, a dict of text (the runner types the cells, 13.7)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.formats.base import Format, open_bytes


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
            yield from csv.DictReader(text)
