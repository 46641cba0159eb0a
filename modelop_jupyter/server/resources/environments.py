"""``/environments`` and ``/models/NAME/environment``: list, build, verify, pin and remove environments."""

from __future__ import annotations

from modelop_jupyter.domain.disk import Clearing, Pinned
from modelop_jupyter.domain.reports import (
    EnvironmentRow,
    EnvironmentView,
    FailureReport,
    ProofView,
    Removed,
)
from modelop_jupyter.server.resources.fields import BOOLEAN, MODEL_REF
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


def list_environments(request: Request) -> list[EnvironmentRow]:
    return request.context.workspace.env_list()


def clear_environments(request: Request) -> Clearing:
    return request.context.workspace.env_gc(
        quota=request.body.get("quota"), dry_run=request.body.get("dry_run", False)
    )


def show_environment(request: Request) -> EnvironmentView:
    return request.context.workspace.env_show(request.path["name"])


def report_environment(request: Request) -> FailureReport:
    return request.context.workspace.env_report(request.path["name"])


def build_environment(request: Request) -> EnvironmentView:
    context, ref = request.context, request.path["name"]
    workspace = context.workspace
    options = {
        name: request.body.get(name, False) for name in ("rebuild", "offline", "install_python")
    }
    if request.body.get("wait"):
        workspace.env_build(ref, **options)
        return workspace.env_show(ref)
    view = workspace.env_show(ref)
    # With its options: a build that is about to end is not the rebuild that is asked for.
    context.start(lambda: workspace.env_build(ref, **options), key=f"build {ref} {options}")
    return view


def remove_environment(request: Request) -> Removed:
    from modelop_jupyter.kernels import specs

    workspace, ref = request.context.workspace, request.path["name"]
    return specs.remove_environment(workspace, ref, force=request.query["force"])


def pin_environment(request: Request) -> Pinned:
    return request.context.workspace.env_pin(request.path["name"])


def unpin_environment(request: Request) -> Pinned:
    return request.context.workspace.env_unpin(request.path["name"])


def prove_environment(request: Request) -> ProofView:
    return request.context.workspace.env_prove(request.path["name"])


ENVIRONMENTS = Resource(
    path="/environments",
    get=Operation(
        list_environments,
        "List the environments with sizes, last use and models.",
        array_schema(EnvironmentRow),
        is_slow=True,
        depends_on=("registry", "environments"),
    ),
)

ENVIRONMENTS_GC = Resource(
    path="/environments/gc",
    post=Operation(
        clear_environments,
        "Remove the least recently used environments beyond a quota of bytes, or list them only;"
        " without one, beyond that of the settings.",
        Clearing,
        body={
            **object_schema(
                quota={"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, dry_run=BOOLEAN
            ),
            "examples": [{"dry_run": True}],
        },
        is_slow=True,
    ),
)

ENVIRONMENT = Resource(
    path="/models/{name}/environment",
    parameters={"name": MODEL_REF},
    get=Operation(
        show_environment,
        "Show the state of a model's environment, and whether it was changed by hand.",
        EnvironmentView,
        is_slow=True,
    ),
    post=Operation(
        build_environment,
        "Build a model's environment, and answer at once or when it is ready.",
        EnvironmentView,
        body={
            **object_schema(wait=BOOLEAN, rebuild=BOOLEAN, offline=BOOLEAN, install_python=BOOLEAN),
            "examples": [{"wait": False}],
        },
        status=202,
        is_slow=True,
    ),
    delete=Operation(
        remove_environment,
        "Remove a model's environment from disk, and its kernels from the launcher; the next job builds"
        " it again.",
        Removed,
        query={"force": {**BOOLEAN, "default": False}},
        is_slow=True,
    ),
)

ENVIRONMENT_REPORT = Resource(
    path="/models/{name}/environment/report",
    parameters={"name": MODEL_REF},
    get=Operation(
        report_environment,
        "Show why an environment was not built as one block of text for a ticket, without secrets.",
        FailureReport,
        is_slow=True,
    ),
)

ENVIRONMENT_PIN = Resource(
    path="/models/{name}/environment/pin",
    parameters={"name": MODEL_REF},
    put=Operation(
        pin_environment,
        "Protect an environment from clean-up.",
        Pinned,
        is_slow=True,
    ),
    delete=Operation(
        unpin_environment,
        "Allow clean-up to remove an environment again.",
        Pinned,
        is_slow=True,
    ),
)

ENVIRONMENT_PROOF = Resource(
    path="/models/{name}/environment/proof",
    parameters={"name": MODEL_REF},
    post=Operation(
        prove_environment,
        "Check from inside the environment that it holds its lock and nothing else.",
        ProofView,
        is_slow=True,
    ),
)
