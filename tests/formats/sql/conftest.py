"""A database with a table ``people``, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelop_jupyter.formats.sql.address import Query
from tests.postgres import Postgres

_ROWS = "(3, 'Zoë', 61, null), (1, 'Ann', 35, 0.5), (4, 'Bo', 12, 2.25), (2, 'a:b %s', 35, -1)"


@dataclass(frozen=True)
class Database:
    """The address of a database of the test's own."""

    url: str

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def query(self, text: str, *, key: str | None = None) -> Query:
        return Query("people", self.url, text, key)


@pytest.fixture
def postgresql(postgres: Postgres) -> Database:
    """An empty database of PostgreSQL."""
    return Database(postgres.new())


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the table ``people``."""
    made = (
        Database(f"sqlite:///{tmp_path / 'people.db'}")
        if request.param == "sqlite"
        else request.getfixturevalue("postgresql")
    )
    made.run(
        "create table people (id integer primary key, name text, age integer, score float)",
        f"insert into people values {_ROWS.replace('%', '%%') if made.url.startswith('p') else _ROWS}",
    )
    yield made
