"""What the host learns about the job: events, errors, counts, progress and the end marker."""

import json
import mmap
import os
import re
import sys
import time

from .errors import CannotWrite
from .faults import rename
from .files import Appender, opener
from .lifeline import Lifeline
from .stopping import leave_if_forked

TICK = 0.1  # seconds between two writes of progress
LOGGED = 2000  # lines of the log that the bad records of one stage may fill
EXPLAINED = "ModelOp's runtime counts a UserWarning"
REASONS = {
    "input encoding": "input record rejected by encoding",
    "input schema": "input record rejected by schema",
    "model": "An output error occurred during model execution, please check the engine logs for details",
    "output encoding": "output record rejected by encoding",
    "output schema": "output record rejected by schema",
}


class Journal:
    """What the host learns about the job: events, errors, counts, progress and the end marker."""

    def __init__(self, folder, inputs, part=None):
        self.folder = folder
        self.console = os.path.join(folder, "console.log")
        self.events = Appender(os.path.join(folder, "events.jsonl"))
        self.errors = Appender(os.path.join(folder, "errors.jsonl"))
        self.output = None
        self.records_in = self.rejected = self.failed = self.records_out = 0
        self.explained = False
        self.stages = {}
        self.logged = {}
        self.told = {}  # what an earlier process of this job has logged, see remember()
        self.warnings = []
        self.bytes_done = 0
        self.position = lambda: 0  # bytes consumed of the input at hand
        try:
            self.bytes_total = sum(os.path.getsize(item["path"]) for item in inputs)
            if part:
                self.bytes_total = part["end"] - part["start"]
        except OSError:
            self.bytes_total = None
        self.next_tick = 0.0
        self.begun = self._map_progress()

    def _map_progress(self):
        path = os.path.join(self.folder, "progress.bin")
        part = temporary_name(path)
        with open(
            part, "wb", opener=opener
        ) as file:  # real pages: a hole in a full disk would be a SIGBUS later
            file.write(b"\xff" * 16 + b"\0" * 8)
        rename(part, path)  # whoever looks finds all of it
        with open(path, "r+b") as file:
            return memoryview(mmap.mmap(file.fileno(), 24)).cast("q")

    def remember(self):
        """Take in what an earlier process of this job has logged: the log is that of one run.

        Lines of a record are known by its number, as their texts may be others the next time.
        """
        try:
            with open(self.events.path, "rb") as file:
                for line in file:
                    try:
                        event = json.loads(line.decode())
                    except (ValueError, RecursionError):
                        continue
                    if isinstance(event, dict) and event.get("event") == "log":
                        self.told[told_key(event.get("text"), event.get("record"))] = True
                        self.explained |= str(event.get("text")).startswith(EXPLAINED)
        except OSError:
            pass

    def log(self, level, text, always=False):
        """Write a line of the log at once: whatever the model does next, it is there."""
        if always or told_key(text, None) not in self.told:
            self._log(level, text)
            self.events.flush()

    def _log(self, level, text, record=None):
        """Add a line of ModelOp's log and where in the console it belongs."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # a model may have closed or replaced it
                pass
        try:
            console = os.stat(self.console).st_size
        except OSError:
            console = 0
        event = {"event": "log", "level": level, "text": text, "console": console}
        if record is not None:
            event["record"] = record
        self._event(event)

    def _event(self, event):
        event["t"] = round(time.time(), 3)
        self.events.add(json.dumps(event).encode() + b"\n")

    def problem(self, stage, message, slot, record, counted=1, error=None, log=None):
        """Count and keep records that are out for one reason; ``log`` holds texts that tell no content."""
        self.stages[stage] = self.stages.get(stage, 0) + counted
        if stage == "model":
            self.failed += counted
        else:
            self.rejected += counted
        described = error or {}
        line = {
            "index": record.index,
            "slot": slot,
            "stage": stage,
            "message": message,
            "exception": described.get("exception"),
            "traceback": described.get("traceback"),
            "record": record_text(record.raw),
            "input": record.input,
            "output": record.output,
        }
        self.errors.add(json.dumps(line).encode() + b"\n")
        for level, text in log or ():
            self.log_one(stage, level, text, record.index)

    def explain_warning(self, error):
        """Say once why a UserWarning is an error (13.5), and what to write into the model against it."""
        if isinstance(error, UserWarning) and not self.explained:
            self.explained = True
            start = re.match(r"[A-Za-z ,_-]*", str(error)).group(0).strip()[:50]
            message = ", message=%r" % start if start else ""
            self.log(
                "warning",
                EXPLAINED + " that is raised while the model works as an error. To turn"
                " this one off, write into the model: import warnings;"
                " warnings.filterwarnings('ignore'%s, category=UserWarning)" % message,
            )

    def log_one(self, stage, level, text, record):
        """Log a bad record, up to a number: a million of them are in errors.jsonl, not in the log."""
        count = self.logged[stage] = self.logged.get(stage, 0) + 1
        if told_key(None, record) in self.told:
            return
        if count <= LOGGED:
            self._log(level, text, record)
        elif count == LOGGED + 1:
            further = "further records with this error are only counted: " + REASONS[stage]
            self._log("warning", further, record)

    def counts(self):
        return {
            "records_in": self.records_in,
            "scored": self.records_in - self.rejected - self.failed,
            "rejected": self.rejected,
            "failed": self.failed,
            "records_out": self.records_out,
        }

    def tick(self, now):
        """Write everything there is, and how far the job is when that is due."""
        if self.output:
            self.output.flush()
        self.errors.flush()
        if now >= self.next_tick or self.records_in < 10:
            self.next_tick = now + TICK
            Lifeline.look()
            event = dict(self.counts(), event="progress", total_bytes=self.bytes_total)
            event["bytes"] = self.bytes_done + self.position()
            self._event(event)
        self.events.flush()

    def last_tick(self):
        self.next_tick = 0.0
        self.tick(time.monotonic())

    def replace(self, name, document, sync=False):
        """Write a JSON file of the job folder so that it is there as a whole or not at all."""
        leave_if_forked()
        path = os.path.join(self.folder, name)
        try:
            part = temporary_name(path)
            with open(part, "w", encoding="utf-8", opener=opener) as file:
                json.dump(document, file)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            rename(part, path)
        except OSError as error:
            raise CannotWrite("%s cannot be written: %s" % (name, error.strerror))


def told_key(text, record):
    """Return what a line of the log is known by."""
    return ("text", str(text)) if record is None else ("record", record)


def temporary_name(path):
    """Return a name for what becomes this file, which no other process uses at the same time."""
    return "%s.%d.tmp" % (path, os.getpid())


def record_text(raw):
    """Return a record as it stood in its file."""
    if isinstance(raw, list):  # the lines of a CSV row
        raw = b"".join(raw)
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace").rstrip("\r\n")
    if raw is not None and len(raw) > 100000:
        raw = raw[:100000] + "…"
    return raw
