"""Files of records on the host: which format a file has, whether it can be a job's input, its records."""

from __future__ import annotations

from modelop_jupyter.formats.base import (
    UNREADABLE,
    Format,
    Opener,
    Writable,
    is_gzip,
    open_bytes,
)
from modelop_jupyter.formats.frames import write_variable
from modelop_jupyter.formats.inspect_input import inspect
from modelop_jupyter.formats.paging import read_page
from modelop_jupyter.formats.table import FORMATS, JSON_LINES, format_for
from modelop_jupyter.formats.values import rows_of

__all__ = [
    "FORMATS",
    "JSON_LINES",
    "UNREADABLE",
    "Format",
    "Opener",
    "Writable",
    "format_for",
    "inspect",
    "is_gzip",
    "open_bytes",
    "read_page",
    "rows_of",
    "write_variable",
]
