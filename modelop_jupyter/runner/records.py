"""Cutting an input into records."""

import io
import zlib

from .csvrows import csv_records
from .files import BLOCK, BOM, CountedFile, Unzipped
from .jsontext import json_records
from .malformed import Malformed


def read_records(item, journal, schema=None):
    """Yield (malformed or None, value, raw) for every record of an input."""
    counted = CountedFile(item["path"])
    stream = io.BufferedReader(Unzipped(counted) if item.get("gzip") else counted, BLOCK)
    journal.position = lambda: counted.count - (0 if item.get("gzip") else len(stream.peek()))
    try:
        if stream.peek(3)[:3] == BOM:
            stream.read(3)
        if item["format"] == "csv":
            yield from csv_records(stream, schema)
        elif item["format"] == "text":
            yield from text_records(stream)
        else:
            yield from json_records(stream)
    except (EOFError, OSError, zlib.error) as error:
        yield Malformed("damaged gzip data", "the compressed data is damaged: %s" % error), None, None
    finally:
        journal.bytes_done += journal.position()
        journal.position = lambda: 0
        counted.close()


def text_records(stream):
    """A whole file is one record (13.8)."""
    data = stream.read()
    if not data:
        return
    try:
        yield None, data.decode("utf-8"), data
    except UnicodeDecodeError as error:
        place = error.start + 1
        yield Malformed("{%d,invalid_utf8}" % place, "not UTF-8 at byte %d" % place), None, data
