"""Check a model before it is handed over: ``workspace.check``."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modelop_jupyter.checks.access import access
from modelop_jupyter.checks.agreement import Surroundings, agreement, not_compared
from modelop_jupyter.checks.audit import audit, require_audit
from modelop_jupyter.checks.bill_of_materials import licences_of
from modelop_jupyter.checks.declarations import (
    declared_findings,
    schema_findings,
    unknown_to_modelop,
    unusable_schema,
)
from modelop_jupyter.checks.limits import limits
from modelop_jupyter.checks.live_notebook import LiveNotebook, live_answers, plain_values
from modelop_jupyter.checks.released_files import release_findings, unanswered
from modelop_jupyter.checks.requirements import requirements_topic
from modelop_jupyter.checks.rules import metrics_findings, records_of, rules
from modelop_jupyter.checks.sample_runs import CHECKED_RECORDS, SampleOrder, SampleRun, SampleRunner
from modelop_jupyter.checks.stability import BASE, ORDERS, stability
from modelop_jupyter.checks.verification import sample_of
from modelop_jupyter.comparison.schema_drift import schema_drift
from modelop_jupyter.domain.checks import CheckReport, CheckStep, CheckTopic, Finding, TopicResult
from modelop_jupyter.domain.environments import Environment, Lock
from modelop_jupyter.domain.job_options import Limits, OutputTarget
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.environments.installers.index_pages import Listing
from modelop_jupyter.environments.site_packages import packages_by_module
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.models import schemas
from modelop_jupyter.models.source import source_text, tags_of
from modelop_jupyter.remedies import Command
from modelop_jupyter.requirements.check import RequirementsCheck
from modelop_jupyter.requirements.report import report
from modelop_jupyter.workspace import queries, remote_inputs, verification_samples
from modelop_jupyter.workspace.file_sets import resolve_inputs
from modelop_jupyter.workspace.home import Home, now
from modelop_jupyter.workspace.job_inputs import require_enough_inputs, stage_input
from modelop_jupyter.workspace.job_request import Input, JobRequest
from modelop_jupyter.workspace.samples import test_data

_SECONDS = 120.0
_NONE: Mapping[str, Any] = MappingProxyType({})
_DATA_ROLES = (AssetRole.TEST_DATA, AssetRole.BASELINE_DATA, AssetRole.COMPARATOR_DATA)


def _never() -> bool:
    return False


def check(
    ref: str,
    inputs: Sequence[Input],
    home: Home,
    *,
    metrics: Sequence[Input] = (),
    parameters: Mapping[str, Any] = _NONE,
    asks_for_faults: bool = False,
    live: LiveNotebook | None = None,
    command: Command = (),
    progress: Callable[[CheckStep], None] | None = None,
    is_stopped: Callable[[], bool] = _never,
) -> CheckReport:
    """Score a sample several times in the model's own environment, and say what was seen.

    ``inputs`` are those of a batch; without one, the model's test data is taken. ``metrics`` are those
    of a metrics job; ``asks_for_faults`` sends the names of packages to a service of known faults. A
    snapshot is taken where the model has changed since the last, which keeps the report; no job is
    recorded. ``live`` is the notebook, if it runs here; its functions are called, too. ``command`` are
    the words that make the report again. The runs are ended when ``is_stopped`` says so, and
    :class:`StoppedError` is raised. Raises :class:`InvalidError` where there is no sample or no score
    function.
    """
    began = time.monotonic()
    if asks_for_faults:
        require_audit()
    state = home.state(ref)
    _require_score_function(ref, state)
    ask = partial(_request, state=state, home=home, parameters=parameters)
    request = ask(JobKind.BATCH, list(inputs) or [_test_data(ref, state, home)])
    of_metrics = ask(JobKind.METRICS, list(metrics)) if metrics else None
    orders = ORDERS if _is_by_record(request, state, home) else (BASE,)
    with _sample_of(ref, home, is_stopped) as sample, ThreadPoolExecutor(1) as beside:
        lock = home.environments.lock(home.owner(ref))
        # The indexes are asked while the sample is scored.
        listing = beside.submit(home.environments.list_files, lock)
        show = progress or home.progress or _ignore
        show(CheckStep(ref, 0, len(orders)))
        runs, names = sample.run(
            request, orders, lambda done: show(CheckStep(ref, done, len(orders)))
        )
        of_function = sample.run(of_metrics, (BASE,))[0] if of_metrics else []
    if len(runs) > 1 and not parameters:
        _keep_sample(", ".join(names), runs, sample.snapshot, home)
    loaded = _loaded(runs[0], sample.environment)
    environment = sample.environment
    records = records_of(runs)
    assets = sum(asset.size for asset in state.assets)
    made = CheckReport(
        model=sample.model.name,
        snapshot=sample.snapshot.number,
        checked=now(),
        sample=", ".join(map(_short_name, names)),
        records=records,
        seconds=round(time.monotonic() - began, 3),
        topics=(
            _agreement(runs, live, sample.model, state, _other_versions(loaded, environment), home),
            rules(
                runs[0],
                records,
                chain(
                    _declarations(ref, state, runs[0], home),
                    chain.from_iterable(map(metrics_findings, of_function)),
                ),
            ),
            _stability(runs, state, home),
            access(runs[0].observations, sample.model.name),
            _requirements(
                ref,
                loaded,
                environment,
                home,
                lock=lock,
                listing=listing.result(),
                asks_for_faults=asks_for_faults,
            ),
            limits(runs[0], assets, environment.size),
        ),
        command=command,
    )
    home.registry.keep_check(made)
    return made


def loaded_packages(ref: str, home: Home) -> tuple[int, frozenset[str]]:
    """Score the model's test data once; return the number of records and the packages it loaded.

    Raises :class:`InvalidError` where there is none, or where the model does not score it.
    """
    state = home.state(ref)
    _require_score_function(ref, state)
    request = _request(JobKind.BATCH, [_test_data(ref, state, home)], state, home)
    with _sample_of(ref, home) as sample:
        (run,), _ = sample.run(request, (BASE,))
    if run.error is not None:
        raise InvalidError(run.error.message, f"Mend it first: 'check {ref}' says how")
    return records_of([run]), _loaded(run, sample.environment)


@contextmanager
def _sample_of(ref: str, home: Home, is_stopped: Callable[[], bool] = _never) -> Iterator[_Sample]:
    """Build the environment, take a snapshot, and remove what the runs have left in the end."""
    environment = home.environments.ensure(home.owner(ref))
    model, snapshot = home.resolve_snapshot(ref)
    with tempfile.TemporaryDirectory(prefix="modelop-check-") as place:
        yield _Sample(model, snapshot, environment, home, Path(place), is_stopped)


@dataclass(frozen=True)
class _Sample:
    """A snapshot whose functions can be run in its environment, in folders below ``place``."""

    model: Model
    snapshot: Snapshot
    environment: Environment
    home: Home
    place: Path
    is_stopped: Callable[[], bool]

    def run(
        self,
        request: JobRequest,
        orders: Sequence[SampleOrder],
        progress: Callable[[int], object] | None = None,
    ) -> tuple[Sequence[SampleRun], Sequence[str]]:
        """Run the function of a request in each order; return the runs and the names of the inputs."""
        plan = _plan(request, self.model, self.snapshot, self.home, self.place)
        runner = SampleRunner(
            plan,
            self.home.blobs,
            self.environment.python,
            self.place,
            is_stopped=self.is_stopped,
        )
        return runner.run_all(orders, progress), [data.name for data in plan.inputs]


def _short_name(name: str) -> str:
    """Return the name of an input as a card says it: the folders of one machine tell others nothing."""
    return Path(name).name if Path(name).is_absolute() else name


def _loaded(run: SampleRun, environment: Environment) -> frozenset[str]:
    """Return the packages of the modules that a run has loaded."""
    by_module = packages_by_module(environment)
    modules = {name.partition(".")[0] for name in run.modules}
    return frozenset(package for module in modules for package in by_module.get(module, ()))


def _keep_sample(name: str, runs: Sequence[SampleRun], snapshot: Snapshot, home: Home) -> None:
    """Keep some of the records with their outputs, for an export; none of runs that were ended."""
    if runs[0].error is None and runs[1].error is None:
        kept = sample_of(name, runs[0], runs[1])
        if kept is not None:
            verification_samples.keep(kept, snapshot, home)


def _ignore(_step: CheckStep) -> None:
    """Nobody waits for it."""


def _require_score_function(ref: str, state: ModelState) -> None:
    if state.primary_source is None:
        raise InvalidError(f"{ref} has no source to run", "Register it with its source file")
    if state.entry_points.get("score") is None:
        raise InvalidError(
            f"{ref} has no score function to check",
            "Write '# modelop.score' above it and register again, or choose it with --score FN",
        )


def _test_data(ref: str, state: ModelState, home: Home) -> str:
    """Return the path of the asset with the model's own data, the likeliest first."""
    others = (asset.path for role in _DATA_ROLES for asset in state.with_role(role))
    path = test_data(state, source_text(state, home.blobs)) or next(others, None)
    if path is not None:
        return path
    raise InvalidError(
        f"{ref} has no test data to check it with",
        f"Name an input, as in 'check {ref} customers.json', or add one as an asset with the role"
        " TEST_DATA",
    )


def _request(
    kind: JobKind,
    inputs: list[Input],
    state: ModelState,
    home: Home,
    *,
    parameters: Mapping[str, Any] = _NONE,
) -> JobRequest:
    if state.entry_points.get(kind.entry_point) is None:
        raise InvalidError(
            f"--metrics: the model has no {kind.entry_point} function", "Leave the option out"
        )
    limits_of_run = Limits(records=CHECKED_RECORDS, seconds=_SECONDS)
    request = JobRequest(
        kind, remote_inputs.expanded(queries.resolved(inputs)), None, parameters, limits_of_run
    )
    request = resolve_inputs(request, tags_of(state, home.blobs))
    queries.require_use_of_connection(request)
    require_enough_inputs(kind, len(request.inputs), state, home.blobs)
    return request


def _plan(request: JobRequest, model: Model, snapshot: Snapshot, home: Home, place: Path) -> Plan:
    folder = JobFolder(place / f"{request.kind.value}-inputs")
    folder.create()
    data = tuple(
        stage_input(given, number, request, snapshot.state, folder=folder, blobs=home.blobs)
        for number, given in enumerate(request.inputs)
    )
    return Plan(
        id=str(uuid.uuid4()),
        kind=request.kind,
        model=model,
        snapshot=snapshot,
        inputs=data,
        output=OutputTarget("scores.json", "json"),
        created=time.time(),
        limits=request.limits,
        parameters=request.parameters,
    )


def _is_by_record(request: JobRequest, state: ModelState, home: Home) -> bool:
    """Say whether the model gets one record after the other, from one input."""
    slots = tags_of(state, home.blobs).slots
    return len(request.inputs) == 1 and not any(slot.recordsets for slot in slots)


def _declarations(ref: str, state: ModelState, run: SampleRun, home: Home) -> Iterator[Finding]:
    """Yield what of the model's tags, roles and schemas does not fit its files or the sample."""
    tags = tags_of(state, home.blobs)
    bound = schemas.bound(state, {slot.number: slot.schema for slot in tags.slots})
    yield from declared_findings(ref, state, tags, bound)
    given = {
        0: [one.value for one in run.records],
        1: [value for call in run.calls if not call.problem for value in call.outputs],
    }
    for asset in bound.values():
        if schemas.is_json(asset, home.blobs.read):
            yield unknown_to_modelop(asset)
    for slot, records in given.items():
        # Of several inputs or outputs, the sample does not say which slot a record is of.
        is_only = [one.number for one in tags.slots if one.number % 2 == slot] == [slot]
        if slot in bound and is_only:
            try:
                definition = schemas.definition(bound[slot], home.blobs.read)
                drift = schema_drift(records, definition, model=ref, schema=bound[slot].path)
            except InvalidError as error:
                yield unusable_schema(bound[slot], error)
            else:
                yield from schema_findings(drift, slot)


def _stability(runs: Sequence[SampleRun], state: ModelState, home: Home) -> TopicResult:
    broken = next((run.error for run in runs if run.error is not None), None)
    if len(runs) == 1 or broken is not None:
        why = (
            "a model of record sets or several inputs is scored once"
            if broken is None
            else ("the sample could not be scored to its end")
        )
        return TopicResult(CheckTopic.STABILITY, why, is_checked=False)
    return stability(runs, source_text(state, home.blobs) or "", state.primary_source or "")


def _agreement(
    runs: Sequence[SampleRun],
    live: LiveNotebook | None,
    model: Model,
    state: ModelState,
    versions: Iterator[tuple[str, str, str]],
    home: Home,
) -> TopicResult:
    function = live.names.get(state.entry_points.get("score") or "") if live else None
    if live is None:
        return not_compared(
            f"'%modelop check {model.name}' in its notebook compares the two"
            if model.notebook
            else "there is no notebook to compare with"
        )
    if len(runs) == 1:
        return not_compared("a model of record sets or several inputs is not compared", live)
    if not callable(function):
        return not_compared("the notebook has no score function now", live)
    values = plain_values(live.names)
    answers = live_answers(function, runs[0].records)
    init = state.entry_points.init
    if init and any(answer.lacks_a_name for answer in answers):
        return not_compared(f"{init}() has not been called in the notebook", live)
    source = source_text(state, home.blobs) or ""
    surroundings = Surroundings(live, values, tuple(versions), source)
    return agreement(runs[0], runs[1], answers, surroundings, model=model.name)


def _other_versions(
    loaded: frozenset[str], environment: Environment
) -> Iterator[tuple[str, str, str]]:
    """Yield the loaded packages of which this process has another version."""
    for package in environment.packages:
        if package.name in loaded:
            with suppress(PackageNotFoundError):
                here = version(package.name)
                if here != package.version:
                    yield package.name, package.version, here


def _requirements(
    ref: str,
    loaded: frozenset[str],
    environment: Environment,
    home: Home,
    *,
    lock: Lock,
    listing: Listing,
    asks_for_faults: bool,
) -> TopicResult:
    comparison = RequirementsCheck(home.owner(ref), home.environments, home.blobs)
    faults = audit(environment.packages, os.environ) if asks_for_faults else ()
    licences = licences_of(environment)
    return requirements_topic(
        report(ref, comparison, is_checked=True),
        loaded,
        licences=licences,
        released=release_findings(lock, listing, comparison.requirements, environment),
        faults=faults,
        not_looked_at=unanswered(listing),
    )
