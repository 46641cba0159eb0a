"""``/models/NAME/requirements``: check a model's requirements, infer them from imports, upgrade them."""

from __future__ import annotations

from modelop_jupyter.domain.reports import RequirementsReport
from modelop_jupyter.domain.requirements.changes import InferredRequirements, Upgrade
from modelop_jupyter.server.resources.fields import AS_OF, BOOLEAN, MODEL_REF
from modelop_jupyter.server.rest.json_schema import object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


def show_requirements(request: Request) -> RequirementsReport:
    return request.context.workspace.requirements(
        request.path["name"], check=request.query["check"]
    )


def infer_requirements(request: Request) -> InferredRequirements:
    return request.context.workspace.infer_requirements(
        request.path["name"], write=request.body.get("write", False)
    )


def upgrade_requirements(request: Request) -> Upgrade:
    return request.context.workspace.upgrade_requirements(request.path["name"])


def resolve_requirements_as_of(request: Request) -> Upgrade:
    return request.context.workspace.resolve_requirements_as_of(
        request.path["name"], request.body["as_of"]
    )


REQUIREMENTS = Resource(
    path="/models/{name}/requirements",
    parameters={"name": MODEL_REF},
    get=Operation(
        show_requirements,
        "Show a model's requirements; with check, resolved and compared with its imports.",
        RequirementsReport,
        query={"check": {**BOOLEAN, "default": False}},
        is_slow=True,
    ),
    post=Operation(
        infer_requirements,
        "Infer requirements from the imports; with write, add them to the model.",
        InferredRequirements,
        body={**object_schema(write=BOOLEAN), "examples": [{"write": False}]},
        is_slow=True,
    ),
)

UPGRADE = Resource(
    path="/models/{name}/requirements/upgrade",
    parameters={"name": MODEL_REF},
    post=Operation(
        upgrade_requirements,
        "Resolve requirements without a pinned version again, for newer versions.",
        Upgrade,
        is_slow=True,
    ),
)

RESOLUTION = Resource(
    path="/models/{name}/requirements/resolution",
    parameters={"name": MODEL_REF},
    post=Operation(
        resolve_requirements_as_of,
        "Resolve requirements as the package index stood on a day.",
        Upgrade,
        body={**object_schema(("as_of",), as_of=AS_OF), "examples": [{"as_of": "2024-01-31"}]},
        is_slow=True,
    ),
)
