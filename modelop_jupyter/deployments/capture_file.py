"""Keep what a deployment was asked and what it answered, as files that jobs take as inputs."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from modelop_jupyter import files

MOST_BYTES = 100_000_000
_KEPT = 5


def outputs_path(inputs: Path) -> Path:
    """Return the file with the outputs for the records of another one: ``live.outputs.jsonl``."""
    return inputs.with_name(f"{inputs.stem}.outputs{inputs.suffix}")


class CaptureFile:
    """Appends records that were scored to one file of JSON lines, and their outputs to another.

    Beyond 100 MB both are renamed together, to ``live.1.jsonl`` and ``live.outputs.1.jsonl``, and so
    on up to 5, and begin anew. Records that were not scored are in ``errors.jsonl``.
    """

    def __init__(self, path: Path, *, most: int = MOST_BYTES) -> None:
        self._paths = (path, outputs_path(path))
        self._most = most
        path.parent.mkdir(parents=True, exist_ok=True)
        self._files = self._open()

    def add(self, record: bytes, outputs: bytes) -> None:
        """Add a record, and lines of outputs; raises :class:`OSError` on a full disk."""
        # White space between the parts of a value may be a new line, and within a text it cannot.
        line = record.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
        for file, text in zip(self._files, (line, outputs), strict=True):
            file.write(text)
        if self._files[0].tell() >= self._most:
            self._rotate()

    def flush(self) -> None:
        """Write what is buffered, so that a job can read it."""
        for file in self._files:
            file.flush()

    def close(self) -> None:
        """Close both files."""
        for file in self._files:
            file.close()

    def _open(self) -> tuple[BinaryIO, ...]:
        return tuple(files.open_private(path, "ab") for path in self._paths)

    def _rotate(self) -> None:
        self.close()
        for path in self._paths:
            for number in range(_KEPT - 1, -1, -1):
                source = path if number == 0 else _numbered(path, number)
                if source.exists():
                    source.replace(_numbered(path, number + 1))
        self._files = self._open()


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}")
