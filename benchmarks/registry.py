"""Measure the registry against the same rows written and read by sqlite3 alone.

    python benchmarks/registry.py [--models 100000] [--rounds 300]

Both work on files of the same shape in the same folder (WAL, synchronous=FULL), in turns within
one run, so that the ratio means something on any machine. Prints medians, the spread from the
10th to the 90th percentile, the 99th, and the ratio of the medians.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter

from modelop_jupyter.domain.assets import Asset, digest_of
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.registry import Draft, Registry

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
INSERT_MODEL = """
insert into models
(id, name, key, description, tags, state, digest, created, modified, removed)
values (?,?,?,?,?,?,?,?,?,?)
"""
INSERT_JOB = """
insert into jobs
(id, kind, model_id, snapshot_id, status, result, created, started, ended, inputs, output,
 parameters, options, counts, messages, environment, packages, error)
values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
"""


def state(text: str) -> ModelState:
    digest = digest_of(text.encode())
    assets = tuple(
        Asset(path, role, digest, len(text))
        for path, role in (
            ("model.py", AssetRole.MODEL_SOURCE),
            ("model.pkl", AssetRole.WEIGHTS_FILE),
            ("requirements.txt", AssetRole.REQUIRED_LIBRARIES),
        )
    )
    return ModelState(assets, "model.py", EntryPoints(init="begin", score="predict"))


def model_row(number: int, text: str) -> tuple[object, ...]:
    """Return what the registry writes for a model, as sqlite3 takes it."""
    name, made, now = f"model-{number:06}", state(text), NOW.isoformat()
    return (
        f"plain-{number}", name, name, "", "[]", json.dumps(asdict(made)), made.digest, now, now, 0,
    )  # fmt: skip


def job_row(number: int) -> tuple[object, ...]:
    created = (NOW + timedelta(seconds=number)).isoformat(timespec="microseconds")
    counts = json.dumps(dict.fromkeys("records_in scored rejected failed records_out".split(), 9))
    return (
        f"{number:08x}-job", "batch", "plain-0", "snapshot-0", "COMPLETE", "SUCCESS", created,
        created, created, "[]", "/tmp/scores.json", "{}", "{}", counts, "[]", "abc", 12, None,
    )  # fmt: skip


def job(number: int) -> JobRecord:
    return JobRecord(
        f"{number:08x}-new", JobKind.BATCH, "model-000000", 1, JobStatus.CREATED,
        JobResult.UNKNOWN, NOW + timedelta(days=9, seconds=number),
    )  # fmt: skip


def fill(file: Path, count: int) -> None:
    """Put a number of models and as many jobs into an empty registry, past the program."""
    with sqlite3.connect(file) as connection:
        rows = (model_row(number, "v1") for number in range(count))
        connection.executemany(INSERT_MODEL, rows)
        content = model_row(0, "v1")
        connection.execute(
            "insert into snapshots (id, model_id, number, name, state, digest, created)"
            " values ('snapshot-0','plain-0',1,'first',?,?,?)",
            (content[5], content[6], content[7]),
        )
        connection.executemany(INSERT_JOB, map(job_row, range(count)))
    connection.close()


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def compare(
    title: str, ours: Callable[[int], object], plain: Callable[[int], object], rounds: int
) -> None:
    """Print one line: ours and the plain way in turns."""
    mine, theirs = [], []
    for number in range(rounds):
        mine.append(timed(lambda number=number: ours(number)))
        theirs.append(timed(lambda number=number: plain(number)))
    cuts = statistics.quantiles(mine, n=100)
    base = statistics.quantiles(theirs, n=100)
    print(
        f"| {title} | {cuts[49]:.2f} | {cuts[9]:.2f}-{cuts[89]:.2f} | {cuts[98]:.1f}"
        f" | {base[49]:.2f} | {base[98]:.1f} | {cuts[49] / base[49]:.1f} |"
    )


def connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("pragma synchronous=full")
    connection.execute("pragma foreign_keys=on")
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=300)
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file, twin = home / "registry.db", home / "twin.db"
        url = f"sqlite:///{file}"
        Registry.open(url, home).close()
        fill(file, given.models)
        shutil.copy(file, twin)
        run(url, home, connect(twin), given.models, given.rounds)


def run(url: str, home: Path, plain: sqlite3.Connection, models: int, rounds: int) -> None:
    def insert(statement: str, row: tuple[object, ...]) -> None:
        plain.execute("begin immediate")
        plain.execute(statement, row)
        plain.execute("commit")

    def first_query() -> None:
        with Registry.open(url, home) as opened:
            opened.get_model("model-000007")

    def plain_first_query() -> None:
        opened = connect(home / "twin.db")
        opened.execute("select * from models where key = 'model-000007'").fetchone()
        opened.close()

    def page(table: str, order: str) -> object:
        return plain.execute(f"select * from {table} order by {order} limit 50").fetchall()

    print(f"{models} models and as many jobs, {rounds} rounds\n")
    print("| what | median ms | 80 % within | p99 | sqlite3 median | sqlite3 p99 | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    compare("open and first query", lambda _: first_query(), lambda _: plain_first_query(), rounds)
    with Registry.open(url, home) as registry:
        compare(
            "register a new model",
            lambda n: registry.change_model(f"new-{n}", lambda _: Draft(state("v1")), now=NOW),
            lambda n: insert(INSERT_MODEL, model_row(models + n, "v1")),
            rounds,
        )
        compare(
            "register changed content",
            lambda n: registry.change_model(
                "model-000005", lambda _: Draft(state(f"v{n + 2}")), now=NOW
            ),
            lambda n: insert(
                "update models set state = ?, digest = ? where key = 'model-000005'",
                model_row(5, f"v{n + 2}")[5:7],
            ),
            rounds,
        )
        compare(
            "record a job",
            lambda n: registry.add_job(job(n)),
            lambda n: insert(INSERT_JOB, job_row(models + n)),
            rounds,
        )
        compare(
            "a model by name",
            lambda n: registry.get_model(f"model-{n:06}"),
            lambda n: plain.execute(
                "select * from models where key = ?", (f"model-{n:06}",)
            ).fetchone(),
            rounds,
        )
        compare(
            "a page of 50 models",
            lambda _: registry.list_models(limit=50),
            lambda _: page("models", "key"),
            rounds,
        )
        compare(
            "the newest 50 jobs",
            lambda _: registry.list_jobs(limit=50),
            lambda _: page("jobs", "created desc, id desc"),
            rounds,
        )
    plain.close()


if __name__ == "__main__":
    main()
