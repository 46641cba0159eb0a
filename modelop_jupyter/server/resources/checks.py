"""``/models/NAME/check``: start a check, follow and stop it, and read the last report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.commands.arguments import parameter_word
from modelop_jupyter.domain.checks import CheckReport, CheckStep, KeptCheck
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.remedies import Command
from modelop_jupyter.server.background_runs import RunState
from modelop_jupyter.server.errors import ErrorBody
from modelop_jupyter.server.remedies import REMEDY_BODY, run_remedy
from modelop_jupyter.server.resources.fields import BOOLEAN, MODEL_REF
from modelop_jupyter.server.resources.job_submission import INPUT, input_of
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_INPUTS = array_schema(INPUT, limit=1000)


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check that runs, or that could not be made: ``failure`` says why.

    ``step`` is None until the environment is ready. ``is_stopping`` once it was asked to stop.
    """

    is_running: bool
    is_stopping: bool = False
    step: CheckStep | None = field(default=None, metadata=OPTIONAL)
    failure: ErrorBody | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class CheckView:
    """The check of a model or snapshot that runs now or could not be made, and the last report."""

    run: CheckRun | None = field(default=None, metadata=OPTIONAL)
    last: KeptCheck | None = field(default=None, metadata=OPTIONAL)


def show_check(request: Request) -> CheckView:
    ref, context = request.path["name"], request.context
    # In this order: a check that has ended meanwhile is then the last one, never neither.
    run = _run_of(context.checks.find(ref))
    return CheckView(run, context.workspace.last_check(ref))


def start_check(request: Request) -> CheckView:
    ref, body, context = request.path["name"], request.body, request.context
    workspace = context.workspace
    last = workspace.last_check(ref)
    inputs = [input_of(request, ref, each) for each in body.get("inputs", ())]
    metrics = [input_of(request, ref, each) for each in body.get("metrics", ())]

    def run(progress: Callable[[CheckStep], None], is_stopped: Callable[[], bool]) -> CheckReport:
        return workspace.check(
            ref,
            inputs,
            metrics=metrics,
            parameters=body.get("parameters", {}),
            audit=body.get("audit", False),
            command=_words(ref, body),
            progress=progress,
            is_stopped=is_stopped,
        )

    refusal = ConflictError(f"{ref} is being checked", "Wait for the check, or stop it")
    return CheckView(_run_of(context.checks.start(ref, run, refusal=refusal)), last)


def _run_of(state: RunState[CheckStep] | None) -> CheckRun | None:
    if state is None:
        return None
    return CheckRun(state.is_running, state.is_stopping, state.step, state.failure)


def _words(ref: str, body: Mapping[str, Any]) -> Command:
    """Return the words that make the report again, in the root folder."""
    return ("check", ref, *_named(body, "inputs"), *_option_words(body))


def _option_words(body: Mapping[str, Any]) -> Iterator[str]:
    if metrics := _named(body, "metrics"):
        yield from ("--metrics", *metrics)
    for key, value in body.get("parameters", {}).items():
        yield from ("--param", f"{key}={parameter_word(value)}")


def _named(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(each.get("asset") or each["path"] for each in body.get(key, ()))


def stop_check(request: Request) -> CheckView:
    ref, context = request.path["name"], request.context
    # In this order, as above: it may end before it is stopped.
    run = _run_of(context.checks.stop(ref))
    return CheckView(run, context.workspace.last_check(ref))


def apply_finding_remedy(request: Request) -> CheckView:
    """Run the commands of a remedy; only one that a finding of the last check offers."""
    ref, workspace = request.path["name"], request.context.workspace
    last = workspace.last_check(ref)
    wanted = tuple(map(tuple, request.body["commands"]))
    topics = last.report.topics if last else ()
    findings = (finding for topic in topics for finding in topic.findings)
    if not any(wanted == each.commands for one in findings for each in one.remedies):
        raise ConflictError(
            f"what was chosen is not offered by the last check of {ref}",
            "Choose one of the buttons that the check shows now",
        )
    run_remedy(wanted, request)
    return CheckView(_run_of(request.context.checks.find(ref)), workspace.last_check(ref))


CHECK = Resource(
    path="/models/{name}/check",
    parameters={"name": MODEL_REF},
    get=Operation(
        show_check,
        "Show how far the check of a model or snapshot is, and the last report.",
        CheckView,
    ),
    post=Operation(
        start_check,
        "Start to check a model: a sample is scored several times in its environment. Without an"
        " input, its test data is taken.",
        CheckView,
        body={
            **object_schema(
                inputs=_INPUTS,
                metrics={**_INPUTS, "description": "Inputs of the metrics function."},
                parameters={"type": "object", "maxProperties": 1000},
                audit={
                    **BOOLEAN,
                    "description": "Ask a service for known faults of the packages.",
                },
            ),
            "examples": [{"inputs": [{"path": "customers.json"}]}],
        },
        status=202,
    ),
    delete=Operation(
        stop_check,
        "Stop the check of a model that runs, or forget why it could not be made.",
        CheckView,
    ),
)

CHECK_REMEDIES = Resource(
    path="/models/{name}/check/remedies",
    parameters={"name": MODEL_REF},
    post=Operation(
        apply_finding_remedy,
        "Run the commands of a remedy that a finding of the last check offers.",
        CheckView,
        body={**REMEDY_BODY, "examples": [{"commands": [["asset", "add", "churn", "lookup.csv"]]}]},
        status=201,
        is_slow=True,
    ),
)
