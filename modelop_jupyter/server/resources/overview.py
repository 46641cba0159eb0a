"""``/overview`` and ``/changes``: what the sidebar requests first, and what it polls."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.server.changes.watcher import ChangeCounts
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


@dataclass(frozen=True, slots=True)
class OverviewLine:
    """The home folder, the server's root folder, and how many models and jobs there are."""

    version: str
    home: str
    root: str
    models: int
    jobs: int
    running: int


def show_overview(request: Request) -> OverviewLine:
    workspace = request.context.workspace
    workspace.jobs.remove_leftovers()
    unfinished = [status for status in JobStatus if not status.is_done]
    return OverviewLine(
        version=version("modelop-jupyter"),
        home=str(workspace.settings.home),
        root=str(request.context.root.folder),
        models=workspace.model_page(limit=1).total,
        jobs=workspace.job_page(limit=1).total,
        running=workspace.job_page(statuses=unfinished, limit=1).total,
    )


def show_changes(request: Request) -> ChangeCounts:
    return request.context.watcher.counts()


OVERVIEW = Resource(
    path="/overview",
    get=Operation(
        show_overview,
        "Count the models and jobs, and name the home folder.",
        OverviewLine,
        depends_on=("registry", "jobs"),
    ),
)

CHANGES = Resource(
    path="/changes",
    get=Operation(show_changes, "Count the changes seen so far, by topic.", ChangeCounts),
)
