"""The log of a deployment: what happened to it, and what its replicas printed, in ModelOp's words."""

from __future__ import annotations

import io
import logging
import os
from datetime import datetime, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from modelop_jupyter import files
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.following import log
from modelop_jupyter.jobs.outcome import timestamp

_MOST_BYTES = 5_000_000
_MOST_CONSOLE = 8_000_000


class _PrivateFile(RotatingFileHandler):
    """A file that only its owner reads: models print records."""

    def _open(self) -> TextIO:  # type: ignore[override]
        return io.TextIOWrapper(
            files.open_private(Path(self.baseFilename), "ab"), "utf-8", "backslashreplace"
        )


class LogFile:
    """Appends to a log; beyond 5 MB it is renamed to ``….log.1`` and begins anew."""

    def __init__(self, path: Path) -> None:
        self._handler = _PrivateFile(path, maxBytes=_MOST_BYTES, backupCount=1)

    def write(self, level: str, text: str) -> None:
        """Append a line with the time and a level, such as ``info``."""
        self.append(f"{timestamp(datetime.now(timezone.utc))} [{level}] {text}")

    def append(self, entry: str) -> None:
        """Append an entry as it is."""
        self._handler.emit(logging.makeLogRecord({"msg": entry}))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


class ReplicaLog:
    """Moves what the runner of a replica logs, and what the model prints, to the deployment's log."""

    def __init__(self, folder: JobFolder, target: LogFile) -> None:
        self._folder = folder
        self._target = target
        self._position = log.LogPosition()

    def move(self, *, is_whole: bool = False) -> None:
        """Append what is new; ``is_whole`` takes an incomplete last line, too."""
        entries, self._position = log.read(self._folder, self._position, is_whole=is_whole)
        for entry in entries:
            self._target.append(entry)
        if self._position.console > _MOST_CONSOLE:
            self._empty_console()

    def _empty_console(self) -> None:
        """Empty the file that the model prints to, which would grow for ever.

        What it prints between the look before and this moment is lost.
        """
        os.truncate(self._folder.console, 0)
        self._position = log.LogPosition(self._position.events, 0)


def log_after(path: Path, offset: int, limit: int) -> tuple[str, int]:
    """Return up to ``limit`` bytes of a log after an offset, in whole lines, and the offset after them.

    A log that has begun anew is read from its beginning.
    """
    try:
        with path.open("rb") as file:
            if offset > file.seek(0, os.SEEK_END):
                offset = 0
            file.seek(offset)
            data = file.read(limit)
    except FileNotFoundError:
        return "", 0
    whole = data[: data.rfind(b"\n") + 1] or data
    return whole.decode("utf-8", "replace"), offset + len(whole)


def whole_log(path: Path) -> str:
    """Return a log with the part before it."""
    parts = [path.with_name(path.name + ".1"), path]
    return "".join(part.read_text("utf-8", "replace") for part in parts if part.exists())
