"""``/models/NAME/environment``: the environment of a model or snapshot; built, proven, pinned, removed."""

from __future__ import annotations

from modelop_jupyter.domain.disk import Pinned
from modelop_jupyter.domain.reports import EnvironmentView, ProofView, Removed
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import FLAG, REF, record


def show_environment(ask: Ask) -> EnvironmentView:
    return ask.desk.workspace.env_show(ask.path["name"])


def build_environment(ask: Ask) -> EnvironmentView:
    workspace, ref = ask.desk.workspace, ask.path["name"]
    how = {name: ask.body.get(name, False) for name in ("rebuild", "offline")}
    if ask.body.get("wait"):
        workspace.env_build(ref, **how)
        return workspace.env_show(ref)
    view = workspace.env_show(ref)
    ask.desk.begin(lambda: workspace.env_build(ref, **how), key=f"build {ref}")
    return view


def remove_environment(ask: Ask) -> Removed:
    return ask.desk.workspace.env_remove(ask.path["name"], force=ask.query["force"])


def pin_environment(ask: Ask) -> Pinned:
    return ask.desk.workspace.env_pin(ask.path["name"])


def unpin_environment(ask: Ask) -> Pinned:
    return ask.desk.workspace.env_unpin(ask.path["name"])


def prove_environment(ask: Ask) -> ProofView:
    return ask.desk.workspace.env_prove(ask.path["name"])


RESOURCE = Resource(
    path="/models/{name}/environment",
    parameters={"name": REF},
    get=Operation(
        show_environment,
        "Show how far a model's environment is, and whether it was changed by hand.",
        EnvironmentView,
        is_slow=True,
    ),
    post=Operation(
        build_environment,
        "Build a model's environment: begin and answer at once, or wait until it is there.",
        EnvironmentView,
        body={**record(wait=FLAG, rebuild=FLAG, offline=FLAG), "examples": [{"wait": False}]},
        status=202,
        is_slow=True,
    ),
    delete=Operation(
        remove_environment,
        "Remove a model's environment from disk; the next job builds it again.",
        Removed,
        query={"force": {**FLAG, "default": False}},
        is_slow=True,
    ),
)

PIN = Resource(
    path="/models/{name}/environment/pin",
    parameters={"name": REF},
    put=Operation(
        pin_environment,
        "Keep an environment from being cleared away.",
        Pinned,
        is_slow=True,
    ),
    delete=Operation(
        unpin_environment,
        "Let an environment be cleared away again.",
        Pinned,
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
