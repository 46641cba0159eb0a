"""Jobs over HTTP: submitted, followed, stopped; their records, errors and logs piece by piece."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.commands.grammar import parse
from tests.server.conftest import Ask

pytestmark = pytest.mark.slow


@pytest.fixture
def records(root: Path) -> str:
    """The name of a file with 2,500 records below the root, every fifth of them bad."""
    rows = [{"x": number} if number % 5 else {"z": number} for number in range(2_500)]
    (root / "in.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "in.json"


async def ended(ask: Ask, job: str) -> dict[str, Any]:
    """Return a job when it has ended, asked for again and again as a sidebar does."""
    shown: dict[str, Any] = {"progress": {}}
    while shown["progress"] is not None:
        await asyncio.sleep(0.1)
        _, shown = await ask("GET", f"jobs/{job}")
    return shown


async def test_a_job_is_submitted_followed_and_read(ask: Ask, model: str, records: str) -> None:
    """The whole way of a job, as the sidebar goes it (issue 6)."""
    status, job = await ask(
        "POST",
        "jobs",
        {"kind": "batch", "model": model, "inputs": [{"path": records}], "output": "out.json"},
    )
    shown = await ended(ask, job["id"])
    _, listed = await ask("GET", f"jobs?model={model}&kind=batch&state=done")
    _, page = await ask("GET", f"jobs/{job['id']}/records?offset=1999&limit=5")
    _, bad = await ask("GET", f"jobs/{job['id']}/errors?offset=499&limit=5")
    _, groups = await ask("GET", f"jobs/{job['id']}/errors/groups")
    _, document = await ask("GET", f"jobs/{job['id'][:8]}/document")
    _, metrics = await ask("GET", f"jobs/{job['id']}/metrics")

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
    ask: Ask, model: str, records: str
) -> None:
    """Its content may be personal (issue 5)."""
    _, job = await ask(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": records}]}
    )
    await ended(ask, job["id"])
    _, bad = await ask("GET", f"jobs/{job['id']}/errors?limit=1&records=true")

    assert json.loads(bad["rows"][0]["record"]) == {"z": 0}


async def test_a_log_is_followed_from_its_cursor(ask: Ask, model: str, records: str) -> None:
    """Nothing is sent twice, and together it is the log."""
    _, job = await ask(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": records}]}
    )
    lines: list[str] = []
    part: dict[str, Any] = {"cursor": "0-0", "is_done": False}
    while not part["is_done"]:
        _, part = await ask("GET", f"jobs/{job['id']}/log?cursor={part['cursor']}")
        lines += part["lines"]
        await asyncio.sleep(0.05)
    _, again = await ask("GET", f"jobs/{job['id']}/log")

    assert lines == again["lines"]
    assert lines


async def test_a_running_job_is_seen_and_stopped(
    ask: Ask, workspace: Workspace, root: Path
) -> None:
    """Running ones have live progress and a Stop button (issue 6)."""
    (root / "slow.py").write_text(
        "import time\n# modelop.score\ndef score(r):\n    print(r)\n    time.sleep(0.2)\n    yield r\n"
    )
    (root / "in.json").write_text("1\n" * 1000)
    workspace.register("slow", root / "slow.py")
    _, job = await ask(
        "POST", "jobs", {"kind": "batch", "model": "slow", "inputs": [{"path": "in.json"}]}
    )
    rows: list[Any] = []
    while not (rows and rows[0]["progress"]["phase"] == "running"):
        await asyncio.sleep(0.1)
        _, page = await ask("GET", "jobs?state=running")
        rows = page["rows"]
    refused, problem = await ask("DELETE", "models/slow")
    status, stopped = await ask("POST", f"jobs/{job['id']}/cancel")

    assert [row["record"]["id"] for row in rows] == [job["id"]]
    assert (refused, problem["code"]) == (409, "conflict")
    assert (status, stopped["status"]) == (200, "CANCELLED")


async def test_an_asset_is_the_input(
    ask: Ask, model: str, workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    """Test data among the assets is chosen without a file; it is the asset's bytes that count."""
    (root / "test_data.json").write_text('{"x": 21}\n')
    workspace.asset_add(model, root / "test_data.json")
    (root / "test_data.json").write_text('{"x": 0}\n')
    _, job = await ask(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"asset": "test_data.json"}]}
    )
    await ended(ask, job["id"])
    _, page = await ask("GET", f"jobs/{job['id']}/records")

    assert page["rows"] == [{"y": 42}]


async def test_a_job_is_run_again(ask: Ask, model: str, records: str) -> None:
    """A rerun says in what it differs from the first run."""
    _, job = await ask(
        "POST", "jobs", {"kind": "batch", "model": model, "inputs": [{"path": records}]}
    )
    await ended(ask, job["id"])
    status, second = await ask("POST", f"jobs/{job['id']}/rerun")
    shown = await ended(ask, second["id"])
    _, third = await ask("POST", f"jobs/{job['id']}/retry", {"failed": True})

    assert (status, shown["record"]["counts"]["failed"]) == (201, 500)
    assert isinstance(shown["differences"], list)
    assert third["id"] != job["id"]


@pytest.mark.parametrize(
    ("wish", "status", "code"),
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
    ask: Ask, model: str, records: str, wish: dict[str, Any], status: int, code: str
) -> None:
    """Before anything is recorded."""
    whole = {"kind": "batch", "model": model, "inputs": [{"path": records}], **wish}
    found, problem = await ask("POST", "jobs", whole)
    _, page = await ask("GET", "jobs")

    assert (found, problem["code"], page["total"]) == (status, code, 0)


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        ({}, "%modelop batch churn in.json"),
        ({"output": "out"}, "%modelop batch churn in.json -o ./out"),
        ({"inputs": [{"path": "data/a b.csv"}]}, "%modelop batch churn 'data/a b.csv'"),
        ({"inputs": [{"path": "data/a.csv"}], "folder": "data"}, "%modelop batch churn a.csv"),
        ({"folder": "notebooks"}, "%modelop batch churn ../in.json"),
        ({"max_errors": {"percent": 5}}, "%modelop batch churn in.json --max-errors 5%"),
        (
            {"timeout": 1.5, "workers": "auto", "record_timeout": 20, "memory": 2_000_000},
            "%modelop batch churn in.json --timeout 1.5 --workers auto --record-timeout 20"
            " --memory 2000000",
        ),
        (
            {"parameters": {"a": 1, "b": "1", "c": "x y", "d": [None]}},
            "%modelop batch churn in.json --param a=1 --param 'b=\"1\"' --param 'c=x y'"
            " --param d=[null]",
        ),
        (
            {"kind": "metrics", "model": "monitor@2", "reference": "churn"},
            "%modelop metrics monitor@2 in.json --reference churn",
        ),
    ],
)
async def test_a_form_is_told_as_a_magic(ask: Ask, wish: dict[str, Any], line: str) -> None:
    """What the dialog does can be inserted as a cell (issue 6)."""
    whole = {"kind": "batch", "model": "churn", "inputs": [{"path": "in.json"}], **wish}
    status, made = await ask("POST", "lines", whole)

    assert (status, made) == (200, {"line": line})
    parse(shlex.split(line)[1:], program="%modelop")


async def test_a_metrics_result_is_read_as_charts_and_tables(ask: Ask, root: Path) -> None:
    """Each part has its Vega-Lite chart, and a table of its numbers for whom it says nothing (issue 6)."""
    (root / "monitor.py").write_text(
        "# modelop.metrics\n"
        "def metrics(data):\n"
        "    yield {'rows': len(data), 'age_PSI': 0.3, 'income_PSI': 0.1, 'note': '<img src=x>'}\n"
    )
    (root / "in.json").write_text('{"x": 1}\n')
    await ask("POST", "models", {"name": "monitor", "path": "monitor.py"})
    wish = {"kind": "metrics", "model": "monitor", "inputs": [{"path": "in.json"}]}
    _, job = await ask("POST", "jobs", wish)
    await ended(ask, job["id"])
    _, page = await ask("GET", f"jobs/{job['id']}/views")
    _, second = await ask("GET", f"jobs/{job['id']}/views?offset=1&limit=1")

    drawn = next(row for row in page["rows"] if row["charts"])
    assert drawn["charts"][0]["$schema"].endswith("vega-lite/v5.json")
    assert "0.3" in drawn["numbers"]
    assert "&lt;img src=x&gt;" in "".join(row["html"] for row in page["rows"])
    assert second["rows"] == page["rows"][1:2]
