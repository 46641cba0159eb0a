"""``/models/NAME/requirements``: the parsed lines, their problems, and what the source imports."""

from __future__ import annotations

from modelop_jupyter.domain.reports import RequirementsReport
from modelop_jupyter.domain.requirement_reports import InferredRequirements, Upgrade
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import FLAG, REF, record


def show_requirements(ask: Ask) -> RequirementsReport:
    return ask.desk.workspace.requirements(ask.path["name"], check=ask.query["check"])


def infer_requirements(ask: Ask) -> InferredRequirements:
    return ask.desk.workspace.infer_requirements(
        ask.path["name"], write=ask.body.get("write", False)
    )


def upgrade_requirements(ask: Ask) -> Upgrade:
    return ask.desk.workspace.upgrade_requirements(ask.path["name"])


RESOURCE = Resource(
    path="/models/{name}/requirements",
    parameters={"name": REF},
    get=Operation(
        show_requirements,
        "Show a model's requirements; with check, resolved and compared with its imports.",
        RequirementsReport,
        query={"check": {**FLAG, "default": False}},
        is_slow=True,
    ),
    post=Operation(
        infer_requirements,
        "Make requirements from the imports; with write, add them to the model.",
        InferredRequirements,
        body={**record(write=FLAG), "examples": [{"write": False}]},
        is_slow=True,
    ),
)

UPGRADE = Resource(
    path="/models/{name}/requirements/upgrade",
    parameters={"name": REF},
    post=Operation(
        upgrade_requirements,
        "Resolve anew what is not pinned, for newer versions.",
        Upgrade,
        is_slow=True,
    ),
)
