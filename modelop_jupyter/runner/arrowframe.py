"""JSON lines to the frame that ``pandas.read_json`` makes of them, by pyarrow, where that is certain.

pandas turns strings that are numbers into numbers, some columns by their name into dates, and is a bit off in
most fractions, even in short ones such as 4.498. So there is a frame only for columns of whole numbers, strings
and booleans without gaps of which none of this can be true; for all else there is None, and pandas reads.
"""

import io
import os

HEAD = 100  # lines that pandas reads, too
MANY = 1 << 20  # bytes: below it pyarrow is not worth its import
PIECE = 1 << 18
BLOCK = 1 << 22
CERTAIN = {"int64", "bool", "string"}


def arrow_frame(pandas, path, many=MANY):
    """Return the frame of a file of JSON lines, None where only pandas itself knows what it would be."""
    if os.path.getsize(path) < many:
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
    except Exception:  # pyarrow is not there, is built for another numpy, refuses a line: pandas has the word
        return None


def head_frame(pandas, path):
    with open(path, "rb") as file:
        lines = [line for line, _ in zip(file, range(HEAD))]
    return pandas.read_json(io.BytesIO(b"".join(lines)), lines=True)


def is_same(head, other):
    return (
        list(head.dtypes) == list(other.dtypes)
        and head.columns.equals(other.columns)
        and head.columns.dtype == other.columns.dtype
        and head.equals(other)
    )


def is_certain(name, column):
    """Say whether pandas makes of a column what pyarrow does."""
    lower = name.lower()
    is_date = lower.endswith(("_at", "_time")) or lower in ("modified", "date") or lower.startswith("timestamp")
    kind = str(column.type)
    if kind not in CERTAIN or is_date or column.null_count or not len(column):
        return False
    return kind != "string" or not is_number(column[0].as_py())


def is_number(text):
    """Say whether a text may be a number; one that is none keeps a whole column text."""
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True


def is_regular(path, rows):
    """Say whether each line is one row and begins with it."""
    rest, breaks, begun = b"\n", 0, 0
    with open(path, "rb") as file:
        for data in iter(lambda: file.read(PIECE), b""):
            breaks += data.count(b"\n")
            begun += (rest + data).count(b"\n{")
            rest = data[-1:]
    return rows == begun == breaks + (rest != b"\n")
