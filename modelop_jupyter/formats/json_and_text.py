"""JSON lines, each line a record (spec 2.1, 13.6), and text, each file a record (spec 13.8)."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, ClassVar

from modelop_jupyter import files
from modelop_jupyter.formats.base import Format, Opener, Writable, open_bytes
from modelop_jupyter.safe_open import open_regular


class JsonLines(Writable):
    """One JSON document per line; blank lines and a byte order mark are skipped."""

    name = "json"
    endings: ClassVar[tuple[str, ...]] = (".json", ".jsonl", ".jsons", ".ndjson")
    runner_format = "json"

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_bytes(path, opener=opener) as file:
            yield from self.records_of(file)

    @staticmethod
    def records_of(file: IO[bytes]) -> Iterator[Any]:
        """Yield the records of an open file from its current position."""
        return map(json.loads, _lines(file))

    def read_all(self, path: Path) -> Iterator[Any]:
        with open_bytes(path) as file:
            for line in _lines(file):
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    record = None
                yield record

    def read_good(self, path: Path) -> Iterator[Any]:
        with open_bytes(path) as file:
            for line in _lines(file):
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    def write(self, records: Iterable[Any], path: Path) -> None:
        with io.TextIOWrapper(files.open_private(path, "wb"), "utf-8", newline="\n") as file:
            for record in records:
                file.write(line_of(record))


class StrictJsonLines(JsonLines):
    """JSON lines by the user's word: it is not checked whether the file is one array."""

    name = "jsonl"
    endings = ()


def line_of(record: Any) -> str:
    """Return the line of a record in a file of JSON lines."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def _lines(file: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(file):
        text = line.decode("utf-8-sig" if number == 0 else "utf-8", "replace").strip()
        if text:
            yield text


class TextFile(Format):
    """Text or XML: the whole file is one record."""

    name = "text"
    endings = (".txt", ".xml")
    runner_format = "text"

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_bytes(path, opener=opener) as file:
            yield file.read().decode("utf-8-sig", "replace")
