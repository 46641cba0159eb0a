"""``/overview``: where everything is kept, and what a first look shows."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OverviewLine:
    """How much there is; the lists themselves are resources of their own."""

    version: str
    home: str
    root: str
    models: int
    jobs: int
    running: int


def show_overview(ask: Ask) -> OverviewLine:
    workspace: Workspace = ask.desk.workspace
    workspace.job_cleanup.sweep()
    unfinished = [status for status in JobStatus if not status.is_done]
    return OverviewLine(
        version=version("modelop-jupyter"),
        home=str(workspace.settings.home),
        root=str(ask.desk.root.folder),
        models=workspace.model_page(limit=1).total,
        jobs=workspace.job_page(limit=1).total,
        running=workspace.job_page(statuses=unfinished, limit=1).total,
    )


RESOURCE = Resource(
    path="/overview",
    get=Operation(
        show_overview,
        "Tell how many models and jobs there are, and where.",
        OverviewLine,
        made_of=("registry", "jobs"),
    ),
)
