"""Check whether a file can be a job's input, by its first bytes, before anything starts.

Single bad records are counted by the job (spec 13.11). Refused here is only a file without records,
of another format than its name says, or, for scoring, a JSON array over several lines (spec 13.6).
"""

from __future__ import annotations

import json
from io import BytesIO
from itertools import islice
from pathlib import Path

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.base import Format, open_bytes
from modelop_jupyter.formats.dialects import dialect_from_head, row_lines
from modelop_jupyter.formats.placeholders import describe_placeholder
from modelop_jupyter.formats.table import FORMATS, format_for
from modelop_jupyter.remedies import Remedy
from modelop_jupyter.safe_open import IrregularFileError

_HEAD = 64 * 1024
_WHOLE = 64 * 1024 * 1024
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), or one with a password",
    b"PK\x03\x04": "a ZIP archive or Office document",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF document",
    b"\x80\x04\x95": "a pickle",
    b"SQLite format 3": "a SQLite database",
}
_FORMAT_OF_MAGIC = {b"PAR1": "parquet", b"Obj\x01": "avro", b"ORC": "orc"}


def check_input(
    name: str,
    path: Path,
    *,
    scoring: bool,
    format_name: str | None = None,
    may_be_empty: bool = False,
) -> Format:
    """Return the format of an input file; raises :class:`InputError` if it cannot be one.

    ``format_name`` is the format that the user chose; then neither name nor content is guessed
    from. ``may_be_empty``: one of several files may hold no records.
    """
    format = FORMATS[format_name] if format_name else format_for(name)
    head = _read_head(name, path)
    if not head.strip():
        if may_be_empty:
            return format
        raise InputError(name, "holds no records")
    placeholder = describe_placeholder(name, head, is_text=format.name == "text")
    if placeholder is not None:
        raise InputError(name, *placeholder)
    if format.runner_format is None:
        _check_magic(name, head, format, is_chosen=format_name is not None)
        return format
    _check_text(name, head, format)
    if format_name:
        return format
    if format.name == "json":
        _check_json(name, path, head, scoring)
    elif format.name == "csv":
        _check_csv(name, head, may_be_empty=may_be_empty)
    return format


def _read_head(name: str, path: Path) -> bytes:
    """Return the first bytes of a file that are not all blank; raises :class:`InputError`."""
    try:
        if path.is_dir():
            raise InputError(
                name, "is a folder", "Name a file in it, or use a pattern such as 'data/*.csv'"
            )
        with open_bytes(path) as file:
            head = file.read(_HEAD)
            while head and not head.strip():
                head = file.read(_HEAD)
            return head
    except IrregularFileError as error:
        raise InputError(
            name, f"is {error.what}, not a file", "Copy its content to a file first"
        ) from None
    except FileNotFoundError:
        raise InputError(name, "no such file", f"Relative paths start in {Path.cwd()}") from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(name, f"cannot be read ({reason})") from None


def _check_magic(name: str, head: bytes, format: Format, *, is_chosen: bool) -> None:
    kind = next(
        (description for prefix, description in _MAGIC.items() if head.startswith(prefix)), None
    )
    magic_bytes = {"parquet": b"PAR1", "arrow": b"ARROW1", "avro": b"Obj\x01"}
    magic_bytes |= {"orc": b"ORC", "excel": b"PK\x03\x04"}
    if not head.startswith(magic_bytes[format.name]):
        says = "--format says" if is_chosen else "its name says"
        description = f"it is {kind}" if kind else "its first bytes are something else"
        raise InputError(
            name, f"is not the {format.name} file {says}: {description}", remedies=_as(head)
        )


def _check_text(name: str, head: bytes, format: Format) -> None:
    kind = next((kind_name for magic, kind_name in _MAGIC.items() if head.startswith(magic)), None)
    if b"\x00" in head and head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(name, "is encoded as UTF-16", "Save it as UTF-8")
    if kind is None and not _has_text_line(head, format):
        kind = "binary data"
    if kind:
        format_label = {"json": "JSON", "jsonl": "JSON", "csv": "CSV", "text": "text"}[format.name]
        raise InputError(
            name,
            f"is {kind}, not {format_label}",
            "Rename or convert it first, or choose its format with --format",
            remedies=_as(head),
        )


def _as(head: bytes, format_name: str | None = None) -> tuple[Remedy, ...]:
    """Return the remedy that reads an input in the format that it has, or that its first bytes say."""
    named = format_name or next(
        (name for magic, name in _FORMAT_OF_MAGIC.items() if head.startswith(magic)), None
    )
    return (Remedy(f"Read it as {named}", options=("--format", named)),) if named else ()


def _has_text_line(head: bytes, format: Format) -> bool:
    """Return whether some line could be a record; one with zeros is a bad one (spec 13.11)."""
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
            "Write one record per line: with open(OUT, 'w') as f:"
            " f.writelines(json.dumps(r) + '\\n' for r in records)",
        )
    if lines[0].lstrip()[:1] in ("[", "{"):
        return
    if len(lines) > 1 and not any(map(_parses, islice(lines, 100))):
        commas = {line.count(",") for line in lines[:20]}
        if lines[0].lstrip().startswith("<"):
            hint = "Give it a name ending in .xml"
            raise InputError(name, "is XML, not JSON lines", hint, remedies=_as(head, "text"))
        if len(commas) == 1 and commas != {0}:
            hint = "Give it a name ending in .csv"
            raise InputError(name, "is CSV, not JSON lines", hint, remedies=_as(head, "csv"))


def _filled_lines(head: bytes) -> list[str]:
    """Return the non-blank lines, split as the runner does: at newlines only."""
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
        return False  # one long line, which is one record
    if len(data) > _WHOLE:
        # Too large to parse: in an array over several lines no line is complete JSON by itself.
        # The last line may be cut off at the end of the head.
        return len(lines) > 2 and not any(map(_parses, lines[:-1][:100]))
    try:
        return isinstance(json.loads(data.decode("utf-8-sig")), list)
    except (ValueError, RecursionError):
        return False


def _check_csv(name: str, head: bytes, *, may_be_empty: bool) -> None:
    filled = _filled_lines(head)
    if filled and filled[0].lstrip()[:1] in ("{", "[") and _parses(filled[0]):
        hint = "Give it a name ending in .json"
        raise InputError(name, "is JSON lines, not CSV", hint, remedies=_as(head, "jsonl"))
    dialect = dialect_from_head(name, head)
    rows = [line for line in row_lines(BytesIO(head), dialect) if line.strip()]
    if len(rows) < 2 and len(head) < _HEAD and not may_be_empty:
        raise InputError(name, "holds a header line but no records")
