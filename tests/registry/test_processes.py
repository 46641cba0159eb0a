"""Several processes write at once, and one that is killed leaves nothing broken (issue 2)."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.registry import BlobStore, Registry

WRITER = Path(__file__).with_name("writer.py")
# Opens a registry, and is killed when a statement that begins so has been executed.
MAKES_AND_DIES = """
import os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from modelop_jupyter.registry import Registry

url, home, last = sys.argv[1:]

@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def die(_connection, _cursor, statement, *_):
    if statement.strip().startswith(last):
        os.kill(os.getpid(), signal.SIGKILL)

Registry.open(url, Path(home)).close()
"""
WRITERS = 8
ROUNDS = 4
TURNS = ROUNDS * 5

Start = Callable[[str, int], "subprocess.Popen[str]"]


@pytest.fixture
def start(url: str, home: Path) -> Start:
    """Start a writer under a name, for a number of rounds."""

    def popen(name: str, rounds: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "error", str(WRITER), url, str(home), name, str(rounds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return popen


@pytest.mark.slow
def test_eight_writers_at_once_lose_nothing(start, url, home):
    """They make the home together, and then neither fail nor overwrite one another."""
    writers = [start(f"model-{number}", ROUNDS) for number in range(WRITERS)]
    ends = [(writer.communicate()[1], writer.returncode) for writer in writers]

    assert ends == [("", 0)] * WRITERS
    with Registry.open(url, home) as registry:
        jobs = registry.list_jobs(limit=None)
        shared = registry.list_snapshots("shared")
        own = [len(registry.list_snapshots(f"model-{number}")) for number in range(WRITERS)]

    assert len(jobs) == WRITERS * TURNS * 2
    assert {job.status for job in jobs} == {JobStatus.COMPLETE}
    assert own == [TURNS] * WRITERS
    # Equal content is one snapshot, whoever takes it first.
    assert sorted(snapshot.number for snapshot in shared) == list(range(1, TURNS + 1))


@pytest.mark.slow
@pytest.mark.parametrize("turns", [1, 7, 23])
def test_a_killed_writer_leaves_what_it_had_recorded(start, url, home, turns):
    """Everything it said was recorded is there, and the database is sound."""
    writer = start("churn", 1000)
    said = [writer.stdout.readline().strip() for _ in range(turns)]
    writer.kill()
    writer.communicate()
    with Registry.open(url, home) as registry:
        ended = [registry.get_job(f"churn-{turn}").status for turn in said]
        states = [snapshot.state for snapshot in registry.list_snapshots("churn")]
    with closing(sqlite3.connect(home / "registry.db")) as connection:
        sound = connection.execute("pragma integrity_check").fetchall()

    assert ended == [JobStatus.COMPLETE] * turns
    assert sound == [("ok",)]
    assert all(BlobStore(home / "blobs").read(state.assets[0].digest) for state in states)


@pytest.mark.slow
def test_a_process_killed_while_it_makes_the_home_leaves_one_that_works(url, home):
    """The tables are made in one transaction, whichever statement of it was the last."""
    codes = [
        subprocess.run([sys.executable, "-c", MAKES_AND_DIES, url, str(home), each]).returncode
        for each in ("begin", "begin immediate", "CREATE TABLE snapshots", "INSERT INTO alembic")
    ]
    with Registry.open(url, home) as registry:
        names = registry.model_names()

    assert codes == [-signal.SIGKILL] * 4
    assert names == []


def test_a_lock_left_behind_is_no_lock(url, home):
    """What counts is who holds the file, not that it is there."""
    home.mkdir()
    (home / "registry.lock").write_text("4711")
    with Registry.open(url, home) as registry:
        names = registry.model_names()

    assert names == []


def test_threads_share_a_registry(churn, make):
    """The panel and a cell of one kernel use the same one."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: churn.add_job(make.job(f"job-{n:03}")), range(40)))
        found = list(pool.map(lambda n: churn.get_job(f"job-{n:03}").id, range(40)))

    assert found == [f"job-{n:03}" for n in range(40)]
