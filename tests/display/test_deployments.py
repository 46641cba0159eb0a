"""Views of deployments."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from modelop_jupyter.display import bundle, text
from modelop_jupyter.display.deployments import state
from modelop_jupyter.domain.deployments import (
    Deployment,
    DeploymentLog,
    DeploymentOptions,
    DeploymentProblem,
    DeploymentState,
    FailedRequest,
    FailedRequests,
    Latencies,
    Load,
    LoadSecond,
    ReplicaReport,
    RequestCounts,
    ShadowDifference,
    ShadowReport,
)
from modelop_jupyter.domain.job_options import HomeAddress
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.reports import Overview, RequestFailure

from .samples import DONE, ROW
from .test_bundle import Checker

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc)
SECONDS = tuple(
    LoadSecond(1_000 + at, 10, at % 2, Latencies(0.001, 0.002, 0.003)) for at in (0, 1, 5)
)
LOAD = Load(
    1_010.5,
    RequestCounts(1_234, 4, 1_300, 1_290, 6, 2, 1, 1),
    12.4,
    Latencies(0.0012, 0.004, 0.012),
    waiting=3,
    restarts=2,
    replicas=(ReplicaReport(7, 3, True, 60_000_000), ReplicaReport(8, 3, False, 63_000_000)),
    seconds=SECONDS,
)
READY = Deployment(
    id="d1",
    model="churn",
    snapshot=3,
    state=DeploymentState.READY,
    options=DeploymentOptions(schemas="both", capture="/data/<i>.jsonl"),
    created=NOW,
    previous=2,
    url="http://127.0.0.1:8003",
    began=NOW,
    ends=NOW,
    has_token=True,
    load=LOAD,
)
QUIET = replace(READY, load=Load(1_010.5), options=DeploymentOptions(), previous=None)
FAILURE = FailedRequest(
    7, 1_000.0, 3, 0, "model", "'x' <b>", '{"y": "<i>"}', "model", "KeyError", "File churn.py\n"
)


def words(value: object) -> str:
    """Return the text of a view, however wide its columns are."""
    return "\n".join(" ".join(line.split()) for line in text(value).splitlines())


@pytest.mark.parametrize(
    "part",
    [
        "churn@3 ready",
        "answers on http://127.0.0.1:8003",
        "POST records as JSON to http://127.0.0.1:8003/score, or try one at http://127.0.0.1:8003/.",
        "requests 1,234, 4 refused",
        "1,290 scored, 6 rejected, 2 failed, 1 timed out, 1 ended the process",
        "waiting 3 records",
        "1 of 2 ready",
        "restarts 2",
        "of input and output, checked",
        "churn@2; '%modelop deployment rollback churn' goes back to it",
        "requests per second 12",
        "p95 4.0 ms",
        "without output 10",
        "memory 123 MB",
        "%modelop deployment errors churn",
        "'%modelop deployment show churn' shows its current state",
        "'%modelop deployment stop churn' stops it",
    ],
)
def test_a_deployment_says_where_it_answers_and_what_it_does(part: str) -> None:
    """The same facts in a terminal and in a cell."""
    assert part in words(READY)


def test_what_could_not_be_initialised_is_not_deployed_again_as_it_is() -> None:
    """The snapshot would fail again; and nothing goes back while nothing runs."""
    shown = words(replace(READY, state=DeploymentState.FAILED))

    assert "Deploy it, once it is mended:\nmodelop deploy churn\n" in shown.replace("%", "")
    assert "goes back" not in shown


def test_the_address_is_a_link_and_charts_are_drawn() -> None:
    """Requests, their times and errors; in a terminal the figures are enough."""
    html = bundle(READY)["text/html"]
    checker = Checker()
    checker.feed(html)

    assert checker.open == []
    assert checker.seen & {"script", "b", "i"} == {"i"}  # the legend's
    assert '<a href="http://127.0.0.1:8003" target="_blank"' in html
    assert [
        title
        for title in ("requests per second", "time of a request, ms", "errors per second")
        if f"<figcaption>{title}</figcaption>" not in html
    ] == []
    assert "SECONDS" not in text(READY)


def test_seconds_without_a_request_are_drawn_as_none() -> None:
    """The load's own list leaves them out."""
    charts = [block for block in state(READY) if getattr(block, "title", "") == "errors per second"]

    assert charts[0].series[0].points[:7] == (  # type: ignore[union-attr]
        (-10, 0), (-9, 1), (-8, 0), (-7, 0), (-6, 0), (-5, 1), (-4, 0),
    )  # fmt: skip


def test_without_requests_there_is_no_chart() -> None:
    """Nor a time that none took."""
    html = bundle(QUIET)["text/html"]

    assert "<img" not in html
    assert "p95" not in html
    assert "requests 0" in words(QUIET)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"state": DeploymentState.DOWN, "url": None}, ["down", "%modelop deploy churn@3"]),
        (
            {"state": DeploymentState.STOPPED, "url": None, "stopped": NOW},
            ["stopped", "stopped 2026", "%modelop deploy churn@3"],
        ),
        (
            {
                "state": DeploymentState.FAILED,
                "url": None,
                "problem": DeploymentProblem(
                    "x", "init in churn.py, line 3: KeyError", "Look at init", 3, "File c.py", "hi"
                ),
            },
            ["failed", "line 3: KeyError", "Look at init", "traceback:\nFile c.py", "\nhi"],
        ),
        (
            {"problem": DeploymentProblem("x", "churn@4: init failed", None, 4)},
            ["ready", "churn@4: init failed", "churn@3 still answers."],
        ),
        (
            {"options": DeploymentOptions(host="0.0.0.0", is_insecure=True), "has_token": False},
            ["warning: Anyone who reaches 0.0.0.0 is answered."],
        ),
        (
            {"elsewhere": HomeAddress("node-7", "/home/a"), "url": None},
            ["in another home /home/a on node-7"],
        ),
        (
            {
                "shadow": ShadowReport(
                    4, True, 1_000, 3, 2, (ShadowDifference('{"x": 1}', '{"y": 2}', '{"y": 3}'),)
                )
            },
            [
                "shadow churn@4 ready 1,000 compared, 3 different, 2 not asked, as it was behind",
                "ANSWER OF @4",
                '{"x": 1} {"y": 2}',
                "%modelop deploy churn@4",
                "End the shadow:\n%modelop deployment rollback churn",
            ],
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_special_is_said_with_what_mends_it(
    changes: dict[str, object], parts: list[str]
) -> None:
    """In the words of the one table of states."""
    shown = words(replace(READY, **changes))  # type: ignore[arg-type]

    assert [part for part in parts if part not in shown] == []


def test_a_view_stays_the_same_until_something_changes() -> None:
    """Only then a live output is drawn anew: neither the time nor a few bytes count."""
    replicas = (ReplicaReport(7, 3, True, 60_000_321),)
    before = replace(QUIET, load=Load(1_010.5, replicas=(ReplicaReport(7, 3, True, 60_000_000),)))
    later = replace(QUIET, load=Load(1_012.5, replicas=replicas))
    asked = replace(later, load=Load(1_014.5, RequestCounts(1), replicas=replicas))

    assert state(before) == state(later)
    assert state(later) != state(asked)


def test_the_list_has_a_line_for_each() -> None:
    """Of one that is down, what it did before is of no use."""
    down = replace(READY, model="fraud", state=DeploymentState.DOWN, url=None, load=None)
    lines = text(Listing((READY, down), "")).splitlines()

    assert lines[1].split()[:5] == ["churn@3", "ready", "http://127.0.0.1:8003", "1,234", "12"]
    assert lines[2].split() == ["fraud@3", "down"]


def test_the_overview_lists_deployments_where_there_are_some() -> None:
    """Between environments and jobs."""
    without = Overview("/home", (ROW,), (), (DONE,))

    assert "deployments:" not in text(without)
    assert "deployments:\nDEPLOYMENT" in text(replace(without, deployments=(READY,)))


def test_records_without_an_output_are_listed_without_themselves() -> None:
    """They may be confidential."""
    shown = text(FailedRequests("churn", 12, (FAILURE,)))

    assert "KeyError: 'x' <b>" in shown
    assert "<i>" not in shown
    assert "… and 11 more" in shown
    assert "traceback of record 7:\n  File churn.py" in shown
    assert "%modelop deployment errors churn --record 7" in shown
    assert "%%modelop run churn --record deployment:7" in shown


def test_without_failures_the_list_says_so() -> None:
    """An empty table would not."""
    assert text(FailedRequests("churn", 0, ())) == (
        "Each record that churn was asked for got an output."
    )


def test_one_of_them_is_shown_whole() -> None:
    """With the line that opens it."""
    value = RequestFailure("churn", FAILURE)
    shown = text(value)

    assert "record 7 of churn@3  model" in shown
    assert 'record:\n  {"y": "<i>"}' in shown
    assert "traceback:\n  File churn.py" in shown
    assert "in the isolated kernel:\n  %%modelop run churn --record deployment:7" in shown
    assert "<b>" not in bundle(value)["text/html"]


def test_the_log_is_shown_as_it_is() -> None:
    """Each line of it."""
    assert text(DeploymentLog("churn", "2026 [info] ready\n", 18)) == "2026 [info] ready"
