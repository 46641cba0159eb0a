"""``/comparisons`` and ``/jobs/JOB/comparison/OTHER``: how results of jobs differ, and what moves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modelop_jupyter.display.comparisons import comparison
from modelop_jupyter.domain.checks import CheckStep
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.results.causes import Causes
from modelop_jupyter.domain.results.comparisons import Comparison
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.server.errors import ErrorBody
from modelop_jupyter.server.resources.fields import JOB_ID
from modelop_jupyter.server.resources.job_results import ResultView, result_view
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


@dataclass(frozen=True, slots=True)
class JobComparison:
    """What differs between jobs: in a sentence, and in tables and charts."""

    sentence: str
    jobs: tuple[JobRecord, ...]
    view: ResultView


@dataclass(frozen=True, slots=True)
class CausesView:
    """Whether the causes are looked for now, why they could not be, and those found last."""

    is_running: bool
    failure: ErrorBody | None = field(default=None, metadata=OPTIONAL)
    last: Causes | None = field(default=None, metadata=OPTIONAL)


def show_comparison(request: Request) -> JobComparison:
    value = request.context.workspace.compare(request.path["job"], request.path["other"])
    # The sentence has a place of its own, above the rest.
    _, _, *blocks = comparison(value)
    return JobComparison(
        value.sentence, value.jobs, result_view("comparison", "comparison", blocks)
    )


def compare_jobs(request: Request) -> Comparison:
    return request.context.workspace.compare(*request.body["jobs"])


def find_causes(request: Request) -> CausesView:
    workspace = request.context.workspace
    first, other = (workspace.job(request.path[name]).id for name in ("job", "other"))

    def run(_: Callable[[CheckStep], None], __: Callable[[], bool]) -> Causes:
        return workspace.compare_why(first, other)

    refusal = ConflictError("the causes are being looked for", "Wait for the end of it")
    request.context.causes.start(_key(first, other), run, refusal=refusal)
    return _causes(request, first, other)


def show_causes(request: Request) -> CausesView:
    workspace = request.context.workspace
    return _causes(request, *(workspace.job(request.path[name]).id for name in ("job", "other")))


def _causes(request: Request, first: str, other: str) -> CausesView:
    # In this order: what has ended meanwhile is then the last one, never neither.
    run = request.context.causes.find(_key(first, other))
    last = request.context.causes.last(_key(first, other))
    return CausesView(bool(run and run.is_running), run.failure if run else None, last)


def _key(first: str, other: str) -> str:
    return f"{first} {other}"


COMPARISON = Resource(
    path="/jobs/{job}/comparison/{other}",
    parameters={"job": JOB_ID, "other": JOB_ID},
    get=Operation(
        show_comparison,
        "Compare a job with another: what each was given and what it returned, and why they differ.",
        JobComparison,
        is_slow=True,
    ),
)

CAUSES = Resource(
    path="/jobs/{job}/comparison/{other}/why",
    parameters={"job": JOB_ID, "other": JOB_ID},
    get=Operation(
        show_causes,
        "Show what makes the result of a job differ from another's, once that was found.",
        CausesView,
    ),
    post=Operation(
        find_causes,
        "Put the differences of two jobs back by bisection, each step a real run, in the background.",
        CausesView,
        status=202,
    ),
)

COMPARISONS = Resource(
    path="/comparisons",
    post=Operation(
        compare_jobs,
        "Compare two or more jobs with the first of them, as 'compare' does.",
        Comparison,
        body={
            **object_schema(("jobs",), jobs={**array_schema(JOB_ID, limit=100), "minItems": 2}),
            "examples": [{"jobs": ["3f2a1c00", "3f2a1c00"]}],
        },
        is_slow=True,
    ),
)
