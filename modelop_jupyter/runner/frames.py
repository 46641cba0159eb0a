"""Whole inputs as the environment's own pandas reads them (13.13)."""

import gzip
import json
import os
import zlib

from .arrowframe import arrow_frame
from .files import BOM
from .typedframe import NotKept, typed_frame


class Unreadable(Exception):
    """An input that cannot be made a DataFrame."""


def read_frame(pandas, item, journal):
    """Read a whole input with the environment's own pandas and its defaults (13.13)."""
    options = {"compression": "gzip" if item.get("gzip") else None}
    path = item["path"]
    if not os.path.isfile(path):  # whoever opens a pipe waits for its writer
        raise Unreadable("%s is not a regular file any more" % item["name"])
    try:
        if item["format"] == "frame":
            return typed_frame(pandas, path)
        if item["format"] == "csv":
            if item.get("delimiter", ",") != ",":  # told by the host, which looks for batch jobs, too
                options["sep"] = item["delimiter"]
            return pandas.read_csv(path, **options)
        with open_input(item) as file:
            if item["format"] == "text":
                return pandas.Series([file.read().decode("utf-8")])
            shape, bom = json_shape(file)
        if item.get("lines"):
            shape = "lines"
        if bom:
            options["encoding"] = "utf-8-sig"
        if shape == "array":
            journal.log("info", "json autodetected to be a single array of containing multiple records")
        if shape == "lines" and not bom and not item.get("gzip"):
            frame = arrow_frame(pandas, path)
            if frame is not None:
                return frame
        try:
            if shape != "document":
                return pandas.read_json(path, lines=shape == "lines", **options)
        except (ValueError, TypeError, AttributeError, OverflowError):
            pass  # values mixed or huge, NaN: Python's json reads what pandas' own reader cannot
        return frame_of(pandas, json_values(item, shape))
    except NotKept as error:
        raise Unreadable("%s cannot be handed over with its types: %s" % (item["name"], error))
    except (ValueError, EOFError, OSError, RecursionError, zlib.error) as error:
        raise Unreadable("%s cannot be read as %s: %s" % (item["name"], item["format"], first_line(error)))


def first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def open_input(item):
    return gzip.open(item["path"], "rb") if item.get("gzip") else open(item["path"], "rb")


def json_shape(file):
    """Return "lines", "array" or "document" (one object over several lines), and whether there is a BOM."""
    line = b"\n"
    bom = False
    while line and not line.strip():
        line = file.readline()
        if line.startswith(BOM):
            bom, line = True, line[3:] or b"\n"
    if not line:
        return "lines", bom
    is_array = line.lstrip().startswith(b"[")
    if is_array and not any(rest.strip() for rest in file):
        return "array", bom
    try:
        json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return ("array" if is_array else "document"), bom
    return "lines", bom


def json_values(item, shape):
    with open_input(item) as file:
        if shape == "lines":
            return [json.loads(line.decode("utf-8-sig")) for line in file if line.strip()]
        whole = json.loads(file.read().decode("utf-8-sig"))
        return whole if isinstance(whole, list) else [whole]


def frame_of(pandas, values):
    if all(isinstance(value, dict) for value in values):
        return pandas.DataFrame(values)
    return pandas.Series(values, dtype=object)
