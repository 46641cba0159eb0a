"""Delivery: an output gets its final name only when it is complete."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.errors import InvalidError, OutputError
from modelop_jupyter.formats import FORMATS, JSON_LINES, Writable
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Output
from modelop_jupyter.opening import target_below

_BLOCK = 1 << 20


def deliver(output: Output, folder: JobFolder) -> str | None:
    """Give what the runner wrote its name and format, and copy it to the user's path.

    Returns where it lies, None where nothing was written. Raises :class:`OutputError`, which knows
    where the job holds it instead.
    """
    part = folder.outputs / f"{output.name}.part"
    if not part.exists():
        return None
    final = folder.outputs / output.name
    format = FORMATS[output.format]
    if format.runner_format is None and isinstance(format, Writable):
        lines = folder.outputs / f"{output.name}.jsonl"
        files.rename(part, lines)
        try:
            format.write(JSON_LINES.read(lines), part)
        except (InvalidError, OSError) as error:
            raise OutputError(str(output.target or final), str(error), str(lines)) from None
        lines.unlink()
    elif output.name.lower().endswith(".gz"):
        try:
            _compress(part)
        except OSError as error:
            said = error.strerror or str(error)
            raise OutputError(str(output.target or final), said, str(part)) from None
    _sync(part)
    files.rename(part, final)
    if output.target is None:
        return str(final)
    target = Path(output.target)
    try:
        _copy(final, target, mark=folder.root.name[:8], within=output.within)
    except OSError as error:
        raise OutputError(str(target), error.strerror or str(error), str(final)) from None
    return str(target)


def keep_partial(output: Output, folder: JobFolder) -> str | None:
    """Name what a job left unfinished so that nobody takes it for the whole."""
    part = folder.outputs / f"{output.name}.part"
    if not part.exists():
        return None
    partial = folder.outputs / f"partial-{output.name}"
    files.rename(part, partial)
    return str(partial)


def _compress(path: Path) -> None:
    """Make a file what its name promises; the time is left out, so that equal outputs are equal."""
    with (
        path.open("rb") as source,
        files.replacing(path) as file,
        gzip.GzipFile("", "wb", 6, file, 0) as target,
    ):
        shutil.copyfileobj(source, target)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy(source: Path, target: Path, *, mark: str, within: str | None) -> None:
    """Copy a file whole or not at all, but into a pipe, which takes what it is given."""
    with source.open("rb") as reader:
        if within is None:
            with files.delivering(target, owner=mark) as writer:
                shutil.copyfileobj(reader, writer, _BLOCK)
            return
        with (
            target_below(Path(within), target) as place,
            files.replacing(place, mode=None, owner=mark) as writer,
        ):
            shutil.copyfileobj(reader, writer, _BLOCK)
