"""``batch … --try N``: a card before a big run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import InvalidError, JobFailedError

from .jobs import numbers, register

pytestmark = pytest.mark.slow


def test_records_come_from_all_over_the_input(workspace: Workspace) -> None:
    """Issue 14: not from its beginning, where records may be of one kind."""
    model = register(workspace, "return r")

    trial = workspace.jobs.trial(model, [numbers(1000)], 10)
    scored = [record["x"] for record in workspace.job(trial.job).records()]

    assert trial.records == len(scored) == 10
    assert [x // 100 for x in scored] == list(range(10))
    assert trial.is_spread
    assert trial.total == pytest.approx(1000, rel=0.05)


def test_bad_records_are_counted_by_kind_and_the_rest_is_estimated(workspace: Workspace) -> None:
    """Issue 14: seconds per record, memory, rate of bad records, time on each engine."""
    model = register(workspace, "time.sleep(0.01)\n1 / (r['x'] % 2)\nreturn r")
    numbers(100)
    with Path("in.json").open("a") as file:
        file.write("no JSON\n" * 100)

    trial = workspace.jobs.trial(model, "in.json", 20)

    assert trial.record_seconds > 0.004
    assert trial.memory is None or trial.memory > 1_000_000
    assert set(trial.bad) == {"model", "input encoding"}
    one, *_ = trial.engines
    assert (one.engine, one.runners) == ("local", 1)
    assert trial.total == pytest.approx(200, rel=0.1)
    assert one.seconds == pytest.approx(
        trial.start_seconds + (trial.total or 0) * trial.record_seconds
    )


def test_rows_of_csv_may_span_lines(workspace: Workspace, tmp_path: Path) -> None:
    """Issue 14: each row of the sample is a row of the input."""
    model = register(workspace, "return r")
    path = tmp_path / "in.csv"
    path.write_text("x,text\n" + "".join(f'{n},"a\nb ""{n}"""\n' for n in range(300)))

    trial = workspace.jobs.trial(model, path, 12)
    scored = list(workspace.job(trial.job).records())

    assert (trial.records, trial.is_spread) == (12, True)
    assert [record["text"] for record in scored] == [f'a\nb "{record["x"]}"' for record in scored]


def test_a_lone_quote_is_no_beginning_of_a_quoted_cell(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Issue 14: rows of a sample are told apart as the runner does."""
    model = register(workspace, "return r")
    path = tmp_path / "in.csv"
    path.write_text("x,pipe\n" + "".join(f'{n},5" wide\n' for n in range(300)))

    trial = workspace.jobs.trial(model, path, 12)

    assert (trial.records, trial.is_spread) == (12, True)
    assert trial.total == pytest.approx(300, rel=0.05)


def test_of_csv_that_is_not_plain_the_first_rows_are_taken(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Issue 14: a first line such as sep=; is no header."""
    path = tmp_path / "in.csv"
    path.write_text("sep=;\nx;y\n" + "1;2\n" * 20)

    trial = workspace.jobs.trial(register(workspace, "return r"), path, 5)

    assert (trial.records, trial.is_spread, dict(trial.bad)) == (5, False, {})


def test_of_a_variable_the_first_records_are_taken(workspace: Workspace) -> None:
    """Issue 14: any input can be tried; what is no file of lines is not read for it."""
    trial = workspace.jobs.trial(register(workspace, "return r"), [{"x": n} for n in range(50)], 5)

    assert (trial.records, trial.is_spread, trial.total) == (5, False, None)


def test_a_model_that_fails_has_no_card(workspace: Workspace) -> None:
    """Issue 14: the error is that of the job."""
    with pytest.raises(JobFailedError, match="nothing"):
        workspace.jobs.trial(
            register(workspace, "return r", before="import nothing"), [{"x": 1}], 5
        )


def test_several_inputs_are_refused(workspace: Workspace) -> None:
    """Issue 14: an estimate is of one input."""
    with pytest.raises(InvalidError, match="--try takes one input"):
        workspace.jobs.trial(register(workspace, "return r"), [numbers(3), "in.json"], 2)


def test_an_engine_that_there_is_not_is_refused_before_a_job_is_made(workspace: Workspace) -> None:
    """Issue 14: nobody waits for a trial that cannot end."""
    with pytest.raises(InvalidError, match="there is no engine 'dsak'"):
        workspace.jobs.trial(register(workspace, "return r"), numbers(3), 2, engine="dsak")

    assert workspace.jobs() == []


def test_rows_of_a_connection_are_tried(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 14: any input can be tried."""
    with closing(sqlite3.connect("shop.db")) as database:
        database.execute("create table orders as select 1 as id union select 2 union select 3")
    monkeypatch.setenv("MODELOP_CONNECTION_SHOP", f"sqlite:///{Path('shop.db').absolute()}")
    Path("orders.sql").write_text("-- modelop.key: id\nselect * from orders")

    trial = workspace.jobs.trial(
        register(workspace, "return r"), "orders.sql", 2, connection="shop"
    )

    assert (trial.records, trial.is_spread) == (2, False)


def test_the_limits_of_a_record_hold_for_a_trial(workspace: Workspace) -> None:
    """Issue 14: a record that hangs would let a trial hang."""
    model = register(workspace, "time.sleep(600 if r['x'] == 1 else 0)\nreturn r")

    trial = workspace.jobs.trial(model, numbers(3), 3, record_timeout=10)

    assert (trial.records, sum(trial.bad.values())) == (3, 1)
