"""``/models/NAME/challenge``: start a challenge of two snapshots, follow and stop it, read the last result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from modelop_jupyter.display import challenges
from modelop_jupyter.domain.results.challenges import Challenge, ChallengeStep
from modelop_jupyter.domain.results.comparisons import RecordChange
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.server.background_runs import RunState
from modelop_jupyter.server.errors import ErrorBody
from modelop_jupyter.server.resources.fields import MODEL_NAME, MODEL_REF, SHORT_TEXT
from modelop_jupyter.server.resources.job_results import ResultView, result_view
from modelop_jupyter.server.resources.job_submission import INPUT, input_of
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_RULE = {"type": "string", "minLength": 1, "maxLength": 1000}


@dataclass(frozen=True, slots=True)
class ChallengeRun:
    """A challenge that runs, or that could not be made: ``failure`` says why.

    ``step`` is None until both environments are ready. ``is_stopping`` once it was asked to stop.
    """

    is_running: bool
    is_stopping: bool = False
    step: ChallengeStep | None = field(default=None, metadata=OPTIONAL)
    failure: ErrorBody | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """What a challenge has shown: in a sentence, as a view, and the records that differ most."""

    champion: str
    challenger: str
    challenged: datetime
    seconds: float
    records: int
    changed: int
    sentence: str
    view: ResultView
    movers: tuple[RecordChange, ...]
    has_passed: bool | None = None


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """The challenge of a model's snapshots that runs now or could not be made, and the last result."""

    run: ChallengeRun | None = field(default=None, metadata=OPTIONAL)
    last: ChallengeResult | None = field(default=None, metadata=OPTIONAL)


def show_challenge(request: Request) -> ChallengeView:
    # In this order: a challenge that has ended meanwhile is then the last one, never neither.
    return _view(request, request.context.challenges.find(request.path["name"]))


def start_challenge(request: Request) -> ChallengeView:
    name, body, context = request.path["name"], request.body, request.context
    workspace = context.workspace
    workspace.registry.get_model(name)
    inputs = [input_of(request, body["champion"], given) for given in body["inputs"]]

    def run(report: Callable[[ChallengeStep], None], is_stopped: Callable[[], bool]) -> Challenge:
        return workspace.challenge(
            body["champion"],
            body["challenger"],
            inputs,
            label=body.get("label"),
            key=body.get("key"),
            segments=body.get("segments", ()),
            field=body.get("field"),
            expect=body.get("expect", ()),
            limit=body.get("limit"),
            progress=report,
            is_stopped=is_stopped,
        )

    refusal = ConflictError(f"a challenge of {name} is running", "Wait for it, or stop it")
    return _view(request, context.challenges.start(name, run, refusal=refusal))


def stop_challenge(request: Request) -> ChallengeView:
    return _view(request, request.context.challenges.stop(request.path["name"]))


def _view(request: Request, state: RunState[ChallengeStep] | None) -> ChallengeView:
    last = request.context.challenges.last(request.path["name"])
    run = None
    if state is not None:
        run = ChallengeRun(state.is_running, state.is_stopping, state.step, state.failure)
    return ChallengeView(run, None if last is None else _result(last))


def _result(found: Challenge) -> ChallengeResult:
    title = f"{found.challenger} challenges {found.champion}"
    return ChallengeResult(
        champion=found.champion,
        challenger=found.challenger,
        challenged=found.challenged,
        seconds=found.seconds,
        records=found.records,
        changed=found.changed,
        sentence=challenges.sentence(found),
        view=result_view(title, "challenge", challenges.details(found)),
        movers=found.movers,
        has_passed=found.has_passed,
    )


CHALLENGE = Resource(
    path="/models/{name}/challenge",
    parameters={"name": MODEL_NAME},
    get=Operation(
        show_challenge,
        "Show how far the challenge of a model's snapshots is, and the last result of this server.",
        ChallengeView,
    ),
    post=Operation(
        start_challenge,
        "Start to score the same records with two snapshots at once, to compare what they give.",
        ChallengeView,
        body={
            **object_schema(
                ("champion", "challenger", "inputs"),
                champion=MODEL_REF,
                challenger=MODEL_REF,
                inputs={
                    **array_schema(INPUT, limit=1000),
                    "minItems": 1,
                    "description": "The records; several files are one input.",
                },
                label={**SHORT_TEXT, "description": "The column with the truth."},
                key={**SHORT_TEXT, "description": "The column that names a record."},
                segments={
                    **array_schema(SHORT_TEXT, limit=20),
                    "description": "Columns for whose values the results are shown, too.",
                },
                field={**SHORT_TEXT, "description": "The field of the outputs that is compared."},
                expect={
                    **array_schema(_RULE, limit=100),
                    "description": "Rules for the challenger; ref is the champion's number.",
                },
                limit={"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
            ),
            "examples": [
                {
                    "champion": "churn@3",
                    "challenger": "churn@4",
                    "inputs": [{"path": "customers.csv"}],
                    "label": "churned",
                }
            ],
        },
        status=202,
    ),
    delete=Operation(
        stop_challenge,
        "Stop the challenge that runs, or forget why it could not be made.",
        ChallengeView,
    ),
)
