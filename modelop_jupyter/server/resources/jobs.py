"""``/jobs``: jobs page by page, and new ones."""

from __future__ import annotations

from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.paging import paged
from modelop_jupyter.server.progress import JobLine, job_line
from modelop_jupyter.server.submitting import submit, wish_of
from modelop_jupyter.server.words import MODEL

_DONE = [status for status in JobStatus if status.is_done]
_STATES = {
    "running": [status for status in JobStatus if not status.is_done],
    "done": _DONE,
    **{status.value: [status] for status in _DONE},
}


def list_jobs(ask: Ask) -> Page:
    workspace, asked = ask.desk.workspace, ask.query
    found = workspace.job_page(
        model=asked.get("model"),
        kinds=[JobKind(asked["kind"])] if "kind" in asked else (),
        statuses=_STATES[asked["state"]] if "state" in asked else (),
        offset=asked["offset"],
        limit=asked["limit"],
    )
    rows = tuple(job_line(workspace, record) for record in found.rows)
    return Page(rows, found.offset, found.total)


def submit_job(ask: Ask) -> JobRecord:
    return submit(ask)


RESOURCE = Resource(
    path="/jobs",
    get=paged(
        list_jobs,
        "List jobs, newest first, with the progress of those that run.",
        JobLine,
        query={
            "model": MODEL,
            "kind": {"enum": [kind.value for kind in JobKind]},
            "state": {"enum": list(_STATES)},
        },
        made_of=("registry", "jobs"),
    ),
    post=Operation(
        submit_job,
        "Submit a job; it runs by itself, whatever becomes of the server.",
        JobRecord,
        body=wish_of(),
        status=201,
        is_slow=True,
    ),
)
