"""Several files that are one input of a batch: a glob, or the files of a folder, in the order of names.

Names are compared as text, as ``ls`` and the shell do: ``part-10`` comes before ``part-2``. Of a
folder, files that begin with ``.`` or ``_`` are left out, as Spark and Dask do, and sub-folders are
not read.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.source_code.smart_tags import SmartTags
from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import Format, check_input, open_bytes
from modelop_jupyter.formats.csvfile import allow_long_cells, detect_dialect, first_row
from modelop_jupyter.formats.dialects import describe_delimiter, row_lines
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.workspace.job_request import (
    FileSet,
    Input,
    JobRequest,
    PathBelow,
    RemoteFiles,
)

NO_DATA = (".", "_")


def resolve_inputs(request: JobRequest, tags: SmartTags) -> JobRequest:
    """Return a request whose globs and folders are what the job takes them for.

    They are one input each for a batch, unless its model has several input slots: then, as for metrics
    and train functions, each file of a glob is an input, and a folder none.
    """
    is_one = request.kind is JobKind.BATCH and not _has_several_slots(tags)
    inputs: list[Input] = []
    for given in request.inputs:
        if is_one:
            inputs.append(_files_of_folder(given) or given)
        else:
            inputs += _each_of(given)
    return replace(request, inputs=inputs)


def _each_of(given: Input) -> Sequence[Input]:
    if isinstance(given, FileSet):
        return given.paths
    return given.states if isinstance(given, RemoteFiles) else (given,)


def stage_files(given: FileSet, folder: JobFolder, *, format_name: str | None) -> JobInput:
    """Return several files as one input, empty ones left out; raises :class:`InputError`."""
    files = [path for path in given.paths if not _is_empty(path)]
    if not files:
        raise InputError(given.name, "holds no records")
    format = _common_format(given.name, files, format_name)
    format.require()
    if format.name == "csv":
        require_same_columns(given.name, files)
    if given.left_out:
        names = ", ".join(given.left_out)
        folder.log("info", f"input {given.name}: its sub-folders are not read: {names}")
    absolute = [path.absolute() for path in files]
    parent = os.path.commonpath([path.parent for path in absolute])
    return JobInput(
        given.name,
        parent,
        format.name,
        size=sum(path.stat().st_size for path in absolute),
        files=tuple(path.relative_to(parent).as_posix() for path in absolute),
    )


def _has_several_slots(tags: SmartTags) -> bool:
    # Inputs have even slots.
    return any(slot.number > 0 and slot.number % 2 == 0 for slot in tags.slots)


def _files_of_folder(given: Input) -> FileSet | None:
    """Return the files of a folder, None for an input that is none."""
    if isinstance(given, PathBelow):
        path = given.path
    elif isinstance(given, (str, Path)):
        path = Path(given).expanduser()
    else:
        return None
    name = str(given.path if isinstance(given, PathBelow) else given)
    try:
        if not path.is_dir():
            return None
        entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(name, f"cannot be read: {reason}") from None
    entries = [entry for entry in entries if not entry.name.startswith(NO_DATA)]
    folders = tuple(entry.name for entry in entries if entry.is_dir())
    files = tuple(entry for entry in entries if entry.name not in folders)
    if not files and folders:
        raise InputError(
            name,
            f"is a folder without files; its sub-folders are not read ({folders[0]}, for one)",
            f"Use a pattern such as '{name}/**/*.json'",
        )
    if not files:
        raise InputError(name, "is a folder without files")
    if isinstance(given, PathBelow):
        for file in files:
            PathBelow(file, given.below).require_regular()
    return FileSet(name, files, folders)


def _is_empty(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:
        return False  # check_input says why it cannot be read


def _common_format(name: str, files: Sequence[Path], format_name: str | None) -> Format:
    """Return the format of all files; raises :class:`InputError` where there are several."""
    formats = [
        check_input(str(path), path, scoring=True, format_name=format_name, may_be_empty=True)
        for path in files
    ]
    for path, format in zip(files, formats, strict=True):
        if format.name != formats[0].name:
            raise InputError(
                name,
                f"holds files of several formats: {files[0].name} is read as {formats[0].name},"
                f" {path.name} as {format.name}",
                "Name those of one format by a pattern such as 'data/*.csv', or choose with --format",
            )
    return formats[0]


def require_same_columns(name: str, files: Sequence[Path]) -> None:
    """Raise :class:`InputError` where the headers of two CSV files differ."""
    first: tuple[str, list[str]] | None = None
    for path in files:
        header = _header(path)
        if not header[1]:
            continue
        first = first or header
        if header == first:
            continue
        difference = _difference(files[0].name, first, path.name, header)
        raise InputError(
            name,
            f"holds CSV files that do not agree: {difference}",
            "Give all files the same header, or score them apart",
        )


def _header(path: Path) -> tuple[str, list[str]]:
    """Return the delimiter and the names of the columns."""
    allow_long_cells()
    dialect = detect_dialect(path, path.name)
    with open_bytes(path) as file:
        row = first_row(row_lines(file, dialect)).decode("utf-8-sig", "replace")
    lines = [line for line in row.splitlines(keepends=True) if line.strip()]
    return dialect.delimiter, next(csv.reader(lines, delimiter=dialect.delimiter), [])


def _difference(
    name: str, header: tuple[str, list[str]], other: str, other_header: tuple[str, list[str]]
) -> str:
    if header[0] != other_header[0]:
        marks = [describe_delimiter(mark) for mark in (header[0], other_header[0])]
        return f"cells are separated by {marks[0]} in {name}, by {marks[1]} in {other}"
    pairs = enumerate(zip_longest(header[1], other_header[1]), start=1)
    number, (one, two) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    shown = [
        f"column {number} is {title!r}" if title is not None else f"there is no column {number}"
        for title in (one, two)
    ]
    return f"{shown[0]} in {name}, {shown[1]} in {other}"
