"""Why two jobs differ: their differences put back by bisection, each step a run in a real environment."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from modelop_jupyter.checks.answers import is_same
from modelop_jupyter.checks.sample_runs import CHECKED_RECORDS, SampleRunner
from modelop_jupyter.checks.stability import BASE
from modelop_jupyter.comparison.bisection import causes_of
from modelop_jupyter.comparison.jobs import require_ended
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.checks import CheckStep
from modelop_jupyter.domain.environments import Lock
from modelop_jupyter.domain.job_options import Limits, OutputTarget
from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.models import ModelState, Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.requirements.changes import compare as compare_packages
from modelop_jupyter.domain.results.causes import Cause, Causes
from modelop_jupyter.domain.results.metric_paths import numbers_in
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.environments.lock.mixing import mixed
from modelop_jupyter.environments.manager import EnvironmentManager
from modelop_jupyter.errors import ConflictError, EnvironmentBuildError, InputError, InvalidError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.workspace.home import Home

_SECONDS = 600.0
# Numbers by their path, or the answers to records by their index.
Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Factor:
    """One difference between two jobs: of a ``kind``, under a ``name``, and in words."""

    kind: str
    name: str
    text: str


def why(first: Job, other: Job, home: Home) -> Causes:
    """Find which differences between two ended jobs move the result.

    Only the first records of a batch are scored; a metrics function gets all of its data. Nothing of
    it is recorded, and its environments are removed. Raises :class:`InvalidError` for jobs that
    cannot be compared so, and :class:`ConflictError` where the difference does not show again.
    """
    _require_comparable(first, other)
    began = time.monotonic()
    locks = tuple(home.environments.lock(job.plan.snapshot) for job in (first, other))
    factors = tuple(_factors(first.plan, other.plan, *locks))
    if not factors:
        raise ConflictError(
            "the two jobs ran the same model with the same packages, parameters and input",
            f"'check {first.plan.snapshot.ref}' finds out whether it gives the same answer twice",
        )
    with tempfile.TemporaryDirectory(prefix="modelop-why-") as place:
        runs = _Experiments(first.plan, other.plan, locks, home, Path(place))
        outcome = cache(runs.run)
        groups = causes_of(factors, outcome, is_same)
        if not groups:
            raise ConflictError(
                "the difference does not show again: run now, both give the same",
                "The cause is the machine, the time, random numbers, or a record beyond the first"
                f" {CHECKED_RECORDS}",
            )
        is_batch = first.plan.kind is JobKind.BATCH
        causes = tuple(_causes(groups, outcome, is_batch=is_batch))
    named = {factor for group in groups for factor in group}
    return Causes(
        jobs=(first.record, other.record),
        causes=causes,
        others=tuple(factor.text for factor in factors if factor not in named),
        runs=runs.count,
        sample=CHECKED_RECORDS if is_batch else 0,
        seconds=round(time.monotonic() - began, 3),
    )


def _require_comparable(first: Job, other: Job) -> None:
    for job in (first, other):
        require_ended(job)
    kinds = {first.plan.kind, other.plan.kind}
    if len(kinds) > 1 or JobKind.TRAIN in kinds:
        raise InvalidError(
            "--why compares two batches, or two metrics jobs", "Name two jobs of one kind"
        )


def _factors(first: Plan, other: Plan, ours: Lock, theirs: Lock) -> Iterator[_Factor]:
    """Yield what differs; packages that depend on one another stand side by side."""
    before, after = first.snapshot.state, other.snapshot.state
    yield from _assets(before, after)
    if ours.interpreter.minor != theirs.interpreter.minor:
        # Packages are built for a version of Python: they cannot be mixed.
        text = f"Python {ours.interpreter.minor} → {theirs.interpreter.minor}, with all packages"
        yield _Factor("python", "", text)
    else:
        for change in compare_packages(ours.packages, theirs.packages):
            versions = f"{change.before or 'not there'} → {change.after or 'not there'}"
            yield _Factor("package", change.package, f"{change.package} {versions}")
    for name in sorted({*first.parameters, *other.parameters}):
        values = [plan.parameters.get(name) for plan in (first, other)]
        if values[0] != values[1]:
            yield _Factor("parameter", name, f"parameter {name}: {values[0]!r} → {values[1]!r}")
    if not _are_same(first.inputs, other.inputs):
        names = [", ".join(data.name for data in plan.inputs) for plan in (first, other)]
        same = names[0] == names[1]
        yield _Factor(
            "input", "", f"input {names[0]}{' has other content' if same else f' → {names[1]}'}"
        )


def _assets(before: ModelState, after: ModelState) -> Iterator[_Factor]:
    """Yield the files that differ; requirements count by the packages that they give."""
    if (before.primary_source, before.entry_points) != (after.primary_source, after.entry_points):
        yield _Factor("source", "", "the source, and which functions it has")
    for path in sorted({asset.path for asset in (*before.assets, *after.assets)}):
        old, new = before.asset(path), after.asset(path)
        if old == new or _is_requirement(old) or _is_requirement(new):
            continue
        verb = "is new" if old is None else "is gone" if new is None else "has other content"
        yield _Factor("asset", path, f"{path} {verb}")


def _is_requirement(asset: Asset | None) -> bool:
    return asset is not None and asset.role is AssetRole.REQUIRED_LIBRARIES


def _are_same(first: Sequence[JobInput], other: Sequence[JobInput]) -> bool:
    """Return whether two jobs would read the same now; a file that has changed since is one input."""
    return len(first) == len(other) and all(
        one.path == two.path or (one.digest is not None and one.digest == two.digest)
        for one, two in zip(first, other, strict=True)
    )


class _Experiments:
    """Runs of the first job with some of the other's differences made."""

    def __init__(
        self, first: Plan, other: Plan, locks: Sequence[Lock], home: Home, place: Path
    ) -> None:
        self.count = 0
        self._first = first
        self._other = other
        self._ours, self._theirs = locks
        self._home = home
        self._place = place
        self._manager = EnvironmentManager(place / "environments", progress=home.progress)

    def run(self, made: frozenset[_Factor]) -> Outcome | None:
        """Return the outcome with some differences made; None where that cannot be run."""
        self.count += 1
        if self._home.progress is not None:
            self._home.progress(CheckStep(self._first.snapshot.ref, self.count, None))
        try:
            environment = self._manager.ensure(self._lock(made))
        except EnvironmentBuildError:
            return None
        plan = self._plan(made)
        folder = self._place / f"run-{self.count}"
        runner = SampleRunner(plan, self._home.blobs, environment.python, folder)
        (run,) = runner.run_all([BASE])
        if run.error is not None:
            return None
        if plan.kind is JobKind.METRICS:
            return numbers_in(run.metrics)
        return {
            str(call.record): _answer(call.outputs, call.problem) for call in reversed(run.calls)
        }

    def _lock(self, made: frozenset[_Factor]) -> Lock:
        if any(factor.kind == "python" for factor in made):
            return self._theirs
        names = {factor.name for factor in made if factor.kind == "package"}
        return mixed(self._ours, self._theirs, names) if names else self._ours

    def _plan(self, made: frozenset[_Factor]) -> Plan:
        kinds = {factor.kind for factor in made}
        parameters = dict(self._first.parameters)
        for factor in made:
            if factor.kind == "parameter":
                parameters.pop(factor.name, None)
                if factor.name in self._other.parameters:
                    parameters[factor.name] = self._other.parameters[factor.name]
        inputs = (self._other if "input" in kinds else self._first).inputs
        for data in inputs:
            if not data.is_read_by_ranges and not all(Path(path).exists() for path in data.paths):
                raise InputError(data.name, "is no longer there", "Put it back, and compare again")
        is_batch = self._first.kind is JobKind.BATCH
        return dataclasses.replace(
            self._first,
            snapshot=self._snapshot(made),
            inputs=inputs,
            output=OutputTarget("result.json", "json"),
            other_outputs=(),
            parameters=parameters,
            limits=Limits(records=CHECKED_RECORDS if is_batch else None, seconds=_SECONDS),
            expectations=None,
            engine=None,
            chunks_prefix=None,
        )

    def _snapshot(self, made: frozenset[_Factor]) -> Snapshot:
        before, after = self._first.snapshot.state, self._other.snapshot.state
        paths = {factor.name for factor in made if factor.kind == "asset"}
        kept = [asset for asset in before.assets if asset.path not in paths]
        changed = [asset for asset in after.assets if asset.path in paths]
        functions = after if any(factor.kind == "source" for factor in made) else before
        state = dataclasses.replace(
            before,
            assets=tuple(sorted([*kept, *changed], key=lambda asset: asset.path)),
            primary_source=functions.primary_source,
            entry_points=functions.entry_points,
        )
        return dataclasses.replace(self._first.snapshot, state=state)


def _answer(outputs: Sequence[Any], problem: Any) -> Any:
    return [problem.stage, problem.exception] if problem is not None else list(outputs)


def _causes(
    groups: Sequence[tuple[_Factor, ...]],
    outcome: Callable[[frozenset[_Factor]], Outcome | None],
    *,
    is_batch: bool,
) -> Iterator[Cause]:
    made: frozenset[_Factor] = frozenset()
    for group in groups:
        before = outcome(made)
        made |= frozenset(group)
        after = outcome(made)
        changes = tuple(factor.text for factor in group)
        yield _cause(changes, before or {}, after or {}, is_batch=is_batch)


def _cause(changes: tuple[str, ...], before: Outcome, after: Outcome, *, is_batch: bool) -> Cause:
    keys = [key for key in before if key in after and not is_same(before[key], after[key])]
    if is_batch:
        return Cause(changes, {}, len(keys))
    return Cause(changes, {key: after[key] - before[key] for key in keys})
