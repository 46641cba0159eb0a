"""``/models/NAME/environment``: the environment of a model or snapshot; built, proven, removed."""

from __future__ import annotations

from modelop_jupyter.domain.reports import EnvironmentView, ProofView, Removed
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import FLAG, REF, record


def show_environment(ask: Ask) -> EnvironmentView:
    return ask.desk.workspace.env_show(ask.path["name"])


def build_environment(ask: Ask) -> EnvironmentView:
    workspace, ref = ask.desk.workspace, ask.path["name"]
    if ask.body.get("wait"):
        workspace.env_build(ref)
        return workspace.env_show(ref)
    view = workspace.env_show(ref)
    ask.desk.begin(lambda: workspace.env_build(ref), key=f"build {ref}")
    return view


def remove_environment(ask: Ask) -> Removed:
    return ask.desk.workspace.env_remove(ask.path["name"])


def prove_environment(ask: Ask) -> ProofView:
    return ask.desk.workspace.env_prove(ask.path["name"])


RESOURCE = Resource(
    path="/models/{name}/environment",
    parameters={"name": REF},
    get=Operation(show_environment, "Show how far a model's environment is.", EnvironmentView),
    post=Operation(
        build_environment,
        "Build a model's environment: begin and answer at once, or wait until it is there.",
        EnvironmentView,
        body={**record(wait=FLAG), "examples": [{"wait": False}]},
        status=202,
        is_slow=True,
    ),
    delete=Operation(
        remove_environment,
        "Remove a model's environment from disk; the next job builds it again.",
        Removed,
        is_slow=True,
    ),
)

PROOF = Resource(
    path="/models/{name}/environment/proof",
    parameters={"name": REF},
    post=Operation(
        prove_environment,
        "Look from inside the environment: it must hold its lock and nothing else.",
        ProofView,
        is_slow=True,
    ),
)
