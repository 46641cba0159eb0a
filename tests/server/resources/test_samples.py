"""A model's first run over HTTP: its test data, or a form in which records are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE

SCORE = "# modelop.score\ndef score(record):\n    return {'y': record['x'] * 2}\n"
SCHEMA = {
    "type": "record",
    "name": "customer",
    "fields": [
        {"name": "x", "type": "double"},
        {"name": "age", "type": ["null", "int"], "default": None},
        {"name": "plan", "type": {"type": "enum", "name": "plan", "symbols": ["a", "b"]}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "active", "type": "boolean", "default": True},
    ],
}


def register(workspace: Workspace, root: Path, *files: str) -> None:
    (root / "churn.py").write_text(SCORE)
    assets = [root / file for file in files]
    workspace.register("churn", root / "churn.py", assets=assets)


async def test_test_data_is_named(api: ApiCall, root: Path, workspace: Workspace) -> None:
    """A first run needs nothing typed then."""
    (root / "test_data.json").write_text('{"x": 1}\n')
    register(workspace, root, "test_data.json")
    status, sample = await api("POST", "models/churn/sample", {})

    assert (status, sample["test_data"]) == (200, "test_data.json")


async def test_a_schema_makes_the_fields(api: ApiCall, root: Path, workspace: Workspace) -> None:
    """With their types, what may be null, and the defaults as the first values (issue 15)."""
    (root / "input_schema.avsc").write_text(json.dumps(SCHEMA))
    register(workspace, root, "input_schema.avsc")
    _, sample = await api("POST", "models/churn/sample", {})
    form = sample["form"]

    assert (form["origin"], form["name"]) == ("schema", "input_schema.avsc")
    assert form["fields"] == [
        {"name": "x", "kind": "number", "is_nullable": False},
        {"name": "age", "kind": "integer", "is_nullable": True},
        {"name": "plan", "kind": "text", "is_nullable": False, "choices": ["a", "b"]},
        {"name": "tags", "kind": "json", "is_nullable": False},
        {"name": "active", "kind": "boolean", "is_nullable": False},
    ]
    assert form["records"] == [{"age": None, "active": True}]


async def test_a_data_frame_makes_the_fields(
    api: ApiCall, root: Path, workspace: Workspace
) -> None:
    """Of the columns that the source names, of the frame that has them; its rows are the values."""
    register(workspace, root)
    tables = [
        {"name": "other", "records": [{"z": 1}]},
        {"name": "df", "records": [{"id": 7, "x": 1.5}, {"id": 8, "x": None}]},
    ]
    _, sample = await api("POST", "models/churn/sample", {"tables": tables})

    assert sample["test_data"] is None
    assert sample["form"] == {
        "origin": "table",
        "name": "df",
        "fields": [{"name": "x", "kind": "number", "is_nullable": True}],
        "records": [{"x": 1.5}, {"x": None}],
    }


async def test_without_a_schema_or_a_data_frame_a_record_is_json(
    api: ApiCall, root: Path, workspace: Workspace
) -> None:
    """There is nothing that names the fields."""
    register(workspace, root)
    _, sample = await api("POST", "models/churn/sample", {})

    assert sample["form"] == {"origin": "none", "name": "", "fields": [], "records": [{}]}


@pytest.mark.slow
async def test_typed_records_are_scored(api: ApiCall, root: Path, workspace: Workspace) -> None:
    """They are an input of a job like any other."""
    register(workspace, root)
    body = {"kind": "batch", "model": "churn", "inputs": [{"records": [{"x": 2}, {"x": 5}]}]}
    status, made = await api("POST", "jobs", body)
    job = workspace.job(made["id"])
    job.wait(PATIENCE)

    assert status == 201
    assert list(job.records()) == [{"y": 4}, {"y": 10}]


async def test_more_records_than_a_form_has_are_refused(
    api: ApiCall, root: Path, workspace: Workspace
) -> None:
    """Files are for them; and a line names none at all."""
    register(workspace, root)
    body = {"kind": "batch", "model": "churn", "inputs": [{"records": [{"x": 1}] * 6}]}
    many, _ = await api("POST", "jobs", body)
    body["inputs"] = [{"records": [{"x": 1}]}]
    line, _ = await api("POST", "lines", body)

    assert (many, line) == (400, 400)


async def test_the_code_for_a_kernel_runs_in_any_python(api: ApiCall, tmp_path: Path) -> None:
    """Without this package, and without a trace among the user's names (issue 15)."""
    _, code = await api("GET", "kernel-code")
    script = tmp_path / "kernel.py"
    script.write_text(
        "import json\n"
        f"before = set(globals()) | {{'before', 'python', 'tables'}}\n"
        f"python = eval({code['python']!r})._repr_json_()\n"
        f"tables = eval({code['tables']!r})._repr_json_()\n"
        "print(json.dumps([python, tables, sorted(set(globals()) - before)]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-I", script], capture_output=True, text=True, check=True
    )
    python, tables, names = json.loads(ran.stdout)

    assert python["executable"] == sys.executable
    assert (tables, names) == ([], [])
