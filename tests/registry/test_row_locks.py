"""Where writers do not queue as SQLite's do, those of one model wait for its row (issue 11)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.registry import Registry
from modelop_jupyter.registry.queries import exact_job
from modelop_jupyter.registry.writes import change_job, give_lock
from tests.postgres import Postgres
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Postgres) -> str:
    """An empty PostgreSQL database: all fixtures of this folder use it."""
    return postgres.new()


@pytest.fixture
def other(url: str, home: Path) -> Iterator[Registry]:
    """Another process's view of the registry."""
    with Registry.open(url, home) as opened:
        yield opened


def wait_for_a_waiting_one(registry: Registry) -> None:
    """Return when a connection waits for what another one holds."""
    waiting = "select count(*) from pg_locks where not granted"
    with registry._database.reading() as connection:
        while not connection.exec_driver_sql(waiting).scalar_one():
            connection.rollback()


def test_two_that_give_a_lock_at_once_are_told_the_same(churn, other):
    """The second was told its own lock, which nobody had."""
    snapshot = churn.get_snapshot("churn")
    with ThreadPoolExecutor(1) as pool, churn._database.writing() as connection:
        first = give_lock(connection, snapshot, "sha256:first")
        second = pool.submit(other.set_lock, snapshot, "sha256:second")
        wait_for_a_waiting_one(churn)
        connection.commit()
        answers = (first, second.result(PATIENCE))

    assert answers == ("sha256:first", "sha256:first")


def test_a_job_that_ends_twice_at_once_keeps_its_first_end(churn, other, make):
    """The second process looks at the job when the first has written."""
    churn.add_job(make.job("job-1"))
    with ThreadPoolExecutor(1) as pool, churn._database.writing() as connection:
        change_job(
            connection, exact_job(connection, "job-1"), make.job("job-1", status=JobStatus.COMPLETE)
        )
        late = pool.submit(other.finish_job, make.job("job-1", status=JobStatus.CANCELLED))
        wait_for_a_waiting_one(churn)
        connection.commit()
        is_changed = late.result(PATIENCE)

    assert not is_changed
    assert churn.get_job("job-1").status is JobStatus.COMPLETE


def test_two_homes_make_the_tables_of_one_database(url, tmp_path):
    """The file lock of a home does not keep out another home's processes."""
    with ThreadPoolExecutor(4) as pool, ExitStack() as registries:
        opening = [
            pool.submit(Registry.open, url, tmp_path / f"home-{number}") for number in range(4)
        ]
        opened = [registries.enter_context(each.result()) for each in opening]
        names = [registry.model_names() for registry in opened]

    assert names == [[]] * 4


def test_tables_that_another_home_makes_meanwhile_are_used(url, tmp_path):
    """They were missing when the second home looked for their revision, and there a moment later."""
    other = tmp_path / "other-home"

    @sa.event.listens_for(sa.Engine, "handle_error", once=True)
    def make_the_tables(_error: sa.ExceptionContext) -> None:
        with Registry.open(url, other) as registry:
            registry.model_names()

    with Registry.open(url, tmp_path / "home") as registry:
        assert registry.model_names() == []
    assert other.is_dir()
