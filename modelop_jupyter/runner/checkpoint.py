"""Where a job can go on after its death: ``checkpoint.json``, replaced about once a second."""

import json
import os
import time

from .errors import JobError

NAME = "checkpoint.json"
EVERY = 1.0  # seconds, unless the request says
NUMBERS = ("offset", "index", "output", "errors")
COUNTED = ("records_in", "rejected", "failed", "records_out")
SHARE = 20  # the disk may take the twentieth part of the time


class Checkpoint:
    """What stands in the file is on the disk: input up to ``offset`` has been read, ``index`` records begun,
    and they have written so many bytes of output and errors; ``columns`` are those of an output in CSV.
    """

    def __init__(self, request, journal, output):
        self.path = os.path.join(journal.folder, NAME)
        self.journal, self.output = journal, output
        self.has_spans = bool(request.get("spans"))
        self.every = request.get("checkpoint_seconds", EVERY)
        self.next = time.monotonic() + self.every
        state = self.read() if request.get("resume") else None
        self.offset, self.index = (state["offset"], state["index"]) if state else (None, 0)
        if request.get("resume"):
            self.go_back(state)

    @staticmethod
    def is_possible(request):
        inputs = request["inputs"]
        has_sets = any(slot.get("recordsets") for slot in request["slots"].values())
        return len(inputs) == 1 and inputs[0]["format"] != "text" and not has_sets

    def read(self):
        """Return what the file says; None where there is none, or none that can be gone by."""
        try:
            with open(self.path, encoding="utf-8") as file:
                state = json.load(file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            state = None
        if self.can_be_used(state):
            return state
        if self.output.rows and self.has_spans:  # the header is in another job's output
            raise JobError(
                "read", "checkpoint.json is damaged, without which these rows have no place"
            )
        self.journal.log(
            "warning", "checkpoint.json is damaged or tells of other files: the runner starts over"
        )
        return None

    def can_be_used(self, state):
        """Say whether a state is one of ours, and the files hold what it says."""
        if not isinstance(state, dict) or not all(type(state.get(name)) is int for name in NUMBERS):
            return False
        counts, columns = state.get("counts"), state.get("columns")
        if not all(isinstance(state.get(name), dict) for name in ("counts", "stages", "logged")):
            return False
        if not all(type(counts.get(name)) is int for name in COUNTED) or not isinstance(
            columns, (list, type(None))
        ):
            return False
        has_output = 0 <= state["output"] <= self.output.file.total
        return has_output and 0 <= state["errors"] <= self.journal.errors.total

    def go_back(self, state):
        """Cut off what was written behind the checkpoint; without one, all."""
        journal, output = self.journal, self.output
        output.file.cut(state["output"] if state else 0)
        journal.errors.cut(state["errors"] if state else 0)
        if not state:
            return
        for name in COUNTED:
            setattr(journal, name, state["counts"][name])
        journal.stages, journal.logged = state["stages"], state["logged"]
        if output.rows:
            output.rows.names = state["columns"]
        if state["index"] > 0:
            text = "the job goes on behind record %d" % (state["index"] - 1)
            journal.log("info", text, always=True)

    def save(self, offset, index):
        """Write that all is done up to a place in the input, before which so many records were begun."""
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
        }
        journal.replace(NAME, state, sync=True)
        now = time.monotonic()
        self.next = now + (max(self.every, SHARE * (now - began)) if self.every else 0)
