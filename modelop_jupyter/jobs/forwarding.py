"""What several workers tell, told as one job: progress added up, and one set of ModelOp's lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from modelop_jupyter.jobs.folder import JobFolder

_NUMBERS = ("records_in", "scored", "rejected", "failed", "records_out", "bytes")
_BEGINNING = ("state changes to RUNNING", "init succeeded")
_OWN = re.compile(
    r"state changes to |init succeeded|MODEL-CONSOLE: Model runner exits|jobResult set to failure"
    r"|\d+ input record\(s\) rejected by (encoding|schema)"
)


class Forwarding:
    """Reads the events of the workers and appends to those of the job."""

    def __init__(self, folder: JobFolder, workers: Sequence[JobFolder], *, total: int) -> None:
        self._folder = folder
        self._workers = workers
        self._total = total
        self._offsets = [0] * len(workers)
        self._progress: list[Mapping[str, Any]] = [{}] * len(workers)
        self._shown: dict[str, int] = {}

    @property
    def counts(self) -> dict[str, int]:
        """The progress of all workers, added up."""
        return {name: sum(each.get(name, 0) for each in self._progress) for name in _NUMBERS}

    def forward(self) -> None:
        """Pass on what is new."""
        for number, worker in enumerate(self._workers):
            for offset, event in worker.events(self._offsets[number]):
                self._offsets[number] = offset
                if event["event"] == "progress":
                    self._progress[number] = event
                elif event["event"] == "log" and self._is_told(number, event["text"]):
                    self._folder.append(
                        **{name: event[name] for name in ("event", "level", "text", "console")}
                    )
        counts = self.counts
        if counts != self._shown:
            self._shown = counts
            self._folder.append("progress", **counts, total_bytes=self._total)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Tell the end in ModelOp's words and order (spec 2.8), but for the state it comes to."""
        self.forward()
        for stage, count in result["stages"].items():
            side, _, check = stage.partition(" ")
            if side == "input":
                self._folder.log("error", f"{count} input record(s) rejected by {check}")
        is_error = result["status"] == "ERROR"
        if not is_error:
            self._folder.log("info", "state changes to FINISHING")
            if result["reason"]:
                self._folder.log("warning", f'jobResult set to failure: "{result["reason"]}"')
        self._folder.log("info", "MODEL-CONSOLE: Model runner exits")

    def _is_told(self, number: int, text: str) -> bool:
        if number == 0 and text in _BEGINNING:
            return True
        return _OWN.match(text) is None
