"""Lists of jobs over HTTP: filtered, sorted, several removed at once, two compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import (
    Counts,
    JobInput,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
)
from tests.server.conftest import ApiCall, ended

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


@pytest.fixture
def recorded(workspace: Workspace, model: str, root: Path) -> list[str]:
    """The ids of three jobs that ended, the oldest first: one well, one with bad records, one not."""
    (root / "other.py").write_text("# modelop.score\ndef score(r):\n    yield r\n")
    workspace.register("other", root / "other.py", tags=["fraud"])
    for name in (model, "other"):
        workspace.snapshot(name)
    first = JobRecord(
        "aaaaaaaa-0000-4000-8000-000000000000", JobKind.BATCH, model, 1, JobStatus.COMPLETE,
        JobResult.SUCCESS, NOW, NOW, NOW + timedelta(seconds=30),
        (JobInput("customers.csv", "/data/customers.csv", "csv"),), counts=Counts(9, 9),
    )  # fmt: skip
    day = timedelta(days=1)
    second = replace(
        first, id="bbbbbbbb-0000-4000-8000-000000000000", model="other", created=NOW + day,
        result=JobResult.FAILURE, ended=NOW + timedelta(seconds=5), counts=Counts(5, 4, 0, 1),
        inputs=(),
    )  # fmt: skip
    third = replace(
        second, id="cccccccc-0000-4000-8000-000000000000", kind=JobKind.METRICS,
        created=NOW + 2 * day, status=JobStatus.ERROR, ended=NOW + timedelta(seconds=90),
        counts=Counts(),
    )  # fmt: skip
    for record in (first, second, third):
        workspace.registry.add_job(record)
        (workspace.settings.jobs / record.id).mkdir(parents=True)
    return [record.id for record in (first, second, third)]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [2, 1, 0]),
        ("result=succeeded", [0]),
        ("result=finished_with_failed_records", [1]),
        ("result=failed&kind=metrics", [2]),
        ("match=CUSTOMERS", [0]),
        ("match=othe&model=other", [2, 1]),
        ("match=bbbb", [1]),
        ("since=2026-11-23T13:00:00%2B01:00", [2, 1]),
        ("since=2026-11-24T12:00:00.000Z", [2]),
        ("before=2026-11-24T12:00:00.000Z", [1, 0]),
        ("tag=fraud", [2, 1]),
        ("tag=fraud&before=2026-11-24T12:00:00Z", [1]),
        ("tag=none", []),
        ("sort=duration", [2, 0, 1]),
        ("sort=records&order=ascending", [2, 1, 0]),
        ("sort=model&order=ascending", [0, 2, 1]),
    ],
)
async def test_jobs_are_filtered_and_sorted(
    api: ApiCall, recorded: list[str], query: str, places: list[int]
) -> None:
    """The jobs view asks the server, which has all of them (issue 15)."""
    status, page = await api("GET", f"jobs?{query}")

    assert (status, page["total"]) == (200, len(places))
    assert [row["record"]["id"] for row in page["rows"]] == [recorded[each] for each in places]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("result=good", 400, "request"),
        ("sort=id", 400, "request"),
        ("order=up", 400, "request"),
        ("match=", 400, "request"),
        ("since=yesterday", 400, "request"),
        ("since=2026-99-99T00:00", 422, "invalid"),
    ],
)
async def test_a_filter_that_does_not_exist_is_refused(
    api: ApiCall, recorded: list[str], query: str, status: int, code: str
) -> None:
    """A list of all jobs would be taken for the filtered one."""
    answered, problem = await api("GET", f"jobs?{query}")

    assert (answered, problem["code"]) == (status, code)


async def test_several_jobs_are_removed_at_once(api: ApiCall, recorded: list[str]) -> None:
    """All of them or none: an id that is not there stops the rest from going."""
    refused, _ = await api("POST", "jobs/removals", {"jobs": [recorded[0], "dddddddd"]})
    _, before = await api("GET", "jobs")
    status, _ = await api("POST", "jobs/removals", {"jobs": recorded[:2]})
    _, after = await api("GET", "jobs")

    assert (refused, before["total"]) == (404, 3)
    assert (status, [row["record"]["id"] for row in after["rows"]]) == (200, [recorded[2]])


async def two_batches(api: ApiCall, model: str, root: Path) -> tuple[str, str]:
    """Return the ids of two batches of one model that ended, over different records."""
    ids = []
    for number, rows in enumerate(([3, 20, 100], [3, 21, 100])):
        (root / f"in{number}.json").write_text("".join(f'{{"x": {row}}}\n' for row in rows))
        body = {"kind": "batch", "model": model, "inputs": [{"path": f"in{number}.json"}]}
        _, job = await api("POST", "jobs", body)
        await ended(api, job["id"])
        ids.append(job["id"])
    return ids[0], ids[1]


@pytest.mark.slow
async def test_two_jobs_are_compared(api: ApiCall, model: str, root: Path) -> None:
    """What differs stands in a sentence first, then in tables."""
    first, second = await two_batches(api, model, root)
    status, shown = await api("GET", f"jobs/{first}/comparison/{second}")
    refused, problem = await api("GET", f"jobs/{first}/comparison/{first}")

    assert status == 200
    assert "input" in shown["sentence"]
    assert [job["id"] for job in shown["jobs"]] == [first, second]
    assert "<table" in shown["view"]["html"]
    assert shown["sentence"] not in shown["view"]["html"]
    assert (refused, problem["code"]) == (422, "invalid")


@pytest.mark.slow
async def test_records_are_found_and_sorted_over_the_whole_output(
    api: ApiCall, model: str, root: Path
) -> None:
    """Each keeps its number in the output."""
    job, _ = await two_batches(api, model, root)
    _, largest = await api("GET", f"jobs/{job}/records/search?sort=y&order=descending&limit=2")
    _, found = await api("GET", f"jobs/{job}/records/search?match=0")

    assert largest == {
        "rows": [{"number": 2, "record": {"y": 200}}, {"number": 1, "record": {"y": 40}}],
        "offset": 0,
        "total": 3,
        "searched": 3,
        "is_whole": True,
    }
    assert [row["number"] for row in found["rows"]] == [1, 2]


@pytest.mark.slow
async def test_an_output_that_is_kept_with_the_job_is_downloaded(
    api: ApiCall,
    model: str,
    root: Path,
    http_server_client: Any,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
) -> None:
    """The file browser does not show it."""
    job, _ = await two_batches(api, model, root)
    response = await http_server_client.fetch(
        f"{jp_base_url}modelop-jupyter/jobs/{job}/output", headers=jp_auth_header
    )

    assert response.body.splitlines() == [b'{"y":6}', b'{"y":40}', b'{"y":200}']
    assert "attachment; filename*=UTF-8''" in response.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("chosen", "removed"),
    [
        ({"model": "other"}, ["bbbbbbbb", "cccccccc"]),
        ({"result": "succeeded"}, ["aaaaaaaa"]),
        ({"kind": "metrics"}, ["cccccccc"]),
        ({"before": "2026-11-23T00:00:00Z"}, ["aaaaaaaa"]),
        ({"match": "othe", "since": "2026-11-24T00:00:00Z"}, ["cccccccc"]),
        ({"tag": "nothing-has-it"}, []),
    ],
)
async def test_what_a_filter_finds_is_removed_together(
    api: ApiCall, recorded: list[str], chosen: dict[str, str], removed: list[str]
) -> None:
    """A dry run says first which these are."""
    _, dry = await api("POST", "jobs/gc", {"filter": chosen, "dry_run": True})
    status, done = await api("POST", "jobs/gc", {"filter": chosen})
    _, page = await api("GET", "jobs")

    assert sorted(each["name"] for each in dry["cleared"]) == removed
    assert (status, sorted(each["name"] for each in done["cleared"])) == (200, removed)
    assert page["total"] == len(recorded) - len(removed)
