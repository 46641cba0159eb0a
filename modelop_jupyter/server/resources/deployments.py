"""``/deployments`` and ``/models/NAME/deployment``: models that answer requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from modelop_jupyter.display import progress
from modelop_jupyter.domain.deployments import Answer, Deployment, DeploymentLog, FailedRequests
from modelop_jupyter.domain.reports import Step
from modelop_jupyter.errors import ConflictError, DeploymentNotFoundError
from modelop_jupyter.server.background_runs import RunState
from modelop_jupyter.server.errors import ErrorBody
from modelop_jupyter.server.resources.fields import BOOLEAN, FILE_PATH, MODEL_NAME
from modelop_jupyter.server.rest.json_schema import (
    Schema,
    array_schema,
    nullable,
    object_schema,
)
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_MAX_LOG_BYTES = 1024 * 1024
_YEAR = 31_536_000
_SECONDS = {"type": "number", "exclusiveMinimum": 0, "maximum": _YEAR}
# What a deployment may be asked for below its URL: printable ASCII, and no other host (`//host`).
_REQUEST_PATH = {
    "type": "string",
    "pattern": "^/(?![/\\\\])[!-~]*$",
    "maxLength": 2000,
    "default": "/score",
}


@dataclass(frozen=True, slots=True)
class DeploymentRun:
    """A snapshot that is being deployed by this server, or that could not be: ``failure`` says why.

    ``step`` says in a sentence what is being done. ``is_stopping`` once it was asked to stop.
    """

    is_running: bool
    is_stopping: bool
    step: str | None
    failure: ErrorBody | None


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """The deployment of a model, and what this server does to deploy it."""

    deployment: Deployment | None
    run: DeploymentRun | None


def list_deployments(request: Request) -> list[Deployment]:
    return request.context.workspace.deployments()


def show_deployment(request: Request) -> DeploymentView:
    # In this order: one that is deployed meanwhile is then there, never neither.
    return _view(request, request.context.deployments.find(request.path["name"]))


def start_deploying(request: Request) -> DeploymentView:
    name, body, workspace = request.path["name"], request.body, request.context.workspace
    workspace.registry.get_model(name)
    snapshot = body.get("snapshot")
    if snapshot is not None:
        workspace.registry.get_snapshot(name, snapshot)
    options: dict[str, Any] = {key: value for key, value in body.items() if key in _OPTIONS}
    if options.get("capture"):
        options["capture"] = str(request.context.root.resolve(options["capture"]))
    ref = name if snapshot is None else f"{name}@{snapshot}"
    return _start(request, partial(workspace.deployments.deploy, ref, **options))


def start_rollback(request: Request) -> DeploymentView:
    name, workspace = request.path["name"], request.context.workspace
    workspace.deployments.get(name)
    return _start(request, partial(workspace.deployments.rollback, name))


def _start(request: Request, deploy: Callable[..., Deployment]) -> DeploymentView:
    name = request.path["name"]

    def run(report: Callable[[Step], None], is_stopped: Callable[[], bool]) -> Deployment:
        return deploy(progress=report, is_stopped=is_stopped)

    refusal = ConflictError(f"{name} is being deployed", "Wait until it is, or stop it")
    return _view(request, request.context.deployments.start(name, run, refusal=refusal))


def stop_deployment(request: Request) -> DeploymentView:
    name, context = request.path["name"], request.context
    was_tried = context.deployments.find(name) is not None
    state = context.deployments.stop(name)
    if state is None:
        try:
            context.workspace.deployments.stop(name)
        except DeploymentNotFoundError:
            # What could not be deployed is forgotten now, and that may be all there was to stop.
            if not was_tried:
                raise
    return _view(request, state)


def forget_deploying(request: Request) -> DeploymentView:
    return _view(request, request.context.deployments.stop(request.path["name"]))


def list_deployment_errors(request: Request) -> FailedRequests:
    return request.context.workspace.deployments.errors(
        request.path["name"], request.query["limit"]
    )


def follow_deployment_log(request: Request) -> DeploymentLog:
    return request.context.workspace.deployments.log_after(
        request.path["name"], request.query["offset"], _MAX_LOG_BYTES
    )


def ask_deployment(request: Request) -> Answer:
    return request.context.workspace.deployments.score(
        request.path["name"],
        request.body["records"],
        path=request.body.get("path", _REQUEST_PATH["default"]),
    )


def _view(request: Request, state: RunState[Step] | None) -> DeploymentView:
    name, context = request.path["name"], request.context
    run = None
    if state is not None:
        step = None if state.step is None else progress.sentence(state.step)
        run = DeploymentRun(state.is_running, state.is_stopping, step, state.failure)
    try:
        return DeploymentView(context.workspace.deployments.get(name), run)
    except DeploymentNotFoundError:
        return DeploymentView(None, run)


_OPTIONS: dict[str, Schema] = {
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "replicas": {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": 1000}, {"const": "auto"}],
        "description": "How many processes answer; auto for one for each core.",
    },
    "lifetime": {
        "type": "number",
        "minimum": 0,
        "maximum": _YEAR,
        "description": "After how many seconds it stops by itself; 0 for never.",
    },
    "shadow": {**BOOLEAN, "description": "Only compare its answers with those that are given."},
    "capture": {
        **FILE_PATH,
        "minLength": 0,
        "description": "The file that keeps what is asked and answered; empty for none.",
    },
    "schemas": {"enum": ["in", "out", "both"], "description": "What is held to its schema."},
    "record_timeout": {**_SECONDS, "description": "How many seconds a record may take."},
    "start_timeout": {**_SECONDS, "description": "How many seconds the model may take to start."},
}
_SNAPSHOT = {
    "type": "integer",
    "minimum": 1,
    "maximum": 999_999_999,
    "description": "The number of the snapshot; one is taken of the model where it has changed.",
}

DEPLOYMENTS = Resource(
    path="/deployments",
    get=Operation(
        list_deployments,
        "List the deployments by name, also those that were stopped.",
        array_schema(Deployment),
    ),
)

DEPLOYMENT = Resource(
    path="/models/{name}/deployment",
    parameters={"name": MODEL_NAME},
    get=Operation(
        show_deployment,
        "Show the deployment of a model, and how far this server is with deploying it.",
        DeploymentView,
    ),
    post=Operation(
        start_deploying,
        "Start to deploy a model or a snapshot; it takes the place of one that answers already,"
        " whose options stay where none are given.",
        DeploymentView,
        body={
            **object_schema(
                snapshot=nullable(_SNAPSHOT),
                **{name: nullable(schema) for name, schema in _OPTIONS.items() if name != "shadow"},
                shadow=_OPTIONS["shadow"],
            ),
            "examples": [{"snapshot": 1, "replicas": "auto", "lifetime": 7200}],
        },
        status=202,
    ),
    delete=Operation(
        stop_deployment,
        "Stop deploying a model, or its deployment where nothing is being deployed: what was asked"
        " is answered first.",
        DeploymentView,
        is_slow=True,
    ),
)

DEPLOYMENT_RUN = Resource(
    path="/models/{name}/deployment/run",
    parameters={"name": MODEL_NAME},
    delete=Operation(
        forget_deploying,
        "Stop deploying a model, or forget why it could not be deployed; what answers, goes on.",
        DeploymentView,
    ),
)

ROLLBACK = Resource(
    path="/models/{name}/deployment/rollback",
    parameters={"name": MODEL_NAME},
    post=Operation(
        start_rollback,
        "Start to have the snapshot before answer again; of a shadow, end it.",
        DeploymentView,
        status=202,
    ),
)

DEPLOYMENT_ERRORS = Resource(
    path="/models/{name}/deployment/errors",
    parameters={"name": MODEL_NAME},
    get=Operation(
        list_deployment_errors,
        "List the last records that got no output, newest first.",
        FailedRequests,
        query={"limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}},
        is_slow=True,
    ),
)

DEPLOYMENT_LOG = Resource(
    path="/models/{name}/deployment/log",
    parameters={"name": MODEL_NAME},
    get=Operation(
        follow_deployment_log,
        "Show a deployment's log from an offset, at most a megabyte at a time.",
        DeploymentLog,
        query={
            "offset": {
                "type": "integer",
                "minimum": 0,
                "maximum": 2**53 - 1,
                "default": 0,
                "description": "The offset of the previous answer.",
            }
        },
    ),
)

DEPLOYMENT_REQUESTS = Resource(
    path="/models/{name}/deployment/requests",
    parameters={"name": MODEL_NAME},
    post=Operation(
        ask_deployment,
        "Send a deployment a request with a record or a list of them, and show what it answers.",
        Answer,
        body={
            **object_schema(
                ("records",),
                records={"description": "A record, or a list of records."},
                path=_REQUEST_PATH,
            ),
            "examples": [{"records": {"x": 1}}],
        },
        is_slow=True,
    ),
)
