"""Run two snapshots over the same input at once, each by the real runner in its own environment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.comparison.outputs import ScoredOutput
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.formats import JSON_LINES
from modelop_jupyter.jobs import staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job_errors import of_model
from modelop_jupyter.jobs.protocol import Progress, RunnerResult
from modelop_jupyter.jobs.supervision.runner_group import RunnerGroup
from modelop_jupyter.jobs.supervision.runner_supervisor import RunnerSupervisor

_SECONDS_BETWEEN = 0.5


@dataclass(frozen=True, slots=True)
class Contestant:
    """A plan and the Python of the environment that it runs in."""

    plan: Plan
    python: str


def run_both(
    first: Contestant,
    other: Contestant,
    blobs: staging.Blobs,
    place: Path,
    progress: Callable[[int, int], object],
) -> tuple[ScoredOutput, ScoredOutput]:
    """Run both until they have ended, in folders below ``place`` that no registry knows.

    ``progress`` gets the records that each has taken, now and then. Ctrl-C ends both, and so does the
    failure of one as a whole, which raises :class:`ConflictError`.
    """
    mark = first.plan.id
    one = _supervisor(first, blobs, place, f"{mark}/champion")
    two = _supervisor(other, blobs, place, f"{mark}/challenger")
    group = RunnerGroup(
        one.folder,
        [one, two],
        first.plan.limits,
        mark=mark,
        most=2,
        look=_Look(one, two, progress).report,
    )
    try:
        group.watch()
    except BaseException:
        group.kill()
        raise
    for contestant, supervisor in ((first, one), (other, two)):
        _require_scored(contestant.plan, supervisor)
    return _output(first.plan, one), _output(other.plan, two)


class _Look:
    """Reports how far both are, a few times a second at most."""

    def __init__(
        self,
        first: RunnerSupervisor,
        other: RunnerSupervisor,
        progress: Callable[[int, int], object],
    ) -> None:
        self._pair = first, other
        self._progress = progress
        self._next = 0.0

    def report(self) -> bool:
        """Report it; returns False, which lets them go on."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_BETWEEN
            self._progress(*map(_records_taken, self._pair))
        return False


def _records_taken(supervisor: RunnerSupervisor) -> int:
    event = supervisor.folder.last_event(Progress)
    return event.records_in if event else 0


def _require_scored(plan: Plan, supervisor: RunnerSupervisor) -> None:
    """Raise :class:`ConflictError` for a model that has failed as a whole."""
    result, error = supervisor.result, supervisor.error
    if error is None and result is not None:
        error = of_model(result.error, supervisor.folder)
    if error is not None:
        raise ConflictError(
            f"{plan.snapshot.ref} cannot score this input: {error.message}",
            error.hint or f"'check {plan.snapshot.ref}' says what is wrong with it",
        )


def _output(plan: Plan, supervisor: RunnerSupervisor) -> ScoredOutput:
    folder, result = supervisor.folder, supervisor.folder.require(RunnerResult)
    path = folder.outputs / f"{plan.output.name}.part"
    return ScoredOutput(
        result.counts.as_counts,
        folder,
        lambda: JSON_LINES.read(path) if path.exists() else iter(()),
    )


def _supervisor(
    contestant: Contestant, blobs: staging.Blobs, place: Path, mark: str
) -> RunnerSupervisor:
    plan = contestant.plan
    folder = JobFolder(place / plan.id)
    folder.create()
    staging.stage(plan, folder, blobs)
    return RunnerSupervisor(
        folder,
        python=contestant.python,
        mark=mark,
        limits=plan.limits,
        can_resume=plan.can_resume,
        log=folder.log,
    )
