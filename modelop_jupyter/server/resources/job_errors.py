"""``/jobs/JOB/errors``: the records that were rejected or failed, each with its reason."""

from __future__ import annotations

from dataclasses import replace

from modelop_jupyter.domain.failures import ErrorGroup, groups_of
from modelop_jupyter.domain.jobs import RecordError
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.paging import paged
from modelop_jupyter.server.words import FLAG, JOB, listing


def list_errors(ask: Ask) -> Page:
    found = ask.desk.workspace.error_page(
        ask.path["job"], offset=ask.query["offset"], limit=ask.query["limit"]
    )
    if ask.query["records"]:
        return found
    return replace(found, rows=tuple(replace(row, record=None) for row in found.rows))


def group_errors(ask: Ask) -> list[ErrorGroup]:
    job = ask.desk.workspace.job(ask.path["job"])
    job.require_here()
    return list(groups_of(job.errors()))


RESOURCE = Resource(
    path="/jobs/{job}/errors",
    parameters={"job": JOB},
    get=paged(
        list_errors,
        "List records that were rejected or failed; their own content only when asked for.",
        RecordError,
        query={"records": {**FLAG, "default": False}},
        is_slow=True,
    ),
)

GROUPS = Resource(
    path="/jobs/{job}/errors/groups",
    parameters={"job": JOB},
    get=Operation(
        group_errors,
        "Count bad records by what is wrong with them, and where.",
        listing(ErrorGroup),
        is_slow=True,
    ),
)
