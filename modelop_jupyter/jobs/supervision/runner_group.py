"""Watch all runners of a job together, from their start until the job has an end."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from modelop_jupyter.domain.job_options import Limits
from modelop_jupyter.domain.jobs import JobError
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.engines import GpuUsage, end_tree, wait_for_any
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import Progress, RunnerResult, SkippedRecord, UsageEvent
from modelop_jupyter.jobs.sharding.merged_progress import ProgressMerger
from modelop_jupyter.jobs.supervision.runner_supervisor import RunnerSupervisor

if TYPE_CHECKING:
    from modelop_jupyter.jobs.sharding.chunk_uploads import ChunkUploads

_WAIT_SECONDS = 1.0
_SHORT_WAIT_SECONDS = 0.1
_SHORTEST_WAIT_SECONDS = 0.02
_SAMPLE_SECONDS = 1.0
_PERCENT_AFTER = 100
_CHANGE = 0.02
_CHANGE_OF_CORES = 0.2
_REAP_SECONDS = 0.5


class StopReason(Enum):
    """Why a group was stopped before its runners were done."""

    TIMEOUT = "late"
    MAX_ERRORS = "max_errors"
    CANCELLED = "cancelled"


class RunnerGroup:
    """The runners of one job.

    :attr:`cpu` is the number of cores that they kept busy on average, :attr:`usage` the most that they
    took, None for a job that was over before the first look. ``progress`` puts together
    what several of them tell; None for one runner, which writes to the job's own folder. At most
    ``most`` of them run at a time, in their order. ``look`` is called a few times a second, and
    stops the group by returning True. ``uploads`` gets each chunk that is done.
    """

    def __init__(
        self,
        folder: JobFolder,
        supervisors: Sequence[RunnerSupervisor],
        limits: Limits,
        *,
        mark: str,
        progress: ProgressMerger | None = None,
        most: int = 1,
        look: Callable[[], bool] | None = None,
        uploads: ChunkUploads | None = None,
    ) -> None:
        self.supervisors = supervisors
        self.progress = progress
        self.cpu = 0.0
        self.usage: ResourceUsage | None = None
        self._folder = folder
        self._mark = mark
        self._most = most
        self._look = look
        self._uploads = uploads
        self._waiting = deque(enumerate(supervisors))
        self._running: dict[int, RunnerSupervisor] = {}
        self._limits = limits
        self._begun = time.monotonic()
        self._pause = self._longest_pause()
        # By process: a runner that is started again does not have what the one before it took.
        self._memory: dict[int, int] = {}
        self._seconds: dict[tuple[str, int], float] = {}
        self._shown = ResourceUsage()
        self._sampled = 0.0 if self._is_limited else self._begun
        # When the cores were counted last, and the CPU time until then.
        self._counted = (self._begun, 0.0)
        self._cores: float | None = None

    def watch(self) -> StopReason | None:
        """Start all runners and watch them until they are done, or one of them ends the job."""
        with self._uploads or contextlib.nullcontext():
            return self._watch()

    def _watch(self) -> StopReason | None:
        while True:
            self._start_next()
            now = time.monotonic()
            self._sample(now)
            for supervisor in self._running.values():
                supervisor.check(
                    now, memory=self._memory_of(supervisor), cpu=self._cpu_of(supervisor)
                )
            if self.progress is not None:
                self.progress.forward(self._running_chunks())
            if self.error is not None or any(map(_has_failed, self._running.values())):
                self.kill()
                return None
            self._let_go_of_ended()
            if not self._running and not self._waiting and not self._is_uploading:
                return None
            if self._look is not None and self._look():
                self.kill()
                return StopReason.CANCELLED
            if self._is_late(now):
                self.kill()
                return StopReason.TIMEOUT
            if self._has_too_many_errors():
                self.kill()
                return StopReason.MAX_ERRORS
            if len(self._running) < self._most and self._waiting:
                continue
            self._wait(now)

    def _let_go_of_ended(self) -> None:
        """Forget the runners that are done, and end what those of chunks have left running."""
        for number in [n for n, one in self._running.items() if one.is_done]:
            supervisor = self._running.pop(number)
            runner = supervisor.runner
            if self.progress is not None and runner is not None and runner.lifeline is not None:
                runner.lifeline.close()
            if self._uploads is not None:
                self._uploads.add(supervisor.folder)

    @property
    def _is_uploading(self) -> bool:
        return self._uploads is not None and not self._uploads.is_idle

    def _start_next(self) -> None:
        while self._waiting and len(self._running) < self._most:
            number, supervisor = self._waiting.popleft()
            supervisor.start()
            if supervisor.result is not None and self.progress is not None:
                self.progress.add_result(supervisor.folder.root.name, supervisor.result)
            if not supervisor.is_done or _has_failed(supervisor):
                self._running[number] = supervisor
            elif self._uploads is not None:
                self._uploads.add(supervisor.folder)

    @property
    def error(self) -> JobError | None:
        """The error of the first runner that has one, or of an upload."""
        upload = self._uploads.error if self._uploads is not None else None
        return next((one.error for one in self.supervisors if one.error is not None), upload)

    @property
    def results(self) -> list[RunnerResult]:
        """The end markers of the runners that have one, in their order."""
        return [one.result for one in self.supervisors if one.result is not None]

    @property
    def deaths(self) -> dict[int, int]:
        """The records of the job in which a runner died, with its exit codes."""
        return deaths_in((one.result, one.skipped) for one in self.supervisors)

    def kill(self) -> None:
        """End every runner and all they started."""
        end_tree(self._mark)
        for supervisor in self.supervisors:
            if supervisor.runner is not None:
                supervisor.runner.wait(_REAP_SECONDS)
        if self.progress is not None:
            self.progress.forward(self._running_chunks())

    def _running_chunks(self) -> list[str]:
        return [supervisor.folder.root.name for supervisor in self._running.values()]

    def _memory_of(self, supervisor: RunnerSupervisor) -> int | None:
        """Return what a runner took at the last look, None where it has not been looked at."""
        return self._memory.get(supervisor.runner.pid) if supervisor.runner else None

    def _cpu_of(self, supervisor: RunnerSupervisor) -> float:
        """Return the CPU time of a part's runners: of the one that runs, and of those before it."""
        name = supervisor.folder.root.name
        return sum(seconds for (part, _), seconds in self._seconds.items() if part == name)

    @property
    def _is_limited(self) -> bool:
        return self._limits.memory is not None or self._limits.cpu_seconds is not None

    def _longest_pause(self) -> float:
        needs_looks = self.progress is not None or self._look is not None
        if needs_looks or self._is_limited:
            return _SHORT_WAIT_SECONDS
        if self._limits.record_seconds is not None:
            seconds = max(_SHORTEST_WAIT_SECONDS, self._limits.record_seconds / 10)
            return min(_WAIT_SECONDS, seconds)
        return _WAIT_SECONDS

    def _wait(self, now: float) -> None:
        """Wait until a runner ends, but not longer than until the next look is due."""
        seconds = self._pause
        if self._limits.seconds is not None:
            seconds = min(seconds, max(self._begun + self._limits.seconds - now, 0.0))
        first = self.supervisors[0].runner
        if len(self.supervisors) == 1 and first is not None and self._running:
            first.wait(seconds)
            return
        seconds = min(seconds, _SHORT_WAIT_SECONDS)
        running = [one.runner.pid for one in self._running.values() if one.runner]
        if not running or not wait_for_any(running, seconds):
            time.sleep(seconds / 2)

    def _is_late(self, now: float) -> bool:
        return self._limits.seconds is not None and now >= self._begun + self._limits.seconds

    def _has_too_many_errors(self) -> bool:
        """Judge ``--max-errors`` over all runners; a single one does so itself."""
        allowed = self._limits.max_errors
        return self.progress is not None and has_too_many(self.progress.counts, allowed)

    def _sample(self, now: float) -> None:
        """Look at what the runners take, once a second; small jobs are over before."""
        pause = _SHORT_WAIT_SECONDS if self._is_limited else _SAMPLE_SECONDS
        if now - self._sampled < pause:
            return
        self._sampled = now
        self._memory.clear()
        gpus: list[GpuUsage] = []
        for supervisor in self._running.values():
            if supervisor.runner is None:
                continue
            usage = supervisor.runner.usage()
            if usage is None:
                continue
            pid, part = supervisor.runner.pid, supervisor.folder.root.name
            self._memory[pid] = usage.memory
            self._seconds[part, pid] = max(usage.cpu, self._seconds.get((part, pid), 0.0))
            gpus += [usage.gpu] if usage.gpu is not None else []
        seconds = sum(self._seconds.values())
        self.cpu = seconds / max(now - self._begun, 0.001)
        self._count_cores(now, seconds)
        self._tell(
            now,
            ResourceUsage(
                memory=sum(self._memory.values()),
                cores=self._cores,
                cpu_seconds=round(seconds, 2),
                gpus=round(sum(one.gpus for one in gpus), 2) if gpus else None,
                gpu_memory=sum(one.memory for one in gpus) if gpus else None,
            ),
        )

    def _count_cores(self, now: float, seconds: float) -> None:
        """Count the cores that are kept busy, over a second at least."""
        then, before = self._counted
        if now - then >= _SAMPLE_SECONDS:
            self._cores = round(max(seconds - before, 0.0) / (now - then), 2)
            self._counted = (now, seconds)

    def _tell(self, now: float, usage: ResourceUsage) -> None:
        """Keep the most that was taken, and write what is taken now if it has changed."""
        if not self._memory:
            return
        self.usage = usage.most(self.usage) if self.usage is not None else usage
        shown = self._shown
        is_news = abs(usage.memory - shown.memory) > shown.memory * _CHANGE or any(
            abs((one or 0.0) - (other or 0.0)) > _CHANGE_OF_CORES
            for one, other in ((usage.cores, shown.cores), (usage.gpus, shown.gpus))
        )
        if is_news and now - self._begun > _SAMPLE_SECONDS:
            self._shown = usage
            self._folder.append(UsageEvent(time.time(), usage.memory, usage))


def has_too_many(counts: Progress, allowed: Mapping[str, float] | None) -> bool:
    """Say whether more records are bad than ``--max-errors`` allows."""
    if not allowed:
        return False
    bad, seen = counts.rejected + counts.failed, counts.records_in
    if "count" in allowed:
        return bad > allowed["count"]
    return seen >= _PERCENT_AFTER and bad * 100.0 > allowed["percent"] * seen


def deaths_in(
    parts: Iterable[tuple[RunnerResult | None, Mapping[int, SkippedRecord]]],
) -> dict[int, int]:
    """Return the records in which a process died with the exit codes, by their numbers in the job.

    ``parts`` are results and skipped records in the order of the input.
    """
    before, deaths = 0, {}
    for result, skipped in parts:
        count = result.counts.records_in if result else 0
        for index, reason in skipped.items():
            # A chunk that nodes ended with may hold nothing but empty lines.
            if reason.code is not None and (result is None or index < count):
                deaths[before + index] = reason.code
        before += count
    return deaths


def _has_failed(supervisor: RunnerSupervisor) -> bool:
    """Say whether a runner ends the whole job."""
    has_error = supervisor.result is not None and supervisor.result.is_error
    return has_error or supervisor.error is not None
