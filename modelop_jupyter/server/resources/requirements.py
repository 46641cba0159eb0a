"""``/models/NAME/requirements``: the parsed lines, their problems, and what the source imports."""

from __future__ import annotations

from modelop_jupyter.domain.reports import RequirementsReport
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import FLAG, REF


def show_requirements(ask: Ask) -> RequirementsReport:
    return ask.desk.workspace.requirements(ask.path["name"], check=ask.query["check"])


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
)
