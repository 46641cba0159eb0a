"""Make JSON lines of files that the runner cannot read: ``python -m modelop_jupyter.jobs.conversion FOLDER``.

The files of a job that is one process are converted when it is submitted. Where an input is shared,
each chunk is converted where it is scored, by a process of its own beside the runner, so that the
cores or nodes that score records read them, too.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.domain.jobs import JobError
from modelop_jupyter.engines import LIFELINE, describe_exit
from modelop_jupyter.errors import InputError, ModelOpError
from modelop_jupyter.formats import FORMATS, JSON_LINES
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.formats.json_values import plain_rows
from modelop_jupyter.jobs import job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import Conversion, ConversionEnd, Conversions, RequestInput
from modelop_jupyter.safe_open import open_regular

CONVERSION_LOG = "conversion.log"
# What reading libraries raise; an OSError may come from our own disk.
UNREADABLE = (
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    NotImplementedError,
)


def as_converted(
    data: RequestInput, part: ByteRange | None, target: Path
) -> tuple[RequestInput, Conversion]:
    """Return a file of an input as the runner reads it, and the conversion that makes it."""
    name = data.name if data.file is None else f"{data.name}: {data.file}"
    made = replace(data, path=str(target), format="json", gzip=False, remote=None)
    return made, Conversion(name, data.path, data.format, str(target), part)


def convert(conversion: Conversion) -> None:
    """Write the records of a file, or of a range of one, as JSON lines; raises :class:`InputError`."""
    name, path, part = conversion.name, Path(conversion.path), conversion.range
    cut = record_cut(conversion.format)
    try:
        if part is None or cut is None:
            records = _read(conversion, FORMATS[conversion.format].read(path))
            JSON_LINES.write(plain_rows(name, records), Path(conversion.target))
            return
        with open_regular(path) as file:
            before = cut.count_records(file, ByteRange(0, part.start)) if part.start else 0
            records = _read(conversion, cut.records(file, part))
            JSON_LINES.write(plain_rows(name, records, first=before), Path(conversion.target))
    except UNREADABLE as error:
        raise _unreadable(conversion, error) from None


def _read(conversion: Conversion, records: Iterator[Any]) -> Iterator[Any]:
    """Yield records; what fails meanwhile is no failure of writing."""
    try:
        yield from records
    except OSError as error:
        raise _unreadable(conversion, error) from None


def _unreadable(conversion: Conversion, error: Exception) -> InputError:
    return InputError(conversion.name, f"cannot be read as {conversion.format} ({error})")


def is_needed(folder: JobFolder) -> bool:
    """Return whether something has to be converted before the runner of a folder can start."""
    if not folder.has(Conversions):
        return False
    end = folder.read_if_whole(ConversionEnd)
    return end is None or end.error is not None


def error_of(folder: JobFolder, code: int) -> JobError | None:
    """Return why the process that converts has ended without success, None where it has not."""
    end = folder.read_if_whole(ConversionEnd)
    if end is not None:
        return end.error
    if folder.is_full():
        return job_errors.of_full_disk(folder)
    names = ", ".join(one.name for one in folder.require(Conversions).conversions)
    log = folder.root / CONVERSION_LOG
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    last = f": {lines[-1]}" if lines else ""
    return JobError(
        "conversion_died",
        f"the process that read {names} ended ({describe_exit(code)}){last}",
        "If memory ran out, use fewer workers, or smaller row groups",
    )


def remove_text(folder: JobFolder) -> None:
    """Remove what was made for a runner that has come to its end."""
    conversions = folder.read_if_whole(Conversions)
    for conversion in conversions.conversions if conversions else ():
        with suppress(OSError):
            Path(conversion.target).unlink()


def main(arguments: list[str]) -> int:
    """Convert what a folder asks for, and write how that ended."""
    _end_with_parent()
    folder = JobFolder(Path(arguments[0]))
    conversions = folder.require(Conversions).conversions
    try:
        for conversion in conversions:
            convert(conversion)
    except ModelOpError as error:
        folder.write(ConversionEnd(error=job_errors.of_refusal(error)))
        return 1
    size = sum(Path(conversion.target).stat().st_size for conversion in conversions)
    folder.write(ConversionEnd(size))
    return 0


def _end_with_parent() -> None:
    """End this process when the one that started it has ended, however it did."""
    number = os.environ.pop(LIFELINE, None)
    if number is None:
        return

    def watch(descriptor: int) -> None:
        select.select([descriptor], [], [])
        os._exit(1)

    threading.Thread(target=watch, args=(int(number),), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
