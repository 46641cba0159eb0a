"""The formats by name, and which of them a file name stands for."""

from __future__ import annotations

from modelop_jupyter.formats.base import Format
from modelop_jupyter.formats.columnar import Arrow, Avro, Orc, Parquet
from modelop_jupyter.formats.compression import ending_of
from modelop_jupyter.formats.csvfile import Csv
from modelop_jupyter.formats.excel import Excel
from modelop_jupyter.formats.frames import TypedFrame
from modelop_jupyter.formats.json_and_text import JsonLines, StrictJsonLines, TextFile

JSON_LINES = JsonLines()
FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        JSON_LINES,
        Csv(),
        TextFile(),
        Parquet(),
        Arrow(),
        Avro(),
        Orc(),
        Excel(),
        TypedFrame(),
        StrictJsonLines(),
    )
}


def format_for(name: str) -> Format:
    """Return the format that a file name stands for; JSON lines may have any name (spec 2.1)."""
    ending = ending_of(name)
    for format in FORMATS.values():
        if ending in format.endings:
            return format
    return JSON_LINES


def is_data_file(name: str) -> bool:
    """Return whether a file name says that it holds records, or a query for them."""
    ending = ending_of(name)
    return ending == ".sql" or any(ending in format.endings for format in FORMATS.values())
