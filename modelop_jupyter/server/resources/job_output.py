"""``/jobs/JOB/records``: the output's records, a page at a time out of a million."""

from __future__ import annotations

from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Resource
from modelop_jupyter.server.paging import paged
from modelop_jupyter.server.words import JOB


def list_records(ask: Ask) -> Page:
    return ask.desk.workspace.record_page(
        ask.path["job"],
        offset=ask.query["offset"],
        limit=ask.query["limit"],
        within=ask.desk.root.folder,
    )


RESOURCE = Resource(
    path="/jobs/{job}/records",
    parameters={"job": JOB},
    get=paged(list_records, "List some of the output's records.", {}, is_slow=True),
)
