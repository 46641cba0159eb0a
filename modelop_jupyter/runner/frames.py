"""Whole inputs as DataFrames, read by the environment's own pandas by default (spec 13.13)."""

import gzip
import io
import json
import os
import zlib

from .errors import StageError
from .input_stream import BOM
from .typed_frame import NotKeptError, typed_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from .journal import Journal
    from .protocol import InputFile

    BinaryFile = IO[bytes] | gzip.GzipFile

# For pyarrow, which reads large files of JSON lines:
HEAD_LINES = 100  # that pandas reads, too
ARROW_BYTES = 1 << 20  # below it pyarrow is not worth its import
PIECE = 1 << 18
BLOCK = 1 << 22
CERTAIN_TYPES = {"int64", "bool", "string"}


class UnreadableInputError(Exception):
    """An input that cannot become a DataFrame."""


def import_pandas(why: str) -> "Any":
    """Return pandas; raises StageError, which says why it is needed, where the model has none."""
    try:
        import pandas
    except ImportError as error:
        remedy = "add pandas to the model's requirements"
        message = f"{why}, and pandas cannot be imported ({error}): {remedy}"
        raise StageError("read", message) from error
    return pandas


def record_set(pandas: "Any", values: "list[Any]") -> "Any":
    """Return records as a DataFrame, arrays as a matrix, anything else as a Series (spec 2.1)."""
    if all(type(value) is dict for value in values):
        return pandas.DataFrame(values)
    if all(type(value) is list for value in values) and len({len(value) for value in values}) == 1:
        import numpy

        return numpy.array(values)
    return pandas.Series(values)


def read_frame(pandas: "Any", item: "InputFile", journal: "Journal") -> "Any":
    """Return a whole input as a DataFrame or Series; raises UnreadableInputError."""
    path, name = item["path"], item["name"]
    if not os.path.isfile(path):  # opening a pipe would wait for its writer
        raise UnreadableInputError(f"{name} is not a regular file any more")
    compression = "gzip" if item.get("gzip") else None
    try:
        if item["format"] == "frame":
            return typed_frame(pandas, path)
        if item["format"] == "csv":
            options = {"compression": compression}
            if item.get("delimiter", ",") != ",":  # detected by the host, as for batch jobs
                options["sep"] = item["delimiter"]
            return pandas.read_csv(path, **options)
        if item["format"] == "text":
            with open_input(item) as file:
                return pandas.Series([file.read().decode("utf-8")])
        return read_json(pandas, item, journal)
    except NotKeptError as error:
        message = f"{name} cannot be handed over with its types: {error}"
        raise UnreadableInputError(message) from error
    except (ValueError, EOFError, OSError, RecursionError, zlib.error) as error:
        message = f"{name} cannot be read as {item['format']}: {first_line(error)}"
        raise UnreadableInputError(message) from error


def read_json(pandas: "Any", item: "InputFile", journal: "Journal") -> "Any":
    """Return an input as ``pandas.read_json`` or, for what that cannot read, ``json`` reads it."""
    path = item["path"]
    with open_input(item) as file:
        shape, has_bom = json_shape(file)
    if item.get("lines"):
        shape = "lines"
    if shape == "array":
        journal.log("info", "json autodetected to be a single array of containing multiple records")
    if shape == "lines" and not has_bom and not item.get("gzip"):
        frame = arrow_frame(pandas, path)
        if frame is not None:
            return frame
    options = {"compression": "gzip" if item.get("gzip") else None}
    if has_bom:
        options["encoding"] = "utf-8-sig"
    try:
        if shape != "document":
            return pandas.read_json(path, lines=shape == "lines", **options)
    except (ValueError, TypeError, AttributeError, OverflowError):
        pass  # values mixed or huge, NaN: Python's json reads what pandas' own reader cannot
    return frame_of(pandas, json_values(item, shape))


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def open_input(item: "InputFile") -> "BinaryFile":
    return gzip.open(item["path"], "rb") if item.get("gzip") else open(item["path"], "rb")


def json_shape(file: "BinaryFile") -> "tuple[str, bool]":
    """Return a shape and whether there is a BOM.

    The shape is "lines", "array" or "document", which is one object on several lines.
    """
    line = b"\n"
    has_bom = False
    while line and not line.strip():
        line = file.readline()
        if line.startswith(BOM):
            has_bom, line = True, line[3:] or b"\n"
    if not line:
        return "lines", has_bom
    is_array = line.lstrip().startswith(b"[")
    if is_array and not any(rest.strip() for rest in file):
        return "array", has_bom
    try:
        json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return ("array" if is_array else "document"), has_bom
    return "lines", has_bom


def json_values(item: "InputFile", shape: str) -> "list[Any]":
    with open_input(item) as file:
        if shape == "lines":
            return [json.loads(line.decode("utf-8-sig")) for line in file if line.strip()]
        document = json.loads(file.read().decode("utf-8-sig"))
        return document if isinstance(document, list) else [document]


def frame_of(pandas: "Any", values: "list[Any]") -> "Any":
    if all(isinstance(value, dict) for value in values):
        return pandas.DataFrame(values)
    return pandas.Series(values, dtype=object)


def arrow_frame(pandas: "Any", path: str, min_bytes: int = ARROW_BYTES) -> "Any":
    """Return the frame that ``pandas.read_json`` makes of a file of JSON lines, read by pyarrow.

    pandas turns strings that are numbers into numbers, some columns by their name into dates, and
    is slightly off in most fractions, even in short ones such as 4.498. So there is a frame only
    for columns of integers, strings and booleans without gaps for which none of this can be true;
    for everything else this returns None, and pandas reads.
    """
    if os.path.getsize(path) < min_bytes:
        return None
    try:
        head = head_frame(pandas, path)
        if any(kind.kind == "f" for kind in head.dtypes):
            return None
        import pyarrow.json

        options = pyarrow.json.ReadOptions(block_size=BLOCK)
        table = pyarrow.json.read_json(path, options)
        names = table.column_names
        if not names or not all(is_certain(name, table.column(name)) for name in names):
            return None
        if not is_regular(path, table.num_rows):
            return None
        frame = table.to_pandas()
        return frame if is_same(head, frame.head(len(head))) else None
    except (
        Exception
    ):  # pyarrow is missing, is built for another numpy, refuses a line: pandas reads
        return None


def head_frame(pandas: "Any", path: str) -> "Any":
    """Return what pandas makes of the first lines."""
    with open(path, "rb") as file:
        lines = [line for line, _ in zip(file, range(HEAD_LINES))]
    return pandas.read_json(io.BytesIO(b"".join(lines)), lines=True)


def is_same(head: "Any", other: "Any") -> bool:
    return (
        list(head.dtypes) == list(other.dtypes)
        and head.columns.equals(other.columns)
        and head.columns.dtype == other.columns.dtype
        and head.equals(other)
    )


def is_certain(name: str, column: "Any") -> bool:
    """Say whether pandas makes of a column what pyarrow does."""
    lower = name.lower()
    is_date = (
        lower.endswith(("_at", "_time"))
        or lower in ("modified", "date")
        or lower.startswith("timestamp")
    )
    kind = str(column.type)
    if kind not in CERTAIN_TYPES or is_date or column.null_count or not len(column):
        return False
    return kind != "string" or not is_number(column[0].as_py())


def is_number(text: str) -> bool:
    """Say whether a text may be a number; one that is not keeps a whole column text."""
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True


def is_regular(path: str, rows: int) -> bool:
    """Say whether each line is one row and begins with it."""
    rest, breaks, begun = b"\n", 0, 0
    with open(path, "rb") as file:
        for data in iter(lambda: file.read(PIECE), b""):
            breaks += data.count(b"\n")
            begun += (rest + data).count(b"\n{")
            rest = data[-1:]
    return rows == begun == breaks + (rest != b"\n")
