"""Score a sample in the model's own environment, in several orders and surroundings.

Each run is one of the real runner in a fresh job folder, which no registry knows and which is removed
with the folder around it.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.jobs import JobError, RecordError
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import StoppedError
from modelop_jupyter.jobs import staging
from modelop_jupyter.jobs.check_files import (
    CheckedCalls,
    Observation,
    Observations,
    PlainGlobals,
    SampleRecord,
    SampleRecords,
)
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job_errors import of_model
from modelop_jupyter.jobs.protocol import (
    CheckedOrder,
    ErrorLine,
    LoadedModules,
    RunnerRequest,
    RunnerResult,
)
from modelop_jupyter.jobs.request import request_check
from modelop_jupyter.jobs.supervision.launch import launch
from modelop_jupyter.jobs.supervision.runner_group import RunnerGroup
from modelop_jupyter.jobs.supervision.runner_supervisor import RunnerSupervisor

# Of a batch: so many show what is wrong with a model, and are scored in a moment.
CHECKED_RECORDS = 100
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """How one run scores the sample: the order of records, and variables that only it has."""

    order: str
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the score function: what it gave for a record, or what was wrong with it.

    ``outputs`` are the records that were written, as values of JSON.
    """

    record: int
    seconds: float
    outputs: tuple[Any, ...]
    problem: RecordError | None = None


@dataclass(frozen=True, slots=True)
class SampleRun:
    """A run of the sample that has ended.

    ``error`` is what ended it before all records were scored. ``rejected`` are records that never
    reached the model. ``ready_seconds`` is how long the import and ``init`` took, ``memory`` the bytes
    of the process; None where that is not known. ``observations`` is None where this Python cannot
    see what a model touches. ``records`` are the values that were scored, ``plain_globals`` the texts of
    the model's globals before that; ``metrics`` is what a metrics function gave.
    """

    calls: tuple[Call, ...]
    rejected: tuple[RecordError, ...] = ()
    error: JobError | None = None
    warnings: tuple[str, ...] = ()
    ready_seconds: float | None = None
    memory: int | None = None
    modules: frozenset[str] = frozenset()
    records: tuple[SampleRecord, ...] = ()
    plain_globals: Mapping[str, str] = dataclasses.field(default_factory=dict)
    metrics: Any = None
    observations: tuple[Observation, ...] | None = None


class SampleRunner:
    """Runs one plan several times in folders below ``place``, two at a time; see :meth:`run_all`.

    ``is_stopped`` is asked a few times a second.
    """

    def __init__(
        self,
        plan: Plan,
        blobs: staging.Blobs,
        python: str,
        place: Path,
        *,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._plan = plan
        self._blobs = blobs
        self._python = python
        self._place = place
        self._stop = threading.Event()
        self._is_stopped = is_stopped

    def run_all(
        self, orders: Sequence[SampleOrder], progress: Callable[[int], object] | None = None
    ) -> list[SampleRun]:
        """Return the runs in the order of ``orders``; Ctrl-C ends those that are running.

        ``progress`` is called with the number of those that are done. Raises :class:`StoppedError`.
        """
        with ThreadPoolExecutor(_AT_ONCE, "modelop-check") as pool:
            futures = [pool.submit(self._run, order) for order in orders]
            try:
                for done, _ in enumerate(as_completed(futures), start=1):
                    if progress is not None:
                        progress(done)
                if self._is_stopped():
                    raise StoppedError
                return [future.result() for future in futures]
            except BaseException:
                self._stop.set()
                for future in futures:
                    future.cancel()
                raise

    def _run(self, order: SampleOrder) -> SampleRun:
        if self._is_stopped():
            raise StoppedError
        plan = dataclasses.replace(self._plan, id=str(uuid.uuid4()))
        folder = JobFolder(self._place / plan.id)
        folder.create()
        staging.stage(plan, folder, self._blobs)
        request_check(folder, CheckedOrder(order.order))
        supervisor = RunnerSupervisor(
            folder,
            python=self._python,
            mark=plan.id,
            limits=plan.limits,
            can_resume=False,
            log=folder.log,
            runner=launch(folder, self._python, plan.id, variables=order.variables),
        )
        group = RunnerGroup(
            folder,
            [supervisor],
            plan.limits,
            mark=plan.id,
            look=lambda: self._stop.is_set() or self._is_stopped(),
        )
        try:
            group.watch()
        except BaseException:
            group.kill()
            raise
        return _read(folder, supervisor)


def _read(folder: JobFolder, supervisor: RunnerSupervisor) -> SampleRun:
    result = folder.read(RunnerResult)
    observed = folder.read(Observations)
    loaded = folder.read(LoadedModules)
    sample = folder.read(SampleRecords)
    names = folder.read(PlainGlobals)
    problems = list(folder.errors())
    calls = _calls(folder, problems)
    scored = {call.record for call in calls}
    error = supervisor.error or (of_model(result.error, folder) if result else None)
    return SampleRun(
        calls=calls,
        rejected=tuple(one.error for one in problems if one.index not in scored),
        error=error,
        warnings=_warnings(result),
        ready_seconds=result.ready_seconds if result else None,
        metrics=result.metrics if result else None,
        memory=(result.memory or None) if result else None,
        records=sample.records if sample else (),
        plain_globals=names.values if names else {},
        modules=frozenset(loaded.modules if loaded else ()),
        observations=observed.observations if observed and observed.is_seen else None,
    )


def _calls(folder: JobFolder, problems: Sequence[ErrorLine]) -> tuple[Call, ...]:
    made = folder.read(CheckedCalls)
    output = folder.outputs / f"{folder.require(RunnerRequest).output.name}.part"
    if made is None or not output.exists():
        return ()
    # A record that is scored twice may fail once: where its output begins tells which call it was.
    failed = {(one.index, one.output[0] if one.output else None): one.error for one in problems}
    data, begin, calls = output.read_bytes(), 0, []
    for call in made.calls:
        lines = data[begin : call.end].splitlines()
        values = tuple(json.loads(line) for line in lines)
        problem = failed.get((call.record, begin))
        calls.append(Call(call.record, call.seconds, values, problem))
        begin = call.end
    return tuple(calls)


def _warnings(result: RunnerResult | None) -> tuple[str, ...]:
    found = result.unknown.get("warnings", ()) if result else ()
    return tuple(map(str, found))
