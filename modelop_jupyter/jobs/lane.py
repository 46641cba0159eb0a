"""A lane: one folder with its runner, which is started again as often as its records ask for it.

A runner that dies, hangs or takes too much memory in a record is replaced by one that goes on from
the last checkpoint and passes that record over; the record counts as failed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.engines import Handle, describe_exit
from modelop_jupyter.jobs import faults
from modelop_jupyter.jobs.deaths import Deaths, Verdict
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.launch import launch
from modelop_jupyter.jobs.plan import Limits
from modelop_jupyter.jobs.position import Position, position

_GIGA = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Doom:
    """Why a record is never handed to the model again; goes into the request as it is."""

    exception: str
    message: str
    code: int | None = None

    def to_request(self) -> dict[str, Any]:
        return {"stage": "score", **dataclasses.asdict(self)}

    @classmethod
    def from_request(cls, entry: dict[str, Any]) -> Doom:
        return cls(entry["exception"], entry["message"], entry.get("code"))


class Lane:
    """One runner after the other in one folder, until there is an end marker or a fault.

    ``tell`` writes a line of the job's log. A runner that was started already is handed over;
    others are forks of the process in the folder ``warm``, if there is one.
    """

    def __init__(
        self,
        folder: JobFolder,
        *,
        python: str,
        mark: str,
        limits: Limits,
        can_resume: bool,
        tell: Callable[[str, str], None],
        runner: Handle | None = None,
        warm: Path | None = None,
    ) -> None:
        self.folder = folder
        self.fault: faults.Fault | None = None
        self.result: dict[str, Any] | None = None
        self.doomed: dict[int, Doom] = {}
        self.runner = runner
        self._python = python
        self._mark = mark
        self._limits = limits
        self._can_resume = can_resume
        self._tell = tell
        self._warm = warm
        self._deaths = Deaths()
        self._at = Position()
        self._since = 0.0

    @property
    def is_done(self) -> bool:
        return self.result is not None or self.fault is not None

    def start(self) -> None:
        """Start the runner, unless it runs, or has come to its end in an earlier job."""
        if self.runner is not None:
            return
        self.result = self.folder.read("result.json")
        if self.result is None:
            request = self.folder.read("request.json") or {}
            for index, entry in request.get("doomed", {}).items():
                self.doomed[int(index)] = Doom.from_request(entry)
            self.runner = launch(self.folder, self._python, self._mark, warm=self._warm)

    def look(self, now: float, *, memory: int | None = None) -> None:
        """See whether the runner has ended, or must be; ``memory`` is what it takes, where known."""
        if self.is_done or self.runner is None:
            return
        code = self.runner.poll()
        if code is not None:
            self._ended(code)
            return
        if self._limits.memory is not None and memory is not None and memory > self._limits.memory:
            self._stop_for_memory(memory)
        elif self._limits.record_seconds is not None:
            self._watch_record(now, self._limits.record_seconds)

    def _ended(self, code: int) -> None:
        self.result = self.folder.read("result.json")
        if self.result is not None:
            return
        if self.folder.is_full():
            self.fault = faults.of_full_disk(self.folder)
            return
        at = position(self.folder)
        said = describe_exit(code)
        verdict = Verdict.END
        if self._can_resume:
            verdict = self._deaths.judge(code, begun=at.index, is_inside=at.record is not None)
        where = f"in record {at.index}" if at.record is not None else "outside of any record"
        if verdict is Verdict.END:
            self.fault = faults.of_death(code, self.folder, in_a_row=self._deaths.in_a_row)
            return
        self._tell("warning", f"the model's process is gone ({said}), {where}; it is started again")
        if verdict is Verdict.PASS_OVER:
            message = f"the model's process ended in this record ({said})"
            self.doomed[at.index] = Doom("ProcessDied", message, code)
        self._again()

    def _watch_record(self, now: float, seconds: float) -> None:
        at = position(self.folder)
        if at.record is None or at != self._at:
            self._at, self._since = at, now
            return
        if now - self._since < seconds:
            return
        text = f"took longer than {seconds:g} s, as --record-timeout allows"
        self._stop_in(at, Doom("TimeoutError", text), faults.of_slow_record(at.index, seconds))

    def _stop_for_memory(self, memory: int) -> None:
        allowed = self._limits.memory or 0
        text = f"took {memory / _GIGA:.2f} GB of the {allowed / _GIGA:.2f} GB that --memory allows"
        at = position(self.folder)
        self._stop_in(at, Doom("MemoryError", text), faults.of_memory(at.record, text))

    def _stop_in(self, at: Position, doom: Doom, fault: faults.Fault) -> None:
        """Kill the runner; go on behind the record it was in where that can be."""
        if self.runner is not None:
            self.runner.kill(at_once=True)
        if (result := self.folder.read("result.json")) is not None:
            self.result = result
            return
        if at.record is None or not self._can_resume:
            self.fault = fault
            return
        self._tell("warning", f"record {at.index} {doom.message}; the model is started again")
        self.doomed[at.index] = doom
        self._again()

    def _again(self) -> None:
        """Start another runner that goes on from the checkpoint, behind what the last one left running."""
        if self.runner is not None:
            self.runner.kill(at_once=True)
            if self.runner.lifeline is not None:
                self.runner.lifeline.close()
        request = self.folder.read("request.json") or {}
        doomed = {str(index): doom.to_request() for index, doom in self.doomed.items()}
        request |= {"resume": True, "doomed": doomed}
        self.folder.write("request.json", request)
        self._at = Position()
        self.runner = launch(self.folder, self._python, self._mark, warm=self._warm)
