"""Text and XML: the whole file is one record (spec 13.8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.formats.base import Format, Opener, open_bytes
from modelop_jupyter.opening import open_regular


class Text(Format):
    """One record, the file's text."""

    name = "text"
    endings = (".txt", ".xml")
    runner_format = "text"

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_bytes(path, opener=opener) as file:
            yield file.read().decode("utf-8-sig", "replace")
