"""``/jobs/JOB/records``: the output's records, a page at a time out of a million."""

from __future__ import annotations

from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import JOB, PAGE, page


def list_records(ask: Ask) -> Page:
    return ask.desk.workspace.record_page(
        ask.path["job"], offset=ask.query["offset"], limit=ask.query["limit"]
    )


RESOURCE = Resource(
    path="/jobs/{job}/records",
    parameters={"job": JOB},
    get=Operation(
        list_records,
        "List some of the output's records.",
        page({}),
        query=PAGE,
        is_slow=True,
    ),
)
