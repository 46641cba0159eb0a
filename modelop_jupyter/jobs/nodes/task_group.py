"""Have an engine run a job's tasks, until the job has an end.

The job folder is the record: a chunk is done when its folder stands, whatever the cluster remembers.
A task that is lost is run again. One that several nodes ended with is split, until the record is
found that ends them; that one counts as failed, as where a runner dies on this machine.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.chunks import TO_END, Chunk
from modelop_jupyter.domain.environments import PackageSource, Proof
from modelop_jupyter.domain.jobs import JobError
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines.base import (
    Cluster,
    EngineSession,
    LossKind,
    Task,
    TaskEnded,
    TaskEvent,
    TaskLost,
    TaskReport,
)
from modelop_jupyter.engines.find import load_engine, parse_engine
from modelop_jupyter.errors import EngineError, EngineLostError, EnvironmentBuildError
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.jobs import job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes import task_files
from modelop_jupyter.jobs.nodes.messages import NodeOutcome, NodeReport, TaskStatus, decode
from modelop_jupyter.jobs.nodes.node import run_task
from modelop_jupyter.jobs.nodes.wheel_downloads import WheelDownloads
from modelop_jupyter.jobs.protocol import (
    ClusterEvent,
    NodeTasks,
    RunnerRequest,
    RunnerResult,
    SkippedRecord,
    event_of,
)
from modelop_jupyter.jobs.sharding import chunks
from modelop_jupyter.jobs.sharding.merged_progress import ProgressMerger
from modelop_jupyter.jobs.supervision.runner_group import StopReason, deaths_in, has_too_many
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.jobs.sharding.chunk_uploads import ChunkUploads

_POLL_SECONDS = 0.2
_CLUSTER_SECONDS = 2.0
_RECONNECT_SECONDS = 1.0
# A task that was lost so often without a sign of its own fault ends the job.
_MOST_LOSSES = 5
_PIECES = 8
_FROM = {
    PackageSource.INDEX: "from its index",
    PackageSource.CACHE: "from its cache",
    PackageSource.WHEELS: "from wheels sent with the job",
}
_CUT_FORMATS = ("json", "csv", "parquet", "avro")


@dataclass
class _TaskState:
    """A task of the job: of one chunk, or of the whole job where ``chunk`` is None.

    One that brings ``wheels`` runs on the ``node`` that lacks them, whose machine is ``host``.
    """

    chunk: Chunk | None
    blobs: tuple[str, ...] = ()
    losses: int = 0
    # Nodes ended with its only record; whether that was its doing shows when it runs alone.
    is_suspect: bool = False
    wheels: Mapping[str, Path] = field(default_factory=dict)
    node: str = ""
    host: str = ""

    @property
    def order(self) -> tuple[int, ...]:
        return () if self.chunk is None else self.chunk.order


class TaskGroup:
    """The tasks of one job on one engine; the counterpart of :class:`RunnerGroup`.

    ``parts`` are the chunks, none for a job that is one task. ``progress`` puts together what they
    report, None for one task. :attr:`proof` is that of a node's environment, of one that is not exact
    if there is one. The job waits for a cluster that has no nodes, or does not answer any
    more, as long as the settings say. ``uploads`` gets the chunks that an earlier job has finished on
    this machine; nodes upload their own.
    """

    def __init__(
        self,
        plan: Plan,
        folder: JobFolder,
        blobs: BlobStore,
        settings: Settings,
        *,
        parts: Sequence[Chunk],
        uploads: ChunkUploads | None = None,
    ) -> None:
        self.error: JobError | None = None
        self.cpu = 0.0
        self.proof: Proof | None = None
        self._nodes: Counter[str] = Counter()
        self._packages_from: dict[str, PackageSource] = {}
        self._downloads = WheelDownloads(plan.snapshot, folder, blobs, settings)
        # By machine that wheels are on the way to, the tasks that wait until they are there.
        self._wait_for_wheels: dict[str, list[_TaskState]] = {}
        self._unfit: set[str] = set()
        self._plan = plan
        self._folder = folder
        self._blobs = blobs
        self._engine = parse_engine(plan.engine or "")
        self._patience = settings.engine_wait
        self._parts = list(parts)
        self._uploads = uploads
        self._begun = time.monotonic()
        states = [_TaskState(part) for part in self._parts] or [_TaskState(None)]
        self._waiting = deque(states)
        self._suspects: deque[_TaskState] = deque()
        self._running: dict[str, _TaskState] = {}
        self._avoided: frozenset[str] = frozenset()
        self._sends_input = False
        self._whole: tuple[RunnerResult, dict[int, SkippedRecord]] | None = None
        self._shown: Cluster | None = None
        self._looked = 0.0
        self._nodes_seen = self._begun
        self.progress: ProgressMerger | None = None
        if self._parts:
            total = chunks.input_size(folder)
            self.progress = ProgressMerger(folder, self._parts, total=total)

    # What there is in the end

    @property
    def results(self) -> list[RunnerResult]:
        """The end markers of the tasks, in the order of the input."""
        return [result for result, _ in self._ends() if result is not None]

    @property
    def deaths(self) -> dict[int, int]:
        """The records of the job in which a process died, with its exit codes."""
        return deaths_in(self._ends())

    def _ends(self) -> Iterator[tuple[RunnerResult | None, dict[int, SkippedRecord]]]:
        if not self._parts:
            if self._whole is not None:
                yield self._whole
            return
        for part in self._parts:
            folder = chunks.chunk_folder(self._folder, part)
            result = folder.read(RunnerResult)
            request = folder.read(RunnerRequest) if result is not None else None
            yield result, _skips(request.skipped if request is not None else {})

    # The job's course

    def watch(self) -> StopReason | None:
        """Run all tasks until they are done, or one of them ends the job.

        Raises :class:`EngineError` where the cluster cannot be used, or does not come back.
        """
        self._forget_done()
        # To make a cluster takes the private variables out of this process, which uploads need.
        makes_cluster = self._engine.address is None
        with self._uploads or contextlib.nullcontext():
            stop = None if makes_cluster else self._run()
        if makes_cluster and (self._uploads is None or self._uploads.error is None):
            stop = self._run()
        if self.error is None and self._uploads is not None:
            self.error = self._uploads.error
        return stop

    def _run(self) -> StopReason | None:
        try:
            while self._is_unfinished:
                session = self._open()
                if session is None:
                    return StopReason.TIMEOUT
                try:
                    return self._watch(session)
                except EngineLostError as error:
                    self._folder.log("warning", f"{error.message}; the job waits for it")
                    for state in self._running.values():
                        self._run_again(state)
                        self._end_supply(state)
                    self._running.clear()
                finally:
                    session.close()
            return None
        finally:
            self._forget_unfinished()
            self._downloads.close()
            self._tell_nodes()

    def _forget_unfinished(self) -> None:
        """Count what is kept only: what a task had done that was stopped stays on its node."""
        if self.progress is None:
            return
        for state in self._running.values():
            if state.chunk is not None:
                self.progress.forget(state.chunk.id)
        self.progress.publish()

    def _forget_done(self) -> None:
        """Take the chunks that an earlier job has finished."""
        for state in list(self._waiting):
            if state.chunk is None:
                result = self._folder.read(RunnerResult)
                if result is not None:
                    self._whole = result, _skips(self._folder.require(RunnerRequest).skipped)
                    self._waiting.remove(state)
                continue
            chunk = chunks.chunk_folder(self._folder, state.chunk)
            result = chunk.read(RunnerResult)
            if result is not None:
                self._waiting.remove(state)
                if self._uploads is not None:
                    self._uploads.add(chunk)
                if self.progress is not None:
                    self.progress.add_result(state.chunk.id, result)

    def _open(self) -> EngineSession | None:
        """Connect; a cluster that has answered before is waited for. None: the job's time is up."""
        deadline = time.monotonic() + self._patience
        engine = load_engine(self._engine.name)
        while True:
            try:
                session = engine.open(
                    self._engine.address, run_task, workers=self._plan.workers.count
                )
            except EngineError as error:
                if self._shown is None:
                    raise
                if self._stop() is StopReason.TIMEOUT:
                    return None
                if time.monotonic() > deadline:
                    raise EngineLostError(
                        str(self._engine),
                        f"it has not come back within {self._patience:g} s ({error.reason})",
                        "'job retry' goes on with what is done, there or with --engine local",
                    ) from None
                time.sleep(_RECONNECT_SECONDS)
            else:
                if self._shown is not None:
                    self._folder.log(
                        "info", f"the engine {self._engine} answers again; the job continues"
                    )
                self._nodes_seen = time.monotonic()
                return session

    def _watch(self, session: EngineSession) -> StopReason | None:
        while self._is_unfinished:
            cluster = self._look_at(session)
            self._submit(session, cluster)
            for event in session.poll(_POLL_SECONDS):
                self._take(event)
            if self.progress is not None:
                self.progress.publish()
            if self.error is not None or (self._uploads is not None and self._uploads.error):
                return None
            stop = self._stop()
            if stop is not None:
                return stop
        return None

    def _look_at(self, session: EngineSession) -> Cluster:
        """Return the cluster's state, and record it where it has changed."""
        now = time.monotonic()
        if self._shown is not None and self._shown.nodes and now - self._looked < _CLUSTER_SECONDS:
            return self._shown
        self._looked = now
        cluster = session.cluster()
        for node in sorted(set(cluster.unfit) - self._unfit):
            self._unfit.add(node)
            self._folder.log("warning", f"continues without a node: {node}")
        if cluster.nodes:
            self._nodes_seen = now
        elif now - self._nodes_seen > self._patience:
            raise EngineError(
                str(self._engine),
                f"its cluster has had no workers for {self._patience:g} s",
                "Start some, then 'job retry' goes on with what is done",
            )
        if cluster != self._shown:
            self._shown = cluster
            self._folder.append(
                ClusterEvent(
                    time.time(),
                    engine=str(self._engine),
                    nodes=len(cluster.nodes),
                    slots=cluster.slots,
                    memory=cluster.memory,
                    dashboard=cluster.dashboard,
                )
            )
        return cluster

    def _submit(self, session: EngineSession, cluster: Cluster) -> None:
        # Twice the slots: enough that none waits for work and that an adaptive cluster grows, few
        # enough that a node that ends takes few tasks with it.
        most = 2 * cluster.slots + 2
        while self._waiting and len(self._running) < most:
            state = self._waiting.popleft()
            self._send(session, state)
        if self._suspects and not self._waiting and not self._running:
            self._send(session, self._suspects.popleft())

    def _send(self, session: EngineSession, state: _TaskState) -> None:
        # Before it is sent: a cluster that is lost meanwhile has the job run again what is here.
        self._running[self._name(state)] = state
        others = set(self._shown.nodes if self._shown and state.node else ()) - {state.node}
        session.submit(self._task(state), avoid=self._avoided | others)

    @property
    def _is_unfinished(self) -> bool:
        return bool(self._waiting or self._suspects or self._running)

    def _run_again(self, state: _TaskState) -> None:
        """Put a task before those behind it in the input; one that must run alone waits for all."""
        queue = self._suspects if state.is_suspect else self._waiting
        later = (place for place, other in enumerate(queue) if state.order < other.order)
        queue.insert(next(later, len(queue)), state)

    def _name(self, state: _TaskState) -> str:
        return self._plan.id if state.chunk is None else state.chunk.name(self._plan.id)

    def _task(self, state: _TaskState) -> Task:
        return task_files.task_of(
            self._plan,
            self._folder,
            self._blobs,
            chunk=state.chunk,
            blobs_to_send=state.blobs,
            sends_input=self._sends_input,
            wheels=state.wheels,
        )

    def _take(self, event: TaskEvent) -> None:
        state = self._running.get(event.name)
        if state is None:
            return
        if isinstance(event, TaskReport):
            self._take_report(state, decode(NodeReport, event.text))
            return
        del self._running[event.name]
        supplied = self._end_supply(state)
        if isinstance(event, TaskLost):
            self._take_loss(state, event)
        else:
            self._take_end(state, event, supplied)

    def _take_report(self, state: _TaskState, report: NodeReport) -> None:
        if report.console:
            data = report.console.encode("utf-8", "surrogateescape")
            with self._folder.console.open("ab") as console:
                console.write(data)
        events = [event for line in report.events if (event := event_of(line.encode()))]
        if state.chunk is None or self.progress is None:
            for event in events:
                self._folder.append(event)
            return
        if report.begins:
            self._end_supply(state)
            self.progress.forget(state.chunk.id)
        for event in events:
            self.progress.add(state.chunk.id, event)

    def _take_end(self, state: _TaskState, event: TaskEnded, supplied: str | None) -> None:
        """Take what a node returns; ``supplied`` is the node that the task brought wheels to."""
        outcome = decode(NodeOutcome, event.result.document)
        if outcome.status is TaskStatus.MISSING:
            self._sends_input = self._sends_input or outcome.lacks_input
            state.blobs = outcome.missing
            if outcome.wheels:
                self._supply(state, event.node, outcome, supplied)
            else:
                self._run_again(state)
        elif outcome.status is TaskStatus.CANCELLED:
            # Only of an attempt that was lost without our knowing.
            self._run_again(state)
        elif outcome.status is TaskStatus.REFUSED:
            self._take_refusal(state, event.node, outcome)
        else:
            task_files.store_outcome(self._folder, state.chunk, outcome, event.result.files)
            node = _named(event.node, outcome)
            self._nodes[node] += 1
            if self._packages_from.get(node) in (None, PackageSource.CACHE):
                self._packages_from[node] = outcome.packages_from
            self._take_outcome(state, outcome)

    def _supply(
        self, state: _TaskState, node: str, outcome: NodeOutcome, supplied: str | None
    ) -> None:
        """Send a node the wheels of its environment, unless they are on the way to its machine."""
        reason = outcome.error.message if outcome.error is not None else ""
        refusal = f"{_named(node, outcome)} cannot fetch the model's packages ({reason})"
        if outcome.host in self._wait_for_wheels:
            self._wait_for_wheels[outcome.host].append(state)
            return
        if supplied == node:
            self.error = JobError(
                "environment_build", f"{refusal}, and does not keep the wheels that are sent there"
            )
            return
        count = len(outcome.wheels)
        noun = "wheel" if count == 1 else "wheels"
        self._folder.log("info", f"{refusal}: it is sent {count} {noun} of the lock")
        try:
            state.wheels = self._downloads.fetch(outcome.wheels)
        except EnvironmentBuildError as error:
            self.error = JobError(
                "environment_build",
                f"{refusal}, nor can this machine, to send them: {error.cause}",
                error.remedy,
            )
            return
        state.node, state.host = node, outcome.host
        self._wait_for_wheels[outcome.host] = []
        self._run_again(state)

    def _end_supply(self, state: _TaskState) -> str | None:
        """Let others run as well once the wheels that a task brought are there; returns its node."""
        if not state.wheels:
            return None
        node = state.node
        for waiting in self._wait_for_wheels.pop(state.host):
            self._run_again(waiting)
        state.wheels, state.node, state.host = {}, "", ""
        return node

    def _take_outcome(self, state: _TaskState, outcome: NodeOutcome) -> None:
        if outcome.proof is not None and (self.proof is None or self.proof.is_exact):
            self.proof = outcome.proof
        if outcome.result is not None:
            if state.chunk is None:
                self._whole = outcome.result, _skips(outcome.skipped)
            elif self.progress is not None:
                self.progress.add_result(state.chunk.id, outcome.result)
        if outcome.status is TaskStatus.FAILED:
            self.error = outcome.error
        elif outcome.result is not None and outcome.result.is_error and state.chunk is not None:
            self.error = job_errors.of_model(outcome.result.error)

    def _take_refusal(self, state: _TaskState, node: str, outcome: NodeOutcome) -> None:
        """End the job where no record is scored yet; else go on without the node that came late."""
        others = set(self._shown.nodes if self._shown else ()) - self._avoided - {node}
        if not self._nodes or outcome.error is None or not others:
            self.error = outcome.error
            return
        if node not in self._avoided:
            self._folder.log("warning", f"continues without a node: {outcome.error.message}")
            self._avoided |= {node}
        self._run_again(state)

    def _take_loss(self, state: _TaskState, event: TaskLost) -> None:
        """Run a lost task again; one that may be the cause in pieces."""
        name = "the job" if state.chunk is None else f"chunk {state.chunk.id}"
        self._folder.log("warning", f"{name} is lost: {event.reason}")
        if event.kind is LossKind.LEFT:
            self._run_again(state)
            return
        state.losses += 1
        if event.kind is LossKind.REFUSED:
            self.error = JobError("engine", f"the engine {self._engine}: {event.reason}", None)
        elif state.losses >= _MOST_LOSSES:
            self.error = JobError(
                "task_lost",
                f"{name} was lost {state.losses} times: {event.reason}",
                "Look at the workers' logs; 'job retry' goes on with what is done",
            )
        elif event.kind is LossKind.ENDED and state.chunk is not None and self._plan.can_resume:
            self._split(state, state.chunk)
        else:
            self._waiting.append(state)

    def _split(self, state: _TaskState, chunk: Chunk) -> None:
        """Run a lost chunk again in pieces; a single record alone, and pass it over if it is lost then.

        What runs on a node when that ends, or waits there, need not be what ends it.
        """
        pieces = self._pieces(chunk)
        if not pieces:
            self._waiting.append(state)
            return
        if len(pieces) < 2:
            if not state.is_suspect:
                state.is_suspect = True
                self._run_again(state)
                return
            reason = SkippedRecord("ProcessDied", "the nodes that scored this record ended", -9)
            task_files.request_skip(self._folder, chunk, reason)
            self._waiting.append(state)
            return
        place = self._parts.index(chunk)
        self._parts[place : place + 1] = pieces
        chunks.write_chunks(self._folder, self._parts)
        self._waiting.extend(_TaskState(piece) for piece in pieces)
        if self.progress is not None:
            self.progress.replace_chunk(chunk, pieces)

    def _pieces(self, chunk: Chunk) -> list[Chunk]:
        """Return the pieces of a chunk, one for a single record; none where nobody knows."""
        data = self._folder.require(RunnerRequest).inputs[0].each_file[chunk.file]
        if data.format not in _CUT_FORMATS or chunk.range.end >= TO_END:
            return []
        size = max(1, (chunk.range.end - chunk.range.start) // _PIECES)
        ranges = chunks.cut_range(data, chunk.range, size)
        if len(ranges) < 2:
            # A short record before a long one is found at its own border only.
            ranges = chunks.cut_range(data, chunk.range, 1)
        if len(ranges) < 2 and record_cut(data.format):
            return []  # a row group or block, which may hold any number of records
        return [Chunk(f"{chunk.id}.{number}", chunk.file, r) for number, r in enumerate(ranges)]

    def _stop(self) -> StopReason | None:
        limits = self._plan.limits
        if limits.seconds is not None and time.monotonic() - self._begun >= limits.seconds:
            return StopReason.TIMEOUT
        if self.progress is not None and has_too_many(self.progress.counts, limits.max_errors):
            return StopReason.MAX_ERRORS
        return None

    def _tell_nodes(self) -> None:
        """Log and keep which node has done how many tasks."""
        if self._nodes:
            tasks = dict(sorted(self._nodes.items()))
            self._folder.write(NodeTasks(tasks, self._packages_from))
            noun = "chunks" if self._parts else "tasks"
            shares = ", ".join(f"{node}: {count}" for node, count in tasks.items())
            self._folder.log("info", f"{noun} by node: {shares}")
            made = ", ".join(
                f"{node}: {_FROM[source]}" for node, source in sorted(self._packages_from.items())
            )
            self._folder.log("info", f"environment by node: {made}")


def _named(node: str, outcome: NodeOutcome) -> str:
    """Return a node's machine, with the address where its engine has one."""
    return f"{outcome.host} ({node})" if node else outcome.host


def _skips(skipped: Mapping[str, SkippedRecord]) -> dict[int, SkippedRecord]:
    return {int(index): reason for index, reason in skipped.items()}
