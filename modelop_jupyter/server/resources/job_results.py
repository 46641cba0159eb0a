"""What a job yields: its records, output, errors, log and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from modelop_jupyter.display import html, metrics
from modelop_jupyter.display.blocks import Block, Chart
from modelop_jupyter.display.charts import numbers_of, specification
from modelop_jupyter.display.verdicts import verdicts
from modelop_jupyter.domain.jobs import RecordError
from modelop_jupyter.domain.lists import Page
from modelop_jupyter.domain.log_filter import LEVELS, LogFilter
from modelop_jupyter.domain.reports import FailureReport
from modelop_jupyter.domain.results.error_groups import ErrorGroup, groups_of
from modelop_jupyter.domain.results.record_search import RecordSearch
from modelop_jupyter.jobs.following.log import LogPosition
from modelop_jupyter.server.resources.fields import BOOLEAN, JOB_ID, SHORT_TEXT
from modelop_jupyter.server.rest.json_schema import array_schema
from modelop_jupyter.server.rest.resource import (
    FileResponse,
    Operation,
    Request,
    Resource,
    paginated,
)

_MAX_LOG_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """The result of a metrics function; None for another job, or one that failed."""

    job: str
    metrics: Any


@dataclass(frozen=True, slots=True)
class ResultView:
    """A part of a metrics result: ``charts`` are Vega-Lite v5, ``html`` is the rest, escaped.

    ``numbers`` is an HTML table of the charts' data, for screen readers.
    """

    title: str
    kind: str
    charts: tuple[Mapping[str, Any], ...]
    html: str
    numbers: str


@dataclass(frozen=True, slots=True)
class LogPart:
    """Lines of a log; ``cursor`` requests the next ones, ``is_done`` is true after the last ones."""

    lines: tuple[str, ...]
    cursor: str
    is_done: bool


def list_records(request: Request) -> Page:
    return request.context.workspace.record_page(
        request.path["job"],
        offset=request.query["offset"],
        limit=request.query["limit"],
        within=request.context.root.folder,
    )


def search_records(request: Request) -> RecordSearch:
    query = request.query
    return request.context.workspace.jobs.record_search(
        request.path["job"],
        match=query.get("match", ""),
        column=query.get("sort"),
        is_descending=query["order"] == "descending",
        offset=query["offset"],
        limit=query["limit"],
        within=request.context.root.folder,
    )


def download_output(request: Request) -> FileResponse:
    root = request.context.root.folder
    path = request.context.workspace.jobs.output_file(request.path["job"], within=root)
    return FileResponse(path, path.name)


def list_errors(request: Request) -> Page:
    page = request.context.workspace.error_page(
        request.path["job"], offset=request.query["offset"], limit=request.query["limit"]
    )
    if request.query["records"]:
        return page
    return replace(page, rows=tuple(replace(row, record=None) for row in page.rows))


def group_errors(request: Request) -> list[ErrorGroup]:
    job = request.context.workspace.job(request.path["job"])
    job.require_readable("errors.jsonl")
    return list(groups_of(job.errors()))


def report_job(request: Request) -> FailureReport:
    return request.context.workspace.job_report(request.path["job"])


def follow_log(request: Request) -> LogPart:
    workspace, job, query = request.context.workspace, request.path["job"], request.query
    chosen = LogFilter.asked(query.get("grep"), query.get("level"))
    if "record" in query:
        text = workspace.job(job).log(
            record=query["record"], grep=query.get("grep"), level=query.get("level")
        )
        return LogPart(tuple(text.splitlines()), query["cursor"], is_done=True)
    events, console = map(int, query["cursor"].split("-"))
    # Read before the lines: a job that ends in between has its last lines in the next response.
    is_done = workspace.job(job).record.status.is_done
    lines, position = workspace.log_after(job, LogPosition(events, console), limit=_MAX_LOG_BYTES)
    return LogPart(
        lines=tuple(chosen.of(lines)),
        cursor=f"{position.events}-{position.console}",
        is_done=is_done and not lines,
    )


def show_job_metrics(request: Request) -> JobMetrics:
    job = request.context.workspace.job(request.path["job"])
    return JobMetrics(job.id, job.metrics)


def list_views(request: Request) -> Page:
    job = request.context.workspace.job(request.path["job"])
    parts: list[tuple[str, str, tuple[Block, ...]]] = []
    if job.record.verdicts:
        parts.append(("verdicts", "verdicts", tuple(verdicts(job.record.verdicts))))
    if job.metrics is not None:
        parts.extend((view.title, view.kind, view.blocks) for view in metrics.views(job.metrics))
    offset, limit = request.query["offset"], request.query["limit"]
    rows = tuple(result_view(*part) for part in parts[offset : offset + limit])
    return Page(rows, offset, len(parts))


def result_view(title: str, kind: str, blocks: Iterable[Block]) -> ResultView:
    """Return blocks as the sidebar shows them: charts for its renderer, the rest as HTML."""
    blocks = list(blocks)
    charts = [block for block in blocks if isinstance(block, Chart)]
    rest = [block for block in blocks if not isinstance(block, Chart)]
    return ResultView(
        title=title,
        kind=kind,
        charts=tuple(map(specification, charts)),
        html=html.page(rest) if rest else "",
        numbers=html.page([numbers_of(chart) for chart in charts]) if charts else "",
    )


def show_job_document(request: Request) -> dict[str, Any]:
    return request.context.workspace.job_document(request.path["job"])


RECORDS = Resource(
    path="/jobs/{job}/records",
    parameters={"job": JOB_ID},
    get=paginated(list_records, "List the records of the output, page by page.", {}, is_slow=True),
)

RECORDS_FOUND = Resource(
    path="/jobs/{job}/records/search",
    parameters={"job": JOB_ID},
    get=Operation(
        search_records,
        "Find records of the output by a text in them, sorted by a column; of the first 100,000.",
        RecordSearch,
        query={
            "offset": {"type": "integer", "minimum": 0, "maximum": 100_000, "default": 0},
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
            "match": SHORT_TEXT,
            "sort": {**SHORT_TEXT, "maxLength": 1000, "description": "The name of a column."},
            "order": {"enum": ["ascending", "descending"], "default": "ascending"},
        },
        is_slow=True,
    ),
)

OUTPUT = Resource(
    path="/jobs/{job}/output",
    parameters={"job": JOB_ID},
    get=Operation(download_output, "Download the file with the output.", None, is_slow=True),
)

ERRORS = Resource(
    path="/jobs/{job}/errors",
    parameters={"job": JOB_ID},
    get=paginated(
        list_errors,
        "List records that were rejected or failed; their own content only when asked for.",
        RecordError,
        query={"records": {**BOOLEAN, "default": False}},
        is_slow=True,
    ),
)

ERROR_GROUPS = Resource(
    path="/jobs/{job}/errors/groups",
    parameters={"job": JOB_ID},
    get=Operation(
        group_errors,
        "Count bad records by reason and line.",
        array_schema(ErrorGroup),
        is_slow=True,
    ),
)

REPORT = Resource(
    path="/jobs/{job}/report",
    parameters={"job": JOB_ID},
    get=Operation(
        report_job,
        "Show a job's failure as one block of text for a ticket, without secrets.",
        FailureReport,
        is_slow=True,
    ),
)

LOG = Resource(
    path="/jobs/{job}/log",
    parameters={"job": JOB_ID},
    get=Operation(
        follow_log,
        "Show a job's log from a cursor, at most a megabyte at a time, or some of its lines.",
        LogPart,
        query={
            "record": {
                "type": "integer",
                "minimum": 0,
                "maximum": 2**53 - 1,
                "description": "Only what the record with this index printed, and how it failed.",
            },
            "grep": {
                "type": "string",
                "maxLength": 1000,
                "description": "Only lines with this text in any case, or that match /REGEX/.",
            },
            "level": {
                "enum": list(LEVELS),
                "description": "Only lines of this level and above.",
            },
            "cursor": {
                "type": "string",
                "pattern": "^[0-9]{1,15}-[0-9]{1,15}$",
                "default": "0-0",
                "description": "The cursor of the previous answer.",
            },
        },
    ),
)

METRICS = Resource(
    path="/jobs/{job}/metrics",
    parameters={"job": JOB_ID},
    get=Operation(show_job_metrics, "Show what a metrics function returned.", JobMetrics),
)

VIEWS = Resource(
    path="/jobs/{job}/views",
    parameters={"job": JOB_ID},
    get=paginated(
        list_views,
        "Show what a metrics function returned as charts and tables, and the verdicts.",
        ResultView,
        is_slow=True,
    ),
)

DOCUMENT = Resource(
    path="/jobs/{job}/document",
    parameters={"job": JOB_ID},
    get=Operation(
        show_job_document, "Show a job in ModelOp's JSON.", {"type": "object"}, is_slow=True
    ),
)
