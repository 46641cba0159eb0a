"""The job folder: the files through which host, supervisor and runner speak.

plan.json       what was asked for, written once by whoever submits (host only)
start.json      the job's id, and the environment's interpreter where that is ready
supervisor.json number and beginning of the supervisor's process
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter import files

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
        if not self.workers_folder.is_dir():
            return []
        found = sorted(self.workers_folder.iterdir(), key=lambda path: int(path.name))
        return [JobFolder(path) for path in found]

    def create(self) -> None:
        """Make the folder; it must not exist."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700)
        self.inputs.mkdir()
        self.outputs.mkdir()
        (self.root / "spare").write_bytes(bytes(_SPARE))

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
        """Return a message, None when it is not there."""
        try:
            text = (self.root / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        message: dict[str, Any] = json.loads(text)
        return message

    def append(self, event: str, **data: Any) -> None:
        """Append an event, in one write so that lines of two processes never mix."""
        line = json.dumps({"t": time.time(), "event": event, **data}, ensure_ascii=False) + "\n"
        with self.events_file.open("ab") as file:
            file.write(line.encode())

    def log(self, level: str, text: str) -> None:
        """Append a line of the job's log, placed in the model's console where that stands now."""
        self.append("log", level=level, text=text, console=self.console_size())

    def console_size(self) -> int:
        try:
            return self.console.stat().st_size
        except FileNotFoundError:
            return 0

    def events(self, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the complete events behind an offset, each with the offset behind it."""
        try:
            file = self.events_file.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield offset, json.loads(line)

    def last_event(self, name: str) -> dict[str, Any] | None:
        """Return the newest event of a kind among the last ones, however long the file is."""
        try:
            with self.events_file.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return None
        mark = f'"{name}"'.encode()
        for line in reversed(lines[:-1]):
            if mark in line and line.startswith(b"{") and line.endswith(b"}"):
                event: dict[str, Any] = json.loads(line)
                if event["event"] == name:
                    return event
        return None

    def errors(self) -> Iterator[dict[str, Any]]:
        """Yield the records that were rejected or failed."""
        try:
            file = self.errors_file.open(encoding="utf-8")
        except FileNotFoundError:
            return
        with file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)
