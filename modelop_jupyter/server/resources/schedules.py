"""``/schedules`` and ``/models/NAME/schedules``: jobs that cron or systemd runs."""

from __future__ import annotations

from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.schedules import InstalledSchedule, Schedule
from modelop_jupyter.server.resources.fields import MODEL_NAME
from modelop_jupyter.server.rest.json_schema import array_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


def list_schedules(request: Request) -> list[InstalledSchedule]:
    return request.context.workspace.schedules()


def remove_schedules(request: Request) -> list[Schedule]:
    return request.context.workspace.schedules.remove(
        request.path["name"], request.query.get("kind")
    )


SCHEDULES = Resource(
    path="/schedules",
    get=Operation(
        list_schedules,
        "List the schedules of this home that crontab and systemd have.",
        array_schema(InstalledSchedule),
    ),
)

MODEL_SCHEDULES = Resource(
    path="/models/{name}/schedules",
    parameters={"name": MODEL_NAME},
    delete=Operation(
        remove_schedules,
        "Take the schedules of a model away, or its one of a kind of job.",
        array_schema(Schedule),
        query={"kind": {"enum": [kind.value for kind in JobKind]}},
    ),
)
