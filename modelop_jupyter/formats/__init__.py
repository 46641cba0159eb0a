"""File formats of records: detect a file's format, check it as a job's input, read its records."""

from __future__ import annotations

from modelop_jupyter.formats.base import (
    UNREADABLE,
    Format,
    Opener,
    Writable,
    compression_at,
    is_compressed,
    is_gzip,
    open_bytes,
)
from modelop_jupyter.formats.frames import write_variable
from modelop_jupyter.formats.inspect_input import check_input
from modelop_jupyter.formats.json_values import records_of_variable
from modelop_jupyter.formats.paging import read_page
from modelop_jupyter.formats.table import FORMATS, JSON_LINES, format_for, is_data_file

__all__ = [
    "FORMATS",
    "JSON_LINES",
    "UNREADABLE",
    "Format",
    "Opener",
    "Writable",
    "format_for",
    "is_data_file",
    "check_input",
    "compression_at",
    "is_compressed",
    "is_gzip",
    "open_bytes",
    "read_page",
    "records_of_variable",
    "write_variable",
]
