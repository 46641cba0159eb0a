"""What the host reads of a job: log, progress, counts, and JSON files such as result.json."""

import json
import mmap
import os
import re
import sys
import time

from .errors import CannotWrite
from .files import Appender, open_private, rename, temporary_name
from .lifeline import HeldLifeline
from .termination import exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .output import Output
    from .printed import PrintedText
    from .protocol import ByteRange, InputFile

REPORT_SECONDS = 0.1  # between two events of progress
FIRST_RECORDS = 10  # each of them is reported
RETRY = "retry"  # stands for a stage among the problems that are logged
MAX_LOGGED = 2000  # lines of the log that the problems of one stage may fill
WARNING_IS_AN_ERROR = "ModelOp's runtime counts a UserWarning"
# Why a job's result is FAILURE, in ModelOp's words (spec 2.4), by the stage of its first problem.
REASONS = {
    "input encoding": "input record rejected by encoding",
    "input schema": "input record rejected by schema",
    "model": (
        "An output error occurred during model execution, please check the engine logs for details"
    ),
    "output encoding": "output record rejected by encoding",
    "output schema": "output record rejected by schema",
}


class Journal:
    """The job's counts, its log and progress (events.jsonl), errors.jsonl and progress.bin.

    ``current_record`` is progress.bin as a memory map: number of the input, index of the record
    that was begun last, and the number of the try while the model has that record, 0 between records. ``stages`` counts
    problems by stage; ``bytes_read`` tells how much of the current input is done. ``tries`` counts, where
    records may be tried again, those that were (``retried``) and the further tries (``retries``).
    """

    def __init__(
        self, folder: str, inputs: "Sequence[InputFile]", part: "ByteRange | None" = None
    ) -> None:
        self.folder = folder
        self.console = os.path.join(folder, "console.log")
        self.events = Appender(os.path.join(folder, "events.jsonl"))
        self.errors = Appender(os.path.join(folder, "errors.jsonl"))
        self.output: Output | Appender | None = None
        self.printed: PrintedText | None = None
        self.records_in = self.rejected = self.failed = self.records_out = 0
        self.tries: dict[str, int] = {}
        self.stages: dict[str, int] = {}
        self.logged: dict[str, int] = {}  # problems by stage, with those that were only counted
        self.logged_before: set[tuple[str, Any]] = set()  # see read_earlier_log()
        self.has_explained_warnings = False
        self.warnings: list[str] = []
        self.bytes_done = 0
        self.bytes_read: Callable[[], int] = lambda: 0
        self.bytes_total = size_of(inputs, part)
        self.next_report = 0.0
        self.current_record = self._map_progress()

    def _map_progress(self) -> "memoryview[int]":
        path = os.path.join(self.folder, "progress.bin")
        part = temporary_name(path)
        # Real pages: a hole in a full disk would be a SIGBUS later.
        with open(part, "wb", opener=open_private) as file:
            file.write(b"\xff" * 16 + b"\0" * 8)
        rename(part, path)  # the host never finds a part of it
        with open(path, "r+b") as file:
            return memoryview(mmap.mmap(file.fileno(), 24)).cast("q")

    def read_earlier_log(self) -> None:
        """Read what an earlier process of this job has logged, so that nothing is logged twice.

        Lines about a record are recognised by its index: their texts may differ the next time.
        """
        try:
            with open(self.events.path, "rb") as file:
                for line in file:
                    try:
                        event = json.loads(line.decode())
                    except (ValueError, RecursionError):
                        continue
                    if isinstance(event, dict) and event.get("event") == "log":
                        text = str(event.get("text"))
                        self.logged_before.add(log_key(text, event.get("record")))
                        self.has_explained_warnings |= text.startswith(WARNING_IS_AN_ERROR)
        except OSError:
            pass

    def log(self, level: str, text: str, *, always: bool = False) -> None:
        """Write a line of the log at once, so that it is there whatever the model does next."""
        if always or log_key(text, None) not in self.logged_before:
            self._log(level, text)
            self.events.flush()

    def _log(self, level: str, text: str, record: "int | None" = None) -> None:
        """Add a line of ModelOp's log, and the size of the console at that moment."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S110 - a model may have closed or replaced it
                pass
        try:
            console = os.stat(self.console).st_size
        except OSError:
            console = 0
        event = {"event": "log", "level": level, "text": text, "console": console}
        if record is not None:
            event["record"] = record
        self._event(event)

    def _event(self, event: "dict[str, Any]") -> None:
        event["t"] = round(time.time(), 3)
        self.events.add(json.dumps(event).encode() + b"\n")

    def log_problem(self, stage: str, level: str, text: str, record: int) -> None:
        """Log a record's problem, up to a number: a million of them are in errors.jsonl only."""
        count = self.logged[stage] = self.logged.get(stage, 0) + 1
        if log_key("", record) in self.logged_before:
            return
        if count <= MAX_LOGGED:
            self._log(level, text, record)
        elif count == MAX_LOGGED + 1:
            further = "further records with this error are only counted: " + REASONS[stage]
            self._log("warning", further, record)

    def explain_warning(self, error: BaseException) -> None:
        """Log once why a UserWarning is an error (spec 13.5), and how the model turns it off."""
        if isinstance(error, UserWarning) and not self.has_explained_warnings:
            self.has_explained_warnings = True
            match: Any = re.match(r"[A-Za-z ,_-]*", str(error))
            start = match.group(0).strip()[:50]
            message = f", message={start!r}" if start else ""
            self.log(
                "warning",
                f"{WARNING_IS_AN_ERROR} that is raised while the model works as an error. To turn"
                " this one off, add to the model: import warnings;"
                f" warnings.filterwarnings('ignore'{message}, category=UserWarning)",
            )

    def log_retry(self, text: str) -> None:
        """Log that a record is tried again, up to a number as for problems."""
        count = self.logged[RETRY] = self.logged.get(RETRY, 0) + 1
        if count <= MAX_LOGGED:
            self.log("warning", text, always=True)
        elif count == MAX_LOGGED + 1:
            self.log("warning", "further records that are tried again are only counted")

    def counts(self) -> "dict[str, int]":
        return {
            "records_in": self.records_in,
            "scored": self.records_in - self.rejected - self.failed,
            "rejected": self.rejected,
            "failed": self.failed,
            "records_out": self.records_out,
            **self.tries,
        }

    def report(self, now: float) -> None:
        """Write everything that is buffered, and an event of progress when one is due."""
        if self.output:
            self.output.flush()
        self.errors.flush()
        if self.printed:
            self.printed.flush()
        if now >= self.next_report or self.records_in < FIRST_RECORDS:
            self.next_report = now + REPORT_SECONDS
            HeldLifeline.check()
            event: dict[str, Any] = dict(self.counts(), event="progress")
            event["total_bytes"] = self.bytes_total
            event["bytes"] = self.bytes_done + self.bytes_read()
            self._event(event)
        self.events.flush()

    def report_now(self) -> None:
        if self.printed:
            self.printed.finish()
        self.next_report = 0.0
        self.report(time.monotonic())

    def write_json(self, name: str, document: "Mapping[str, Any]", *, sync: bool = False) -> None:
        """Write a JSON file of the job folder whole or not at all; ``sync`` waits for the disk."""
        exit_if_forked()
        path = os.path.join(self.folder, name)
        try:
            part = temporary_name(path)
            with open(part, "w", encoding="utf-8", opener=open_private) as file:
                json.dump(document, file)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            rename(part, path)
        except OSError as error:
            raise CannotWrite(f"{name} cannot be written: {error.strerror}") from error


def size_of(inputs: "Sequence[InputFile]", part: "ByteRange | None") -> "int | None":
    """Return how many bytes a job is to read, None where an input is missing."""
    try:
        paths = [path for item in inputs for path in paths_of(item)]
        size = sum(map(os.path.getsize, paths))
    except OSError:
        return None
    return part["end"] - part["start"] if part else size


def paths_of(item: "InputFile") -> "list[str]":
    return [file["path"] for file in item.get("files") or ()] or [item["path"]]


def log_key(text: str, record: "int | None") -> "tuple[str, Any]":
    """Return what identifies a line of the log: its text, or the index of its record."""
    return ("text", text) if record is None else ("record", record)
