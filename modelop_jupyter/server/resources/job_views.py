"""``/jobs/JOB/views``: a metrics result as it is read: charts, tables, and what the rules say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.display import html, metrics
from modelop_jupyter.display.blocks import Block, Chart
from modelop_jupyter.display.drawing import numbers_of, specification
from modelop_jupyter.display.verdicts import verdicts
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Resource
from modelop_jupyter.server.paging import paged
from modelop_jupyter.server.words import JOB


@dataclass(frozen=True, slots=True)
class ResultView:
    """One part of a result: ``charts`` are Vega-Lite v5, ``html`` is the rest, safe as it stands.

    ``numbers`` is the HTML of what the charts draw, for whom a picture says nothing.
    """

    title: str
    kind: str
    charts: tuple[Mapping[str, Any], ...]
    html: str
    numbers: str


def list_views(ask: Ask) -> Page:
    job = ask.desk.workspace.job(ask.path["job"])
    found: list[tuple[str, str, tuple[Block, ...]]] = []
    if job.record.verdicts:
        found.append(("verdicts", "verdicts", tuple(verdicts(job.record.verdicts))))
    if job.metrics is not None:
        found.extend((each.title, each.kind, each.blocks) for each in metrics.views(job.metrics))
    offset, limit = ask.query["offset"], ask.query["limit"]
    return Page(tuple(_view(*each) for each in found[offset : offset + limit]), offset, len(found))


def _view(title: str, kind: str, blocks: tuple[Block, ...]) -> ResultView:
    charts = [block for block in blocks if isinstance(block, Chart)]
    rest = [block for block in blocks if not isinstance(block, Chart)]
    return ResultView(
        title=title,
        kind=kind,
        charts=tuple(map(specification, charts)),
        html=html.page(rest) if rest else "",
        numbers=html.page([numbers_of(chart) for chart in charts]) if charts else "",
    )


RESOURCE = Resource(
    path="/jobs/{job}/views",
    parameters={"job": JOB},
    get=paged(
        list_views,
        "Show what a metrics function returned as charts and tables, and what the rules say of it.",
        ResultView,
        is_slow=True,
    ),
)
