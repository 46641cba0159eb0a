"""Queries of real databases: what is asked, what is refused, and in what words."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql import connect
from modelop_jupyter.formats.sql import open_query as open_query_module
from modelop_jupyter.formats.sql.address import Query
from modelop_jupyter.formats.sql.open_query import open_query
from tests.ports import free_port
from tests.postgres import Postgres

from .conftest import Database


def read(query: Query) -> list[tuple[object, ...]]:
    with open_query(query) as opened:
        return [tuple(row) for row in opened.rows()]


def refusal(query: Query) -> str:
    with pytest.raises(InputError) as caught:
        read(query)
    return str(caught.value)


def test_rows_come_in_the_order_of_the_query(database: Database) -> None:
    """Without a key; percent signs and colons are no parameters."""
    query = database.query("select name, age from people where name <> '%s :x' order by age, id;")

    assert read(query) == [("Bo", 12), ("Ann", 35), ("a:b %s", 35), ("Zoë", 61)]


def test_rows_come_in_the_order_of_the_key(database: Database) -> None:
    """Whatever order the query gives; a comment at its end hides nothing."""
    query = database.query(
        "select name, id from people where name <> '%:x' order by age -- old", key="ID"
    )

    assert [row[1] for row in read(query)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [
        ("select *\nfrom nosuch", None, "(line 2: from nosuch)"),
        ("select id,\n  agee\nfrom people", None, "(line 2: agee)"),
        ("select id\nfrm people", None, "(line 2: frm people)"),
        ("select id, age as id from people", "id", "returns 2 columns called 'id'"),
        ("select id,\n  agee\nfrom people", "id", "(line 2: agee)"),
        ("select id, age as id from people", None, "returns 2 columns called 'id'"),
        ("select id, age from people", "idd", "returns no column 'idd' that could be the key. Did you mean 'id'?"),
        ("select id, age from people", "city", "Its columns are id, age"),
        ("select id, score from people", "score", "some rows have no value in the key 'score'"),
        ("update people set age = 1", None, "the query is not a SELECT: it begins with 'UPDATE'"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_one_sentence(
    database: Database, text: str, key: str | None, sentence: str
) -> None:
    """With the database's own message, and the line of the query."""
    said = refusal(database.query(text, key=key))

    assert said.startswith("input people: ")
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "text",
    [
        "with gone as (delete from people returning id) select * from gone",
        "select id into others from people",
        "select nextval('numbers')",
        "select id from people for update",
    ],
)
def test_postgresql_refuses_whatever_would_write(postgresql: Database, text: str) -> None:
    """The transaction is read-only, so that nothing depends on how we read SQL."""
    postgresql.run(
        "create sequence numbers",
        "create table people (id integer)",
        "insert into people values (1)",
    )

    assert "the database refuses the query" in refusal(postgresql.query(text))
    assert read(postgresql.query("select count(*) from people")) == [(1,)]
    assert read(postgresql.query("select is_called from numbers")) == [(False,)]


def test_a_query_may_fail_at_a_row(postgresql: Database) -> None:
    """Long after it began."""
    said = refusal(postgresql.query("select 1 / (5000 - n) from generate_series(1, 9000) n"))

    assert said == "input people: the database refuses the query: division by zero."


def test_no_file_is_made_for_a_database_that_is_not_there(tmp_path: Path) -> None:
    """SQLite would create an empty one."""
    path = tmp_path / "nosuch.db"

    assert "no such file" in refusal(Query("q", f"sqlite:///{path}", "select 1"))
    assert not path.exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql+psycopg2://ann:s3cret@h/d", "the driver psycopg2 of postgresql is not installed. pip install 'psycopg2-binary'"),
        ("oracle://ann:s3cret@h/d", "the driver oracledb of oracle is not installed. pip install 'oracledb'"),
        ("snowfall://ann:s3cret@h/d", "SQLAlchemy knows no database 'snowfall'"),
        ("sqlite://", "a database in memory has no rows"),
    ],
)  # fmt: skip
def test_a_driver_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    """Before anything is sent."""
    for module in ("psycopg2", "oracledb"):
        monkeypatch.setitem(sys.modules, module, None)
    said = refusal(Query("q", url, "select 1"))

    assert sentence in said
    assert "s3cret" not in said


def test_a_database_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five seconds; here a port that takes connections and says nothing."""
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"postgresql+psycopg://ann:s3cret@127.0.0.1:{server.getsockname()[1]}/d"
        said = refusal(Query("q", url, "select 1"))
        # The thread that still waits ends with the connection.
        server.accept()[0].close()

    assert "the database does not answer within 0.3 s" in said


def test_a_port_where_nothing_listens_is_told() -> None:
    """At once, without the password."""
    said = refusal(Query("q", f"postgresql://ann:s3cret@127.0.0.1:{free_port()}/d", "select 1"))

    assert "the database cannot be opened (" in said
    assert "Check host, port and the database's name" in said
    assert "s3cret" not in said


def test_a_wrong_password_is_told(postgres: Postgres, postgresql: Database) -> None:
    """In the server's words, and without it."""
    postgresql.run("create user ann password 'right'")
    postgres.require_password("ann")
    url = postgresql.url.replace("modelop@", "ann:s3cret@")
    said = refusal(Query("q", url, "select 1"))

    assert 'password authentication failed for user "ann"' in said
    assert "Check user and password" in said
    assert "s3cret" not in said


def test_ctrl_c_is_heard_while_sqlite_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine never returns to Python here."""
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.run("create table t (a)")
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    execute = open_query_module._execute

    def execute_and_interrupt(*arguments: Any) -> Any:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        return execute(*arguments)

    monkeypatch.setattr(open_query_module, "_execute", execute_and_interrupt)

    with pytest.raises(KeyboardInterrupt):
        read(database.query(endless))


@pytest.mark.parametrize("key", [None, "x"])
def test_a_query_is_computed_once(
    postgres: Postgres, postgresql: Database, key: str | None
) -> None:
    """What it takes to its first row may be all there is to do."""
    postgresql.run(
        "create function compute(text) returns int language plpgsql as"
        " $$ begin raise log 'computed %%', $1; return 1; end $$",
    )
    read(postgresql.query(f"select compute('{key}') as x union all select 2", key=key))

    assert (postgres.folder / "log").read_text().count(f"computed {key}\n") == 1
