"""``/models/NAME/history``, ``/diff`` and ``/lineage``: metrics over time, what changed, what it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.display import comparisons, html
from modelop_jupyter.display.blocks import Chart, Heading
from modelop_jupyter.domain.lineage import Lineage
from modelop_jupyter.domain.lists import Page
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.domain.results.comparisons import History, ModelDiff
from modelop_jupyter.server.resources.fields import MODEL_NAME, MODEL_REF, SHORT_TEXT
from modelop_jupyter.server.resources.job_results import ResultView, result_view
from modelop_jupyter.server.rest.resource import Operation, Request, Resource, paginated
from modelop_jupyter.storage import is_address

METRIC = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1024,
    "description": "A metric's name, or a path such as performance[0].values.auc.",
    "examples": ["auc"],
}


@dataclass(frozen=True, slots=True)
class DiffView:
    """What differs between two states of models; ``html`` shows it, and is empty if nothing does.

    ``html`` is escaped.
    """

    diff: ModelDiff
    is_equal: bool
    html: str


def list_history(request: Request) -> Page:
    match = request.query.get("match", "").casefold()
    histories = [
        history
        for history in request.context.workspace.histories(request.path["name"])
        if match in history.metric.casefold()
    ]
    offset, limit = request.query["offset"], request.query["limit"]
    rows = tuple(map(_history_view, histories[offset : offset + limit]))
    return Page(rows, offset, len(histories))


def show_history(request: Request) -> History:
    return request.context.workspace.history(request.path["name"], request.path["path"])


def _history_view(history: History) -> ResultView:
    # The heading repeats the title of the view, and there are several charts side by side.
    blocks = (
        replace(block, is_small=True) if isinstance(block, Chart) else block
        for block in comparisons.history(history)
        if not isinstance(block, Heading)
    )
    # The table of jobs has the chart's data already.
    return replace(result_view(history.metric, "history", blocks), numbers="")


@dataclass(frozen=True, slots=True)
class LineageView:
    """The lineage of a model, and which of its files the file browser shows.

    ``notebook`` is the path there of the notebook with the cells, ``paths`` has those of data and
    outputs by the path that these have in the lineage.
    """

    lineage: Lineage
    notebook: str | None
    paths: Mapping[str, str]


def show_lineage(request: Request) -> LineageView:
    lineage = request.context.workspace.lineage(request.path["name"], limit=request.query["limit"])
    outputs = (job.output for job in lineage.jobs if job.output is not None)
    files = {*(data.path for data in lineage.data), *outputs}
    paths = {file: path for file in files if (path := _shown_path(request, file)) is not None}
    return LineageView(lineage, _shown_path(request, lineage.notebook), paths)


def _shown_path(request: Request, file: str) -> str | None:
    """Return a file's path in the file browser, None where it shows none."""
    if not file or is_address(file) or not Path(file).is_file():
        return None
    return request.context.root.to_api_path(file)


def show_diff(request: Request) -> DiffView:
    before = request.path["name"]
    after = request.query.get("to", ModelRef.parse(before).name)
    diff = request.context.workspace.diff(before, after)
    blocks = list(comparisons.differences(diff, with_texts=request.query["texts"]))
    return DiffView(diff, diff.is_equal, html.page(blocks) if blocks else "")


HISTORY = Resource(
    path="/models/{name}/history",
    parameters={"name": MODEL_REF},
    get=paginated(
        list_history,
        "Show each metric over the jobs of a model as a chart and a table.",
        ResultView,
        query={"match": {**SHORT_TEXT, "description": "A part of the metric's name."}},
        is_slow=True,
        depends_on=("registry", "jobs"),
    ),
)

METRIC_HISTORY = Resource(
    path="/models/{name}/history/{path}",
    parameters={"name": MODEL_REF, "path": METRIC},
    get=Operation(
        show_history,
        "Return one metric over the jobs of a model, or over those of one snapshot, oldest first.",
        History,
        is_slow=True,
        depends_on=("registry", "jobs"),
    ),
)

DIFF = Resource(
    path="/models/{name}/diff",
    parameters={"name": MODEL_REF},
    get=Operation(
        show_diff,
        "Show what differs between a model or snapshot and another, or the model as it is now.",
        DiffView,
        query={
            "to": MODEL_REF,
            "texts": {
                "type": "boolean",
                "default": True,
                "description": "Show in the HTML, too, how files differ line by line.",
            },
        },
        is_slow=True,
    ),
)

LINEAGE = Resource(
    path="/models/{name}/lineage",
    parameters={"name": MODEL_NAME},
    get=Operation(
        show_lineage,
        "Show a model's newest jobs with the data, snapshots, commits and cells they are of.",
        LineageView,
        query={"limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
        is_slow=True,
        depends_on=("registry", "jobs"),
    ),
)
