"""Two snapshots over the same records: ``workspace.challenge``."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelop_jupyter.checks.answers import is_same
from modelop_jupyter.comparison.challenge import Contest, cases
from modelop_jupyter.comparison.challenge_input import (
    Columns,
    InputSurvey,
    KeyedRecords,
    read_inputs,
    survey,
)
from modelop_jupyter.comparison.outputs import ScoredOutput
from modelop_jupyter.comparison.paired_runs import Contestant, run_both
from modelop_jupyter.decisions.expectations import (
    check_rules,
    judge_expectations,
    parse_expectations,
)
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.job_options import Limits, OutputTarget
from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.requirements.changes import compare as compare_packages
from modelop_jupyter.domain.results.challenges import Challenge, ChallengeStep
from modelop_jupyter.domain.results.verdicts import Verdict
from modelop_jupyter.errors import ExpectationError, InputError, InvalidError, StoppedError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.sharding.capabilities import why_not_resumable
from modelop_jupyter.models.source import tags_of
from modelop_jupyter.workspace import queries, remote_inputs
from modelop_jupyter.workspace.file_sets import resolve_inputs
from modelop_jupyter.workspace.home import Home, now
from modelop_jupyter.workspace.job_inputs import stage_input
from modelop_jupyter.workspace.job_request import FileSet, Input, JobRequest, PathBelow
from modelop_jupyter.workspace.submission import require_function

# Between two looks at whether to stop.
_RECORDS_BETWEEN = 1_000


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two snapshots, with what its source says about it."""

    model: Model
    snapshot: Snapshot
    takes_record_sets: bool
    input_slots: int

    @property
    def ref(self) -> str:
        return self.snapshot.ref


def _never() -> bool:
    return False


def challenge(
    champion: str,
    challenger: str,
    inputs: Sequence[Input],
    home: Home,
    *,
    columns: Columns,
    rules: tuple[str, ...] = (),
    parameters: Mapping[str, Any],
    limit: int | None = None,
    format: str | None = None,
    connection: str | None = None,
    progress: Callable[[ChallengeStep], None] | None = None,
    is_stopped: Callable[[], bool] = _never,
) -> Challenge:
    """Score the records with both snapshots at once, and compare what they give.

    Nothing is recorded but a snapshot, where a model has changed since the last. ``is_stopped`` is
    asked now and then, and raises :class:`StoppedError` by returning True. Raises
    :class:`InvalidError` for what cannot be compared, before a model runs where that can be known.
    """
    began = time.monotonic()
    check_rules(rules)
    sides = _side(champion, home), _side(challenger, home)
    _require_comparable(*sides)
    request = JobRequest(
        JobKind.BATCH,
        remote_inputs.expanded(queries.resolved([_one_input(inputs)])),
        parameters=parameters,
        limits=Limits(records=limit),
        format=format,
        connection=connection,
        engine=None,
    )
    request = resolve_inputs(request, tags_of(sides[0].snapshot.state, home.blobs))
    queries.require_use_of_connection(request)
    with (
        tempfile.TemporaryDirectory(prefix="modelop-challenge-") as place,
        KeyedRecords(Path(place) / "keys.sqlite", columns.key) as keys,
    ):
        data = _staged(request, sides[0], Path(place), home)
        show = progress or home.progress

        def read() -> Iterator[Any]:
            return _stoppable(read_inputs(data, limit), is_stopped)

        seen = survey(data.name, read(), columns, keys)
        environments = tuple(home.environments.ensure(side.snapshot) for side in sides)
        watch = _Watch(f"{sides[0].ref} and {sides[1].ref}", seen.records, show, is_stopped)
        outputs = _run(request, data, sides, environments, watch, Path(place), home)
        contest = Contest(columns, seen, (sides[0].ref, sides[1].ref), is_same)
        for case in cases(
            read(),
            outputs,
            keys,
            key=columns.key,
            names=[side.ref for side in sides],
            takes_record_sets=sides[0].takes_record_sets,
        ):
            contest.add(case)
        found = _result(contest, outputs, seen, sides, environments, columns)
    found = replace(
        found, inputs=(data.name,), seconds=round(time.monotonic() - began, 3), label=columns.label
    )
    return replace(found, verdicts=tuple(_verdicts(rules, found)))


def _side(ref: str, home: Home) -> _Side:
    require_function(JobKind.BATCH, ref, home.state(ref))
    model, snapshot = home.resolve_snapshot(ref)
    slots = tags_of(snapshot.state, home.blobs).slots
    inputs = [slot for slot in slots if slot.is_input]
    return _Side(model, snapshot, any(slot.recordsets for slot in inputs), len(inputs))


def _require_comparable(first: _Side, other: _Side) -> None:
    if first.ref == other.ref:
        raise InvalidError(
            f"{first.ref} stands on both sides", "Name two snapshots, such as NAME@3 NAME@4"
        )
    for side in (first, other):
        if side.input_slots > 1:
            raise InvalidError(
                f"{side.ref} takes {side.input_slots} inputs, and a challenge has one",
                "Score it with 'batch', and compare the jobs: 'compare JOB JOB'",
            )
    if first.takes_record_sets != other.takes_record_sets:
        one, two = (first, other) if first.takes_record_sets else (other, first)
        raise InvalidError(
            f"{one.ref} takes whole record sets and {two.ref} single records: they have no input in"
            " common",
            "Score each with 'batch', and compare the jobs: 'compare JOB JOB'",
        )


def _one_input(inputs: Sequence[Input]) -> Input:
    """Return the input, several files as one; raises :class:`InvalidError` for others."""
    if len(inputs) == 1:
        return inputs[0]
    paths = [path for path in map(_file_of, inputs) if path is not None]
    if inputs and len(paths) == len(inputs):
        return FileSet(", ".join(path.name for path in paths), tuple(paths))
    raise InvalidError("a challenge takes one input", "A folder, a glob or several files are one")


def _file_of(given: Input) -> Path | None:
    """Return the file that an input is, None for any other."""
    if isinstance(given, PathBelow):
        given.require_regular()
        path = given.path
    elif isinstance(given, (str, Path)):
        path = Path(given).expanduser()
    else:
        return None
    return path if path.is_file() else None


def _staged(request: JobRequest, side: _Side, place: Path, home: Home) -> JobInput:
    folder = JobFolder(place / "input")
    folder.create()
    return stage_input(
        request.inputs[0],
        0,
        request,
        side.snapshot.state,
        folder=folder,
        blobs=home.blobs,
        progress=home.progress,
    )


@dataclass(frozen=True, slots=True)
class _Watch:
    """Shows how far both runners are, and stops them when that is asked for."""

    name: str
    records: int
    show: Callable[[ChallengeStep], None] | None
    is_stopped: Callable[[], bool]

    def report(self, champion: int, challenger: int) -> None:
        """Show it; raises :class:`StoppedError`, which ends both."""
        if self.is_stopped():
            raise StoppedError
        if self.show is not None:
            self.show(ChallengeStep(self.name, champion, challenger, self.records))


def _stoppable(records: Iterator[Any], is_stopped: Callable[[], bool]) -> Iterator[Any]:
    for index, record in enumerate(records):
        if index % _RECORDS_BETWEEN == 0 and is_stopped():
            raise StoppedError
        yield record


def _run(
    request: JobRequest,
    data: JobInput,
    sides: tuple[_Side, _Side],
    environments: Sequence[Environment],
    watch: _Watch,
    place: Path,
    home: Home,
) -> tuple[ScoredOutput, ScoredOutput]:
    """Run both; raises :class:`InputError` where the runners count other records than were seen."""
    watch.report(0, 0)
    first, other = (
        Contestant(_plan(request, data, side, home), environment.python)
        for side, environment in zip(sides, environments, strict=True)
    )
    outputs = run_both(first, other, home.blobs, place / "runs", watch.report)
    takes_each = not sides[0].takes_record_sets
    if takes_each and any(output.counts.records_in != watch.records for output in outputs):
        raise InputError(
            data.name,
            "holds lines that are no records of their own",
            "'batch' says which; write one record per line",
        )
    return outputs


def _plan(request: JobRequest, data: JobInput, side: _Side, home: Home) -> Plan:
    plan = Plan(
        id=str(uuid.uuid4()),
        kind=JobKind.BATCH,
        model=side.model,
        snapshot=side.snapshot,
        inputs=(data,),
        output=OutputTarget("scores.json", "json"),
        created=time.time(),
        limits=request.limits,
        parameters=request.parameters,
    )
    tags = tags_of(side.snapshot.state, home.blobs)
    return replace(plan, can_resume=why_not_resumable(plan, tags) is None)


def _result(
    contest: Contest,
    outputs: tuple[ScoredOutput, ScoredOutput],
    seen: InputSurvey,
    sides: tuple[_Side, _Side],
    environments: Sequence[Environment],
    columns: Columns,
) -> Challenge:
    """Put the result together; raises :class:`InvalidError` where no record was scored by both."""
    tally, failures = contest.tally, contest.failures(outputs)
    if not tally.same + tally.changed:
        raise _nothing_in_common(outputs, sides)
    metrics = contest.metrics.result() if contest.metrics is not None else ()
    return Challenge(
        champion=sides[0].ref,
        challenger=sides[1].ref,
        inputs=(),
        challenged=now(),
        seconds=0.0,
        records=seen.records,
        same=tally.same,
        changed=tally.changed,
        only_champion=tally.only_before,
        only_challenger=tally.only_after,
        neither=contest.neither,
        field=contest.field,
        movers=tally.movers,
        fields=tally.fields,
        differences=contest.differences,
        transitions=contest.transitions,
        failures=failures,
        segments=contest.segments,
        unlabelled=contest.unlabelled,
        metrics=metrics,
        packages=compare_packages(*(one.packages for one in environments)),
        notes=tuple(_notes(contest, columns, scored=bool(metrics))),
    )


def _nothing_in_common(
    outputs: tuple[ScoredOutput, ScoredOutput], sides: tuple[_Side, _Side]
) -> InvalidError:
    reasons = []
    for side, output in zip(sides, outputs, strict=True):
        line = next(output.folder.errors(), None)
        if line is not None:
            reasons.append(f"{side.ref}: record {line.index}, {line.stage}: {line.message}")
    return InvalidError(
        f"{sides[0].ref} and {sides[1].ref} score no record in common ({'; '.join(reasons)})",
        "Name an input that both take",
    )


def _notes(contest: Contest, columns: Columns, *, scored: bool) -> Iterator[str]:
    if columns.label is not None and not scored:
        yield (
            f"No metrics: the field {contest.field!r} of the outputs is not of the kind of"
            f" {columns.label!r}"
        )
    if contest.unlabelled:
        yield f"{contest.unlabelled:,} records without {columns.label!r} are not in the metrics"


def _verdicts(rules: tuple[str, ...], found: Challenge) -> Iterator[Verdict]:
    """Judge the challenger's numbers, ``ref`` the champion's; a rule without its number has failed."""
    numbers, reference = found.numbers(of_champion=False), found.numbers(of_champion=True)
    for rule in rules:
        try:
            expected = parse_expectations((rule,), against=found.champion, reference=reference)
        except ExpectationError as error:
            yield Verdict(rule, passed=False, reason=error.reason)
        else:
            yield from judge_expectations(expected, numbers)
