"""Jobs over HTTP: submitted, followed, stopped; their records, errors and logs piece by piece."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall, ended

pytestmark = pytest.mark.slow


@pytest.fixture
def records(root: Path) -> str:
    """The name of a file with 2,500 records below the root, every fifth of them bad."""
    rows = [{"x": number} if number % 5 else {"z": number} for number in range(2_500)]
    (root / "in.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "in.json"


async def test_a_job_is_submitted_followed_and_read(api: ApiCall, model: str, records: str) -> None:
    """The whole way of a job, as the sidebar goes it (issue 6)."""
    status, job = await api(
        "POST",
        "jobs",
        {"kind": "batch", "model": model, "inputs": [{"path": records}], "output": "out.json"},
    )
    shown = await ended(api, job["id"])
    _, listed = await api("GET", f"jobs?model={model}&kind=batch&state=done")
    _, page = await api("GET", f"jobs/{job['id']}/records?offset=1999&limit=5")
    _, bad = await api("GET", f"jobs/{job['id']}/errors?offset=499&limit=5")
    _, groups = await api("GET", f"jobs/{job['id']}/errors/groups")
    _, document = await api("GET", f"jobs/{job['id'][:8]}/document")
    _, metrics = await api("GET", f"jobs/{job['id']}/metrics")

    assert status == 201
    assert (shown["record"]["status"], shown["record"]["result"]) == ("COMPLETE", "FAILURE")
    assert shown["output"] == "out.json"
    assert [(row["record"]["id"], row["progress"]) for row in listed["rows"]] == [(job["id"], None)]
    assert (page["total"], page["rows"]) == (2000, [{"y": 2 * 2499}])
    assert (bad["total"], [(row["index"], row["record"]) for row in bad["rows"]]) == (
        500,
        [(2495, None)],
    )
    assert [(group["count"], group["line"]) for group in groups] == [(500, 9)]
    assert document["jobType"] == "MODEL_BATCH_JOB"
    assert metrics == {"job": job["id"], "metrics": None}


async def test_a_bad_record_is_shown_only_when_asked_for(
    api: ApiCall, model: str, records: str
) -> None:
    """Its content may be personal (issue 5)."""
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": records}]}
    )
    await ended(api, job["id"])
    _, bad = await api("GET", f"jobs/{job['id']}/errors?limit=1&records=true")

    assert json.loads(bad["rows"][0]["record"]) == {"z": 0}


async def test_a_bad_record_of_several_files_names_its_file(
    api: ApiCall, model: str, root: Path
) -> None:
    """The records of a folder are counted on from file to file (issue 14)."""
    (root / "data").mkdir()
    (root / "data" / "a.json").write_text('{"x": 1}\n')
    (root / "data" / "b.json").write_text('{"x": 2}\n{"z": 3}\n')
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": "data"}]}
    )
    await ended(api, job["id"])
    _, bad = await api("GET", f"jobs/{job['id']}/errors")

    assert [(row["index"], row["file"]) for row in bad["rows"]] == [(2, "b.json")]


async def test_a_log_is_followed_from_its_cursor(api: ApiCall, model: str, records: str) -> None:
    """Nothing is sent twice, and together it is the log."""
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": records}]}
    )
    lines: list[str] = []
    part: dict[str, Any] = {"cursor": "0-0", "is_done": False}
    while not part["is_done"]:
        _, part = await api("GET", f"jobs/{job['id']}/log?cursor={part['cursor']}")
        lines += part["lines"]
        await asyncio.sleep(0.05)
    _, again = await api("GET", f"jobs/{job['id']}/log")

    assert lines == again["lines"]
    assert lines


async def test_some_lines_of_a_log_are_asked_for(api: ApiCall, root: Path) -> None:
    """By text, level or record; what a bad record printed stands with it."""
    source = "# modelop.score\ndef score(r):\n    print('at', r)\n    return 1 / r\n"
    (root / "loud.py").write_text(source)
    (root / "loud.json").write_text("1\n0\n")
    await api("POST", "models", {"name": "loud", "path": "loud.py"})
    body = {"kind": "batch", "model": "loud", "inputs": [{"path": "loud.json"}]}
    _, job = await api("POST", "jobs", body)
    await ended(api, job["id"])

    async def lines(query: str) -> list[str]:
        _, part = await api("GET", f"jobs/{job['id']}/log?{query}")
        found: list[str] = part["lines"]
        return found

    _, bad = await api("GET", f"jobs/{job['id']}/errors")
    status, problem = await api("GET", f"jobs/{job['id']}/log?grep=/(/")

    assert await lines("record=0") == ["at 1"]
    assert [line[-4:] for line in await lines("grep=AT%200")] == ["at 0"]
    assert not any("at 0" in line for line in await lines("level=WARNING"))
    assert "division by zero" in "".join(await lines("level=ERROR"))
    assert bad["rows"][0]["printed"] == "at 0\n"
    assert (status, problem["code"]) == (422, "invalid")


async def test_a_running_job_is_seen_and_stopped(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """Running ones have live progress and a Stop button (issue 6)."""
    (root / "slow.py").write_text(
        "import time\n# modelop.score\ndef score(r):\n    print(r)\n    time.sleep(600)\n    yield r\n"
    )
    (root / "in.json").write_text("1\n")
    workspace.register("slow", root / "slow.py")
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": "slow", "inputs": [{"path": "in.json"}]}
    )
    rows: list[Any] = []
    while not (rows and rows[0]["progress"]["phase"] == "running"):
        await asyncio.sleep(0.1)
        _, page = await api("GET", "jobs?state=running")
        rows = page["rows"]
    refused, problem = await api("DELETE", "models/slow")
    status, stopped = await api("POST", f"jobs/{job['id']}/cancel")

    assert [row["record"]["id"] for row in rows] == [job["id"]]
    assert (refused, problem["code"]) == (409, "conflict")
    assert (status, stopped["status"]) == (200, "CANCELLED")


async def test_an_asset_is_the_input(
    api: ApiCall, model: str, workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    """Test data among the assets is chosen without a file; it is the asset's bytes that count."""
    (root / "test_data.json").write_text('{"x": 21}\n')
    workspace.asset_add(model, root / "test_data.json")
    (root / "test_data.json").write_text('{"x": 0}\n')
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"asset": "test_data.json"}]}
    )
    await ended(api, job["id"])
    _, page = await api("GET", f"jobs/{job['id']}/records")

    assert page["rows"] == [{"y": 42}]


async def test_a_job_is_run_again(api: ApiCall, model: str, records: str) -> None:
    """A rerun says in what it differs from the first run."""
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": records}]}
    )
    await ended(api, job["id"])
    status, second = await api("POST", f"jobs/{job['id']}/rerun")
    shown = await ended(api, second["id"])
    _, third = await api("POST", f"jobs/{job['id']}/retry", {"failed": True})

    assert (status, shown["record"]["counts"]["failed"]) == (201, 500)
    assert isinstance(shown["differences"], list)
    assert third["id"] != job["id"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"inputs": []}, 400, "request"),
        ({"inputs": [{"path": "in.json", "asset": "a"}]}, 400, "request"),
        ({"inputs": [{"path": "../in.json"}]}, 403, "outside"),
        ({"inputs": [{"path": "absent.json"}]}, 422, "invalid"),
        ({"inputs": [{"asset": "absent.json"}]}, 404, "asset_not_found"),
        ({"output": "/tmp/out.json"}, 403, "outside"),
        ({"output": "in.json"}, 422, "invalid"),
        ({"model": "nobody"}, 404, "model_not_found"),
        ({"model": "double@7"}, 404, "snapshot_not_found"),
        ({"kind": "train"}, 422, "invalid"),
        ({"kind": "train", "limit": 3}, 400, "request"),
        ({"limit": 0}, 400, "request"),
        ({"workers": "many"}, 400, "request"),
        ({"max_errors": {"percent": 101}}, 400, "request"),
    ],
)
async def test_a_job_that_cannot_be_is_refused(
    api: ApiCall, model: str, records: str, fields: dict[str, Any], status: int, code: str
) -> None:
    """Before anything is recorded."""
    body = {"kind": "batch", "model": model, "inputs": [{"path": records}], **fields}
    actual, problem = await api("POST", "jobs", body)
    _, page = await api("GET", "jobs")

    assert (actual, problem["code"], page["total"]) == (status, code, 0)


async def test_a_metrics_result_is_read_as_charts_and_tables(api: ApiCall, root: Path) -> None:
    """Each part has its Vega-Lite chart, and a table of its numbers for whom it says nothing (issue 6)."""
    (root / "monitor.py").write_text(
        "# modelop.metrics\n"
        "def metrics(data):\n"
        "    yield {'rows': len(data), 'age_PSI': 0.3, 'income_PSI': 0.1, 'note': '<img src=x>'}\n"
    )
    (root / "in.json").write_text('{"x": 1}\n')
    await api("POST", "models", {"name": "monitor", "path": "monitor.py"})
    body = {"kind": "metrics", "model": "monitor", "inputs": [{"path": "in.json"}]}
    _, job = await api("POST", "jobs", body)
    await ended(api, job["id"])
    _, page = await api("GET", f"jobs/{job['id']}/views")
    _, second = await api("GET", f"jobs/{job['id']}/views?offset=1&limit=1")

    drawn = next(row for row in page["rows"] if row["charts"])
    assert drawn["charts"][0]["$schema"].endswith("vega-lite/v5.json")
    assert "0.3" in drawn["numbers"]
    assert "&lt;img src=x&gt;" in "".join(row["html"] for row in page["rows"])
    assert second["rows"] == page["rows"][1:2]
