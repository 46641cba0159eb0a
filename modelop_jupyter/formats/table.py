"""The table of formats, and which of them a file name stands for."""

from __future__ import annotations

from pathlib import PurePath

from modelop_jupyter.formats.base import Format
from modelop_jupyter.formats.columnar import Arrow, Avro, Parquet
from modelop_jupyter.formats.csvfile import Csv
from modelop_jupyter.formats.frames import Frame
from modelop_jupyter.formats.jsonlines import JsonLines, JsonOfLines
from modelop_jupyter.formats.text import Text

JSON_LINES = JsonLines()
FORMATS: dict[str, Format] = {
    format.name: format
    for format in (JSON_LINES, Csv(), Text(), Parquet(), Arrow(), Avro(), Frame(), JsonOfLines())
}


def format_for(name: str) -> Format:
    """Return the format a file name stands for; JSON lines may have any name (spec 2.1)."""
    stem = name.lower().removesuffix(".gz")
    ending = PurePath(stem).suffix
    for format in FORMATS.values():
        if ending in format.endings:
            return format
    return JSON_LINES
