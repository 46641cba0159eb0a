"""The job folder: the files through which host, supervisor and runner speak.

plan.json       what was asked for, written once by whoever submits (host only)
start.json      the job's id, and the environment's interpreter where that is ready
supervisor.json number and beginning of the supervisor's process
supervisor.lock locked while somebody is in charge of the job
end.lock        locked by whoever writes the end
follower.json   number and beginning of a process that waits for the job and shows its end
request.json    what to run, read by the runner
job.json        the job in ModelOp's shape; a model sees its text as ``rawJson``
work/           the model's working directory, a fresh copy of its assets; in the end, what it changed
staged.json     how the files of work/ were before the model saw them
pinned          an empty file: the job is never removed
inputs/         inputs the host had to write: variables, converted files
outputs/        results; ``.part`` until complete
events.jsonl    what happens, appended by supervisor and runner
errors.jsonl    records that were rejected or failed
progress.bin    the record that was begun last
result.json     the runner's end marker
outcome.json    how the job ended: the truth that the registry copies
recorded        an empty file: the registry has copied it
spare           room for the end of a job that has filled the disk
checkpoint.json how far the runner has come for good, where it can go on from there
digests.json    size, time and SHA-256 of each input, once they are known
workers/N/      a job folder for each of several runners, until their parts are put together
console.log     what the model printed
supervisor.log  what went wrong with the supervisor, as a rule nothing
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.errors import DamagedJobError
from modelop_jupyter.jobs.shapes import flaw_of_message, is_error, is_event

_TAIL = 1 << 18
_SPARE = 1 << 16


@dataclass(frozen=True, slots=True)
class JobFolder:
    """Paths of one job and the plain reading and writing of its messages."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def inputs(self) -> Path:
        return self.root / "inputs"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    @property
    def console(self) -> Path:
        return self.root / "console.log"

    @property
    def events_file(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def errors_file(self) -> Path:
        return self.root / "errors.jsonl"

    @property
    def workers_folder(self) -> Path:
        return self.root / "workers"

    @property
    def workers(self) -> list[JobFolder]:
        """The folders of several runners, in the order of the input; none where one does it all."""
        try:
            names = [path for path in self.workers_folder.iterdir() if path.name.isdecimal()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = sorted(names, key=lambda path: int(path.name))
        return [JobFolder(path) for path in found]

    def create(self) -> None:
        """Make the folder; it must not exist."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700)
        self.inputs.mkdir()
        self.outputs.mkdir()
        with files.open_private(self.root / "spare", "wb") as spare:
            spare.write(bytes(_SPARE))

    def make_room(self) -> None:
        """Give back what was put aside, so that the end of the job can be written."""
        (self.root / "spare").unlink(missing_ok=True)

    def is_full(self) -> bool:
        """Say whether there is no room left on the disk."""
        return shutil.disk_usage(self.root).free < _SPARE

    def write(self, name: str, message: Any) -> None:
        """Write a message under a temporary name and rename it."""
        files.write_text(self.root / name, json.dumps(message, ensure_ascii=False))

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a message, None when it is not there.

        Raises :class:`DamagedJobError` for a file that does not hold what is read of it.
        """
        try:
            text = (self.root / name).read_bytes().decode()
            message: dict[str, Any] = json.loads(text)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self.damaged(name, (error.strerror or str(error)).lower()) from None
        except (ValueError, RecursionError):
            raise self.damaged(name, "it is not JSON") from None
        flaw = flaw_of_message(name, message)
        if flaw is not None:
            raise self.damaged(name, flaw)
        return message

    def read_if_whole(self, name: str) -> dict[str, Any] | None:
        """Return a message that can be done without, None when it is damaged."""
        try:
            return self.read(name)
        except DamagedJobError:
            return None

    def damaged(self, name: str, reason: str, remedy: str | None = None) -> DamagedJobError:
        """Return the error that says what is wrong with a file of this folder."""
        job, parent = self.root, self.root.parent
        if parent.name == "workers":
            job, name = parent.parent, f"workers/{self.root.name}/{name}"
        return DamagedJobError(job.name[:8], name, reason, remedy)

    def append(self, event: str, **data: Any) -> None:
        """Append an event, in one write so that lines of two processes never mix."""
        line = json.dumps({"t": time.time(), "event": event, **data}, ensure_ascii=False) + "\n"
        with files.open_private(self.events_file, "ab") as file:
            file.write(line.encode())

    def log(self, level: str, text: str) -> None:
        """Append a line of the job's log, placed in the model's console where that stands now."""
        self.append("log", level=level, text=text, console=self.console_size())

    def console_size(self) -> int:
        try:
            return self.console.stat().st_size
        except OSError:
            return 0

    def events(self, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the complete events behind an offset, each with the offset behind it.

        What is torn, as a full disk leaves it, is passed over.
        """
        for behind, event in self.event_lines(offset):
            if event is not None:
                yield behind, event

    def event_lines(
        self, offset: int = 0, *, is_whole: bool = False
    ) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Yield what :meth:`events` does, and None for each line that cannot be read.

        ``is_whole`` says that nothing will come behind a last line without its end.
        """
        return _lines(self.events_file, is_event, offset, is_whole=is_whole)

    def last_event(self, name: str) -> dict[str, Any] | None:
        """Return the newest event of a kind among the last ones, however long the file is."""
        try:
            with self.events_file.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                lines = file.read().split(b"\n")
        except OSError:
            return None
        mark = f'"{name}"'.encode()
        for line in reversed(lines[:-1]):
            if mark in line:
                event = _parsed(line, is_event)
                if event is not None and event["event"] == name:
                    return event
        return None

    def errors(self) -> Iterator[dict[str, Any]]:
        """Yield the records that were rejected or failed; what is torn is passed over."""
        return (error for error in self.error_lines() if error is not None)

    def error_lines(self, *, is_whole: bool = False) -> Iterator[dict[str, Any] | None]:
        """Yield what :meth:`errors` does, and None for each line that cannot be read."""
        return (error for _, error in _lines(self.errors_file, is_error, is_whole=is_whole))

    def error_of(self, line: bytes) -> dict[str, Any] | None:
        """Return what a line of the errors tells, None where it cannot be read."""
        return _parsed(line, is_error)


def _lines(
    path: Path, is_good: Callable[[Any], bool], offset: int = 0, *, is_whole: bool = False
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield offset, None
        return
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n") and not is_whole:
                return
            offset += len(line)
            if line.strip():
                yield offset, _parsed(line, is_good)


def _parsed(line: bytes, is_good: Callable[[Any], bool]) -> dict[str, Any] | None:
    try:
        message: dict[str, Any] = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return message if is_good(message) else None
