"""Queries of databases as inputs of jobs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelop_jupyter import Workspace
from modelop_jupyter.display import text
from modelop_jupyter.domain.queries import QueryRead, ReadingStep
from modelop_jupyter.domain.reports import Step
from modelop_jupyter.errors import ConnectionNotFoundError, InputError, InvalidError
from modelop_jupyter.settings import connection_names
from tests.postgres import Postgres
from tests.waiting import wait_until

from .jobs import when_supervisors_are_gone

pytestmark = pytest.mark.slow

PASSWORD = "s3cret-w0rd"
_ADDRESS = "sqlite:///numbers.db?query="


@dataclass(frozen=True)
class Server:
    """A database of PostgreSQL with a table ``numbers``, whose user needs a password."""

    url: str
    admin: str
    public: str

    def run(self, statement: str) -> list[tuple[object, ...]]:
        engine = sa.create_engine(self.admin, poolclass=sa.NullPool)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture
def server(postgres: Postgres) -> Iterator[Server]:
    admin = postgres.new()
    postgres.require_password("reader")
    found = Server(
        admin.replace("modelop@", f"reader:{PASSWORD}@"), admin, admin.replace("modelop@", "")
    )
    found.run(f"create user reader password '{PASSWORD}'")
    found.run(
        "create table numbers as select n as x, n * 1.5 as half from generate_series(1, 300) n"
    )
    found.run("grant select on numbers to reader")
    yield found
    found.run("drop owned by reader")
    found.run("drop user reader")


@pytest.fixture
def numbers(workspace: Workspace) -> Path:
    """An SQLite database with a table ``numbers`` of ``x`` from 1 to 300."""
    engine = sa.create_engine("sqlite:///numbers.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "create table numbers as with recursive n(x) as"
            " (select 1 union all select x + 1 from n where x < 300) select x from n"
        )
    return Path("numbers.db")


def test_the_rows_of_an_address_are_scored_in_the_order_of_the_key(
    workspace: Workspace, model: str, numbers: Path
) -> None:
    """Issue 14: and the job tells what was asked of which database."""
    address = _ADDRESS + "SELECT x FROM numbers WHERE x % 100 = 1 ORDER BY x DESC&key=x"
    job = workspace.batch(model, address).wait(300)
    shown = text(workspace.job(job.id).record)

    assert list(job.records()) == [{"y": 2}, {"y": 202}, {"y": 402}]
    assert job.record.inputs[0].query == QueryRead(
        "sqlite:///numbers.db", "SELECT x FROM numbers WHERE x % 100 = 1 ORDER BY x DESC", 3, "x"
    )
    assert "(3 rows of sqlite:///numbers.db, in the order of x)" in shown
    assert "3 rows of sqlite:///numbers.db were read" in job.log()


def test_several_workers_and_a_limit_apply_to_rows(
    workspace: Workspace, model: str, numbers: Path
) -> None:
    """They are lines in a file of the job; only as many are read as are scored."""
    address = _ADDRESS + "SELECT x FROM numbers&key=x"
    shared = workspace.batch(model, address, workers=2).wait(300)
    limited = workspace.batch(model, address, limit=5).wait(300)

    assert [record["y"] for record in shared.records()] == list(range(2, 602, 2))
    assert shared.plan.workers.count == 2
    assert limited.record.inputs[0].query is not None
    assert (limited.record.inputs[0].query.rows, limited.counts.scored) == (5, 5)


def test_a_metrics_function_gets_a_frame_of_a_named_database(
    workspace: Workspace, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a .sql file beside the notebook or among the assets; the types are those of the database."""
    monkeypatch.setenv("MODELOP_CONNECTION_TEAM_LAKE", server.url)
    Path("requirements.txt").write_text("pandas")
    Path("m").mkdir()
    Path("m/requirements.txt").write_text("pandas\n")
    Path("m/late.sql").write_text("-- modelop.key: x\nselect *, now() as at from numbers;\n")
    Path("m/code.py").write_text(
        "# modelop.metrics\ndef metrics(frame):\n"
        "    yield {'types': [str(t) for t in frame.dtypes], 'rows': len(frame), 'sum': float(frame.half.sum())}\n"
    )
    workspace.register("m", "m", source="code.py")
    own = workspace.metrics("m", "late.sql", connection="team-lake").wait(300)
    Path("late.sql").write_text("select x, half from numbers where x < 3")
    other = workspace.metrics("m", "late.sql", connection="TEAM_LAKE").wait(300)

    assert own.metrics is not None, own.log()
    assert own.metrics["rows"] == 300
    assert own.metrics["types"][:2] == ["int64", "float64"]
    assert own.metrics["types"][2].endswith(", UTC]")
    assert own.metrics["sum"] == 300 * 301 / 2 * 1.5
    assert other.metrics["rows"] == 2


def test_a_password_is_in_nothing_that_a_job_leaves(
    workspace: Workspace, model: str, server: Server
) -> None:
    """Neither plan nor log, registry, result or what is shown; nor in an error."""
    job = workspace.batch(model, f"{server.url}&query=select x from numbers").wait(300)
    with pytest.raises(InputError) as caught:
        workspace.batch(model, f"{server.url}&query=select y from numbers")
    when_supervisors_are_gone(workspace)
    files = [path for path in workspace.settings.home.rglob("*") if path.is_file()]
    holders = [path for path in files if PASSWORD.encode() in path.read_bytes()]

    assert job.counts.scored == 300
    assert job.record.inputs[0].query is not None
    assert job.record.inputs[0].query.address == server.public
    assert holders == []
    assert any(b"select x from numbers" in path.read_bytes() for path in files)
    assert PASSWORD not in f"{caught.value}{caught.value!r}{text(job.record)}{job.log()}"


def test_a_job_goes_on_without_the_database(
    workspace: Workspace, model: str, numbers: Path
) -> None:
    """Retries and reruns score the rows that were read."""
    first = workspace.batch(model, _ADDRESS + "SELECT x FROM numbers&key=x").wait(300)
    numbers.unlink()
    again = workspace.job_rerun(first.id).wait(300)

    assert first.output is not None and again.output is not None
    assert again.output.read_bytes() == first.output.read_bytes()
    assert again.record.inputs[0].query == first.record.inputs[0].query


def test_ctrl_c_while_rows_are_read_leaves_nothing(
    workspace: Workspace, model: str, server: Server
) -> None:
    """Neither a job nor its folder, nor a query that goes on in the database."""
    slow = f"{server.url}&query=select n as x, pg_sleep(0.1) from generate_series(1, 3000) n"
    asked = "select count(*) from pg_stat_activity where usename = 'reader' and starts_with(query, 'FETCH')"

    connected = "select count(*) from pg_stat_activity where usename = 'reader'"

    has_ended = threading.Event()

    def press() -> None:
        while server.run(asked) == [(0,)]:
            if has_ended.wait(0.01):
                return
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            workspace.batch(model, slow)
    finally:
        has_ended.set()
        thread.join()

    assert workspace.jobs() == []
    assert list(workspace.settings.jobs.iterdir()) == []
    # The server notices that a client has gone when it gets to it.
    wait_until(lambda: server.run(connected) == [(0,)])


@pytest.mark.parametrize(
    ("word", "connection", "error", "sentence"),
    [
        (_ADDRESS + "SELECT x FROM numbers WHERE x < 0", None, InputError, "input sqlite:///numbers.db: the query returns no rows"),
        ("ask.sql", "lakee", ConnectionNotFoundError, "no connection named 'lakee'. Did you mean 'lake'?"),
        ("ask.sql", "river", ConnectionNotFoundError, "Known connections: lake; or set MODELOP_CONNECTION_RIVER to its address"),
        ("ask.sql", None, InputError, "input ask.sql: is a query, and no connection to a database is named. Add --connection lake."),
        ("ask.json", "lake", InvalidError, "--connection lake: no input is a .sql file"),
        ("ask.sql", "bad", InputError, "input ask.sql: MODELOP_CONNECTION_BAD is not the address of a database"),
        ("nosuch.sql", "lake", InputError, "input nosuch.sql: no such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_sentence(
    workspace: Workspace,
    model: str,
    numbers: Path,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    connection: str | None,
    error: type[Exception],
    sentence: str,
) -> None:
    """Before a job is on record, and nothing is left of it."""
    monkeypatch.setenv("MODELOP_CONNECTION_LAKE", "sqlite:///numbers.db")
    if connection == "bad":
        monkeypatch.setenv("MODELOP_CONNECTION_BAD", "s3cret")
    Path("ask.sql").write_text("select x from numbers")
    with pytest.raises(error) as caught:
        workspace.batch(model, word, connection=connection)

    assert sentence in str(caught.value)
    assert workspace.jobs() == []
    assert not workspace.settings.jobs.exists() or list(workspace.settings.jobs.iterdir()) == []


def test_progress_is_told_while_rows_are_read(
    workspace: Workspace, model: str, numbers: Path
) -> None:
    """The cell or terminal shows it in a line."""
    steps: list[Step] = []
    with Workspace(workspace.settings, progress=steps.append) as watched:
        watched.batch(model, _ADDRESS + "SELECT x FROM numbers").wait(300)

    assert steps[0] == ReadingStep("sqlite:///numbers.db", 0, 0.0)
    assert text(steps[0]).split() == ["input", "sqlite:///numbers.db", "reading", "0", "rows"]


def test_a_schema_is_inferred_from_a_query(workspace: Workspace, model: str, numbers: Path) -> None:
    """As from any other input."""
    schema = workspace.schema_infer(model, _ADDRESS + "SELECT x FROM numbers")

    assert [field["name"] for field in schema["fields"]] == ["x"]


def test_connections_are_named_by_the_environment() -> None:
    """An empty variable is none."""
    variables = {
        "MODELOP_CONNECTION_B": "x",
        "MODELOP_CONNECTION_A_B": "y",
        "MODELOP_CONNECTION_C": "",
    }

    assert connection_names(variables) == ["a_b", "b"]
