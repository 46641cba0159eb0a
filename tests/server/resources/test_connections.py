"""Queries of databases as inputs, over HTTP."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.server.conftest import ApiCall, ended


@pytest.fixture
def database(root: Path) -> str:
    """The address of a database with the table ``numbers``, and a query of it in the root."""
    path = root / "numbers.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table numbers (x int)")
        connection.execute("insert into numbers values (1), (2)")
    connection.close()
    (root / "all.sql").write_text("select x from numbers order by x")
    return f"sqlite:///{path}"


async def test_the_names_of_databases_are_listed_without_their_addresses(
    api: ApiCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of a job suggests them (issue 14)."""
    monkeypatch.setenv("MODELOP_CONNECTION_SHOP", "postgresql://me:secret@db/shop")
    status, names = await api("GET", "connections")

    assert (status, names) == (200, ["shop"])


@pytest.mark.slow
async def test_the_rows_of_a_query_are_an_input(
    api: ApiCall, model: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--connection` has it (issue 14)."""
    monkeypatch.setenv("MODELOP_CONNECTION_NUMBERS", database)
    body = {"kind": "batch", "model": model, "inputs": [{"path": "all.sql"}]}
    _, job = await api("POST", "jobs", {**body, "connection": "numbers"})
    await ended(api, job["id"])
    _, page = await api("GET", f"jobs/{job['id']}/records")

    assert page["rows"] == [{"y": 2}, {"y": 4}]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({}, 422, "input all.sql: is a query, and no connection to a database is named"),
        ({"connection": "nmbers"}, 404, "no connection named 'nmbers'"),
    ],
)
async def test_a_query_without_its_database_is_refused(
    api: ApiCall,
    model: str,
    fields: dict[str, str],
    status: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the words of the magic, and nothing is recorded."""
    monkeypatch.setenv("MODELOP_CONNECTION_NUMBERS", "sqlite:///numbers.db")
    body = {"kind": "batch", "model": model, "inputs": [{"path": "all.sql"}], **fields}
    actual, problem = await api("POST", "jobs", body)
    _, page = await api("GET", "jobs")

    assert (actual, page["total"]) == (status, 0)
    assert problem["message"].startswith(sentence)
    assert "numbers" in problem["hint"]
