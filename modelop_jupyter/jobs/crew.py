"""The crew: all lanes of a job together, from their start until the job has an end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum
from typing import Any

from modelop_jupyter.engines import end_tree, wait_for_any
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.forwarding import Forwarding
from modelop_jupyter.jobs.lane import Lane
from modelop_jupyter.jobs.plan import Limits

_TURN = 1.0
_SHORT_TURN = 0.1
_SAMPLE_SECONDS = 1.0
_PERCENT_AFTER = 100
_CHANGE = 0.02
_REAP_SECONDS = 0.5


class Stop(Enum):
    """Why a crew stopped before its lanes were done."""

    LATE = "late"
    MAX_ERRORS = "max_errors"


class Crew:
    """The lanes of one job; :attr:`cpu` is the share of the time that they kept a core busy."""

    def __init__(
        self,
        folder: JobFolder,
        lanes: Sequence[Lane],
        limits: Limits,
        *,
        mark: str,
        forwarding: Forwarding | None = None,
    ) -> None:
        self.lanes = lanes
        self.forwarding = forwarding
        self.cpu = 0.0
        self._folder = folder
        self._mark = mark
        self._limits = limits
        self._begun = time.monotonic()
        self._turn = self._length_of_turn()
        self._memory: dict[int, int] = {}
        self._seconds: dict[int, float] = {}
        self._told = 0
        self._sampled = self._begun if limits.memory is None else 0.0

    def watch(self) -> Stop | None:
        """Start all lanes and watch them until they are done, or one of them ends the job."""
        for lane in self.lanes:
            lane.start()
        while True:
            now = time.monotonic()
            self._sample(now)
            for number, lane in enumerate(self.lanes):
                lane.look(now, memory=self._memory.get(number))
            if self.forwarding is not None:
                self.forwarding.forward()
            if all(lane.is_done for lane in self.lanes):
                return None
            if any(lane.fault or _is_error(lane.result) for lane in self.lanes):
                self.kill()
                return None
            if self._is_late(now):
                self.kill()
                return Stop.LATE
            if self._has_too_many_errors():
                self.kill()
                return Stop.MAX_ERRORS
            self._wait(now)

    def kill(self) -> None:
        """End every runner and all they started."""
        end_tree(self._mark)
        for lane in self.lanes:
            if lane.runner is not None:
                lane.runner.wait(_REAP_SECONDS)
        if self.forwarding is not None:
            self.forwarding.forward()

    def _length_of_turn(self) -> float:
        if self.forwarding is not None or self._limits.memory is not None:
            return _SHORT_TURN
        if self._limits.record_seconds is not None:
            return min(_TURN, max(0.02, self._limits.record_seconds / 10))
        return _TURN

    def _wait(self, now: float) -> None:
        seconds = self._turn
        if self._limits.seconds is not None:
            seconds = min(seconds, max(self._begun + self._limits.seconds - now, 0.0))
        if len(self.lanes) == 1 and self.lanes[0].runner is not None:
            self.lanes[0].runner.wait(seconds)
        else:
            seconds = min(seconds, _SHORT_TURN)
            left = [lane.runner.pid for lane in self.lanes if lane.runner and not lane.is_done]
            if not left or not wait_for_any(left, seconds):
                time.sleep(seconds / 2)

    def _is_late(self, now: float) -> bool:
        return self._limits.seconds is not None and now >= self._begun + self._limits.seconds

    def _has_too_many_errors(self) -> bool:
        """Judge ``--max-errors`` over all workers; a single runner does so itself."""
        allowed = self._limits.max_errors
        if self.forwarding is None or not allowed:
            return False
        counts = self.forwarding.counts
        bad, seen = counts["rejected"] + counts["failed"], counts["records_in"]
        if "count" in allowed:
            return bad > allowed["count"]
        return seen >= _PERCENT_AFTER and bad * 100.0 > allowed["percent"] * seen

    def _sample(self, now: float) -> None:
        """Look at what the runners take, once a second; small jobs are over before."""
        pause = _SHORT_TURN if self._limits.memory is not None else _SAMPLE_SECONDS
        if now - self._sampled < pause:
            return
        self._sampled = now
        for number, lane in enumerate(self.lanes):
            usage = None if lane.runner is None or lane.is_done else lane.runner.usage()
            self._memory.pop(number, None)
            if usage is not None:
                self._memory[number] = usage.memory
                self._seconds[number] = max(usage.cpu, self._seconds.get(number, 0.0))
        total = sum(self._memory.values())
        self.cpu = sum(self._seconds.values()) / max(now - self._begun, 0.001)
        if abs(total - self._told) > self._told * _CHANGE and now - self._begun > _SAMPLE_SECONDS:
            self._told = total
            self._folder.append("memory", bytes=total)


def _is_error(result: dict[str, Any] | None) -> bool:
    return result is not None and result["status"] == "ERROR"
