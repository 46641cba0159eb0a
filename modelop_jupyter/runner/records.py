"""Cutting an input into records."""

from .csvrows import csv_records
from .files import BLOCK, BOM
from .jsontext import json_records
from .malformed import DAMAGES, Malformed, damaged
from .stream import Blocks


def read_records(feed, stream):
    """Yield (malformed or None, value, raw, [offset, length]) for every record of an input."""
    kind = feed.item["format"]
    try:
        if kind == "csv":
            yield from csv_records(feed.item, stream, feed.schema)
        elif kind == "text":
            yield from text_records(stream)
        else:
            yield from json_records(Blocks(stream))
    except DAMAGES as error:
        yield damaged(error), None, None, [stream.offset, 0]


def text_records(stream):
    """A whole file is one record (13.8)."""
    data = b"".join(iter(lambda: stream.take(BLOCK), b""))
    if data.startswith(BOM):
        data = data[len(BOM) :]
    if not data:
        return
    place = [stream.offset - len(data), len(data)]
    try:
        yield None, data.decode("utf-8"), data, place
    except UnicodeDecodeError as error:
        at = error.start + 1
        yield Malformed("{%d,invalid_utf8}" % at, "not UTF-8 at byte %d" % at), None, data, place
