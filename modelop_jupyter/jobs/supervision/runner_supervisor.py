"""Watch one runner, and start it again behind a record in which it died, hung or took too much memory.

The new runner goes on from the last checkpoint. A record that is skipped counts as failed: it goes
into ``request.json``, and the runner counts it (``runner/batch.py``).
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from modelop_jupyter.domain.job_options import Limits
from modelop_jupyter.domain.jobs import JobError
from modelop_jupyter.engines import Handle, describe_exit
from modelop_jupyter.jobs import conversion, job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import Position, RunnerRequest, RunnerResult, SkippedRecord
from modelop_jupyter.jobs.request import request_skips
from modelop_jupyter.jobs.supervision.launch import launch, launch_conversion

_GIGA = 1_000_000_000
MOST_CRASHES = 5
# Where each record takes less time than a look, whichever has begun last is taken for the one.
_MEMORY_LOOKS = 3
# Whoever sends these may not be the model: memory ran out, an administrator, a reboot.
_SENT_FROM_OUTSIDE = frozenset(
    -number
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        getattr(signal, "SIGKILL", signal.SIGTERM),
        getattr(signal, "SIGHUP", signal.SIGTERM),
    )
)


def is_sent_from_outside(code: int) -> bool:
    """Say whether an exit code is that of a signal that the model may not be the reason for."""
    return code in _SENT_FROM_OUTSIDE


class CrashAction(Enum):
    """What to do after a runner died."""

    RETRY = "retry"
    SKIP = "skip"
    END = "end"


@dataclass
class CrashPolicy:
    """Decide after each death of a runner whether its record is tried again or skipped.

    A record in which the process ended by itself is skipped at once. A kill may have come from
    outside, so the record has a second try: without it, a reboot of a container would cost one. A
    runner that was killed before its first record has a second try, too. The fifth death in a row,
    without a record that was done between two of them, ends the job.
    """

    in_a_row: int = 0
    _tried: set[int] = field(default_factory=set)
    _next: int = 0

    def decide(self, code: int, *, index: int, is_inside: bool) -> CrashAction:
        """Return what to do after an end with an exit code, at a :class:`Position`."""
        if index > self._next:
            self.in_a_row = 0
        self.in_a_row += 1
        self._next = max(self._next, index)
        if self.in_a_row >= MOST_CRASHES:
            return CrashAction.END
        is_outside = index >= 0 and not is_inside
        if is_sent_from_outside(code) and (index not in self._tried or is_outside):
            self._tried.add(index)
            return CrashAction.RETRY
        if not is_inside:
            return CrashAction.END
        self._next = index + 1
        return CrashAction.SKIP


class RunnerSupervisor:
    """Run one runner after the other in one folder, until there is an end marker or an error.

    ``log`` writes a line of the job's log. A runner that was started already is handed over;
    others are forks of the process in the folder ``warm``, if there is one. ``prepare`` makes the
    folder, where that is not there before the first runner starts. What the folder's runner cannot
    read is converted before, by a process that takes its place.
    """

    def __init__(
        self,
        folder: JobFolder,
        *,
        python: str,
        mark: str,
        limits: Limits,
        can_resume: bool,
        log: Callable[[str, str], None],
        runner: Handle | None = None,
        warm: Path | None = None,
        prepare: Callable[[], object] | None = None,
    ) -> None:
        self.folder = folder
        self._prepare = prepare
        self.error: JobError | None = None
        self.result: RunnerResult | None = None
        self.skipped: dict[int, SkippedRecord] = {}
        self.runner = runner
        self._python = python
        self._mark = mark
        self._limits = limits
        self._can_resume = can_resume
        self._log = log
        self._warm = warm
        self._crashes = CrashPolicy()
        self._position = Position()
        self._since = 0.0
        self._is_converting = False

    @property
    def is_done(self) -> bool:
        return self.result is not None or self.error is not None

    def start(self) -> None:
        """Start the runner, unless it runs, or has come to its end in an earlier job."""
        if self.runner is not None:
            return
        self.result = self.folder.read(RunnerResult)
        if self.result is None and self._prepare is not None:
            self._prepare()
        skipped = self.folder.require(RunnerRequest).skipped
        self.skipped = {int(index): reason for index, reason in skipped.items()}
        if self.result is None:
            self._launch()

    def _launch(self) -> None:
        self._is_converting = conversion.is_needed(self.folder)
        if self._is_converting:
            self.runner = launch_conversion(self.folder, self._mark)
        else:
            self.runner = launch(self.folder, self._python, self._mark, warm=self._warm)

    def check(self, now: float, *, memory: int | None = None, cpu: float = 0.0) -> None:
        """See whether the runner has ended, or must be.

        ``memory`` is what it takes, where known, and ``cpu`` the seconds that it took, with those of
        runners before it.
        """
        if self.is_done or self.runner is None:
            return
        code = self.runner.poll()
        if code is not None:
            self._handle_end(code)
            return
        if self._is_converting:
            return
        cpu_seconds = self._limits.cpu_seconds
        if cpu_seconds is not None and cpu > cpu_seconds:
            self.runner.kill()
            self.error = job_errors.of_cpu_time(cpu, cpu_seconds)
            return
        allowed = self._limits.memory
        if allowed is not None and memory is not None and memory > allowed:
            self._stop_for_memory(self.runner, allowed)
        elif self._limits.record_seconds is not None:
            self._watch_record(now, self._limits.record_seconds)

    def _handle_end(self, code: int) -> None:
        if self._is_converting:
            self.error = conversion.error_of(self.folder, code)
            if self.error is None:
                self._launch()
            return
        self.result = self.folder.read(RunnerResult)
        if self.result is not None:
            conversion.remove_text(self.folder)
            return
        if self.folder.is_full():
            self.error = job_errors.of_full_disk(self.folder)
            return
        position = self.folder.position()
        is_inside = position.record is not None
        reason, action = describe_exit(code), CrashAction.END
        if self._can_resume:
            action = self._crashes.decide(code, index=position.index, is_inside=is_inside)
        if action is CrashAction.END:
            crashes = self._crashes.in_a_row
            self.error = job_errors.of_death(code, self.folder, in_a_row=crashes)
            return
        where = f"in record {position.index}" if is_inside else "outside of any record"
        self._log(
            "warning", f"the model's process is gone ({reason}), {where}; it is started again"
        )
        if action is CrashAction.SKIP:
            message = f"the model's process ended in this record ({reason})"
            self.skipped[position.index] = SkippedRecord("ProcessDied", message, code)
        self._restart()

    def _watch_record(self, now: float, seconds: float) -> None:
        position = self.folder.position()
        if position.record is None or position != self._position:
            self._position, self._since = position, now
            return
        if now - self._since < seconds:
            return
        text = f"took longer than {seconds:g} s, as --record-timeout allows"
        error = job_errors.of_slow_record(position.index, seconds)
        self._skip(position, SkippedRecord("TimeoutError", text), error)

    def _stop_for_memory(self, runner: Handle, allowed: int) -> None:
        """End the runner for the record that takes so much now: the one before may have given it back."""
        taken, position = 0, Position()
        for _ in range(_MEMORY_LOOKS):
            position, usage = self.folder.position(), runner.usage()
            if usage is None or usage.memory <= allowed:
                return
            taken = usage.memory
            if self.folder.position() == position:
                break
        text = f"took {taken / _GIGA:.2f} GB of the {allowed / _GIGA:.2f} GB that --memory allows"
        error = job_errors.of_memory(position.record, text)
        self._skip(position, SkippedRecord("MemoryError", text), error)

    def _skip(self, position: Position, reason: SkippedRecord, error: JobError) -> None:
        """Kill the runner and go on behind its record; where that cannot be, the job has the error."""
        if self.runner is not None:
            self.runner.kill(at_once=True)
        if (result := self.folder.read(RunnerResult)) is not None:
            self.result = result
            return
        if position.record is None or not self._can_resume:
            self.error = error
            return
        text = f"record {position.index} {reason.message}; the model is started again"
        self._log("warning", text)
        self.skipped[position.index] = reason
        self._restart()

    def _restart(self) -> None:
        """Start another runner that goes on from the checkpoint; end what the last one left running."""
        if self.runner is not None:
            self.runner.kill(at_once=True)
            if self.runner.lifeline is not None:
                self.runner.lifeline.close()
        skipped = {str(index): reason for index, reason in self.skipped.items()}
        request_skips(self.folder, skipped, resumes=True)
        self.folder.forget_position()
        self._position = Position()
        self.runner = launch(self.folder, self._python, self._mark, warm=self._warm)
