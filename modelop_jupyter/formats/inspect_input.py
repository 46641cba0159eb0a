"""Whether a file can be a job's input at all: one look at its head before anything starts.

Single bad records are the job's business (spec 13.11). Refused here is only what no record could
be taken from: no records, another format than the name says, or for scoring one JSON array over
several lines (13.6).
"""

from __future__ import annotations

import json
from io import BytesIO
from itertools import islice
from pathlib import Path

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.base import Format, open_bytes
from modelop_jupyter.formats.dialects import dialect_of, plain_lines
from modelop_jupyter.formats.stand_ins import stand_in
from modelop_jupyter.formats.table import FORMATS, format_for
from modelop_jupyter.opening import IrregularFileError

_HEAD = 64 * 1024
_WHOLE = 64 * 1024 * 1024
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"Obj\x01": "an Avro file",
    b"PK\x03\x04": "a ZIP archive or Office document",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF document",
    b"\x80\x04\x95": "a pickle",
    b"SQLite format 3": "a SQLite database",
}


def inspect(name: str, path: Path, *, scoring: bool, said: str | None = None) -> Format:
    """Return the format of an input file; raises :class:`InputError` if it cannot be one.

    ``said`` is the format that the user tells: then nothing is guessed, by name or content.
    """
    format = FORMATS[said] if said else format_for(name)
    try:
        if path.is_dir():
            raise InputError(
                name, "is a folder", "Name a file in it, or use a pattern such as 'data/*.csv'"
            )
        with open_bytes(path) as file:
            head = file.read(_HEAD)
            while head and not head.strip():
                head = file.read(_HEAD)
    except IrregularFileError as error:
        raise InputError(
            name, f"is {error.what}, not a file", "Copy what it gives to a file first"
        ) from None
    except FileNotFoundError:
        raise InputError(name, "no such file", f"Paths begin in {Path.cwd()}") from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(name, f"cannot be read ({reason})") from None
    if not head.strip():
        raise InputError(name, "holds no records")
    other = stand_in(name, head, is_text=format.name == "text")
    if other is not None:
        raise InputError(name, *other)
    if format.runner_format is None:
        _check_magic(name, head, format, is_said=said is not None)
        return format
    _check_text(name, head, format)
    if said:
        return format
    if format.name == "json":
        _check_json(name, path, head, scoring)
    elif format.name == "csv":
        _check_csv(name, head)
    return format


def _check_magic(name: str, head: bytes, format: Format, *, is_said: bool) -> None:
    found = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    wanted = {"parquet": b"PAR1", "arrow": b"ARROW1", "avro": b"Obj\x01"}[format.name]
    if not head.startswith(wanted):
        says = "it is said to be" if is_said else "its name says"
        what = f"it is {found}" if found else "its first bytes are something else"
        raise InputError(name, f"is not the {format.name} file {says}: {what}")


def _check_text(name: str, head: bytes, format: Format) -> None:
    found = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    if b"\x00" in head and head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(name, "is encoded as UTF-16", "Save it as UTF-8")
    if found is None and not _has_text_line(head, format):
        found = "binary data"
    if found:
        kind = {"json": "JSON", "jsonl": "JSON", "csv": "CSV", "text": "text"}[format.name]
        raise InputError(
            name,
            f"is {found}, not {kind}",
            "Rename it or convert it first, or say what it is with --format",
        )


def _has_text_line(head: bytes, format: Format) -> bool:
    """Say whether some line could be a record; a line of zeros among others is only rejected (13.11)."""
    if b"\x00" not in head or format.name == "text":
        return b"\x00" not in head
    lines = _filled_lines(head)
    if format.name == "csv":
        return "\0" not in lines[0]
    return any(map(_parses, lines[:100]))


def _check_json(name: str, path: Path, head: bytes, scoring: bool) -> None:
    lines = _filled_lines(head)
    if not lines or _parses(lines[0]):
        return
    if scoring and lines[0].lstrip().startswith("[") and _is_one_array(path, lines):
        raise InputError(
            name,
            "is one JSON array over several lines, and ModelOp Center scores each line as a record",
            "Write one record per line: with open(OUT, 'w') as f: f.writelines(json.dumps(r) + '\\n' for r in records)",
        )
    if lines[0].lstrip()[:1] in ("[", "{"):
        return
    if len(lines) > 1 and not any(map(_parses, islice(lines, 100))):
        commas = {line.count(",") for line in lines[:20]}
        if lines[0].lstrip().startswith("<"):
            raise InputError(name, "is XML, not JSON lines", "Give it a name ending in .xml")
        if len(commas) == 1 and commas != {0}:
            raise InputError(name, "is CSV, not JSON lines", "Give it a name ending in .csv")


def _filled_lines(head: bytes) -> list[str]:
    """Return the lines as the runner cuts them: other marks than a newline may stand in a record."""
    return [line for line in head.decode("utf-8-sig", "replace").split("\n") if line.strip()]


def _parses(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_one_array(path: Path, lines: list[str]) -> bool:
    with open_bytes(path) as file:
        data = file.read(_WHOLE + 1)
    if b"\n" not in data.strip():
        return False  # a long line, which is one record
    if len(data) > _WHOLE:
        # Too big to read for this question: an array's items never are complete lines by themselves.
        # The last line may be cut off where the head ends.
        return len(lines) > 2 and not any(map(_parses, lines[:-1][:100]))
    try:
        return isinstance(json.loads(data.decode("utf-8-sig")), list)
    except (ValueError, RecursionError):
        return False


def _check_csv(name: str, head: bytes) -> None:
    filled = _filled_lines(head)
    if filled and filled[0].lstrip()[:1] in ("{", "[") and _parses(filled[0]):
        raise InputError(name, "is JSON lines, not CSV", "Give it a name ending in .json")
    dialect = dialect_of(name, head)
    rows = [line for line in plain_lines(BytesIO(head), dialect) if line.strip()]
    if len(rows) < 2 and len(head) < _HEAD:
        raise InputError(name, "holds a header line but no records")
