"""Where a job can go on after its death: ``checkpoint.json``, replaced about once a second."""

import json
import os
import time

NAME = "checkpoint.json"
EVERY = 1.0  # seconds, unless the request says
SHARE = 20  # the disk may take the twentieth part of the time


class Checkpoint:
    """What stands in the file is on the disk: input up to ``offset`` has been read, ``index`` records begun,
    and they have written so many bytes of output and errors; ``columns`` are those of an output in CSV.
    """

    def __init__(self, request, journal, output):
        self.path = os.path.join(journal.folder, NAME)
        self.journal, self.output = journal, output
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
        try:
            with open(self.path, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def go_back(self, state):
        """Cut off what was written behind the checkpoint; without one, all."""
        journal, output = self.journal, self.output
        output.file.cut(state["output"] if state else 0)
        journal.errors.cut(state["errors"] if state else 0)
        if not state:
            return
        for name in ("records_in", "rejected", "failed", "records_out"):
            setattr(journal, name, state["counts"][name])
        journal.stages, journal.logged = state["stages"], state["logged"]
        if output.rows:
            output.rows.names = state["columns"]
        journal.log("info", "the job goes on behind record %d" % (state["index"] - 1))

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
