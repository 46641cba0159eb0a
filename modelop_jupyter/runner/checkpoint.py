"""Where a job resumes after its runner has died: ``checkpoint.json``, replaced once a second."""

import json
import os
import time

from .errors import StageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .journal import Journal
    from .output import Output
    from .protocol import Request

NAME = "checkpoint.json"
SAVE_SECONDS = 1.0  # unless the request says otherwise
NUMBERS = ("offset", "index", "output", "errors")
TRIES = ("retried", "retries")
COUNTS = ("records_in", "rejected", "failed", "records_out")
MAX_SHARE = 20  # saving may take the twentieth part of the time


class CheckpointWriter:
    """The latest state of a batch that is on the disk.

    The input up to ``offset`` has been read and ``index`` records begun; they have written so many
    bytes of output and errors; ``columns`` are those of an output in CSV, which the record
    ``header_record`` has named. ``offset`` is None where the job starts from its beginning;
    ``file`` is the number of the input's file that it is in.
    """

    def __init__(self, request: "Request", journal: "Journal", output: "Output") -> None:
        self.path = os.path.join(journal.folder, NAME)
        self.journal, self.output = journal, output
        self.has_output_ends = bool(request.get("spans"))
        self.save_seconds = request.get("checkpoint_seconds", SAVE_SECONDS)
        self.next_save = time.monotonic() + self.save_seconds
        state = self._read() if request.get("resume") else None
        self.tries: dict[str, int] = {}
        self.offset: int | None = state["offset"] if state else None
        self.index: int = state["index"] if state else 0
        self.file: int = state.get("file", 0) if state else 0
        if request.get("resume"):
            self._restore(state)

    @staticmethod
    def is_possible(request: "Request") -> bool:
        """Say whether a job can resume: one input of records, no record sets."""
        inputs = request["inputs"]
        has_sets = any(slot.get("recordsets") for slot in request["slots"].values())
        return len(inputs) == 1 and inputs[0]["format"] != "text" and not has_sets

    def _read(self) -> "dict[str, Any] | None":
        """Return the state in the file, None where there is no file or it cannot be used."""
        try:
            with open(self.path, encoding="utf-8") as file:
                state = json.load(file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            state = None
        if self._is_usable(state):
            usable: dict[str, Any] = state
            return usable
        if self.output.rows and self.has_output_ends:  # the header is in another job's output
            raise StageError(
                "read",
                "checkpoint.json is damaged; without it these rows have no place in the output",
            )
        self.journal.log(
            "warning", "checkpoint.json is damaged or describes other files: the runner starts over"
        )
        return None

    def _is_usable(self, state: "Any") -> bool:
        """Say whether a state is a checkpoint, and the files hold as much as it says."""
        if not isinstance(state, dict) or not all(type(state.get(name)) is int for name in NUMBERS):
            return False
        if not all(isinstance(state.get(name), dict) for name in ("counts", "stages", "logged")):
            return False
        if not all(type(state["counts"].get(name)) is int for name in COUNTS):
            return False
        if type(state.get("file", 0)) is not int:
            return False
        if not isinstance(state.get("columns"), (list, type(None))):
            return False
        output_size, errors_size = int(state["output"]), int(state["errors"])
        has_output = 0 <= output_size <= self.output.file.total
        return has_output and 0 <= errors_size <= self.journal.errors.total

    def _restore(self, state: "dict[str, Any] | None") -> None:
        """Remove what was written behind the checkpoint; without one, everything."""
        journal, output = self.journal, self.output
        output.file.truncate(state["output"] if state else 0)
        journal.errors.truncate(state["errors"] if state else 0)
        if not state:
            return
        for name in COUNTS:
            setattr(journal, name, state["counts"][name])
        self.tries = {name: state["counts"].get(name, 0) for name in TRIES}
        journal.stages, journal.logged = state["stages"], state["logged"]
        if output.rows:
            output.rows.names = state["columns"]
            output.rows.header_record = state.get("header_record")
        if state["index"] > 0:
            text = f"the job resumes after record {state['index'] - 1}"
            journal.log("info", text, always=True)

    def restore_tries(self) -> None:
        """Count on from the tries of the earlier runner."""
        self.journal.tries.update(self.tries)

    def save(self, offset: int, index: int) -> None:
        """Save that the input is done up to an offset, with ``index`` records begun before it."""
        began = time.monotonic()
        journal, output = self.journal, self.output
        output.flush()
        journal.errors.flush()
        output.file.sync()
        journal.errors.sync()
        state = {
            "protocol": 1,
            "offset": offset,
            "index": index,
            "output": output.file.total,
            "errors": journal.errors.total,
            "counts": journal.counts(),
            "stages": journal.stages,
            "logged": journal.logged,
            "columns": output.rows.names if output.rows else None,
            "header_record": output.rows.header_record if output.rows else None,
            "file": self.file,
        }
        journal.write_json(NAME, state, sync=True)
        now = time.monotonic()
        pause = max(self.save_seconds, MAX_SHARE * (now - began)) if self.save_seconds else 0
        self.next_save = now + pause
