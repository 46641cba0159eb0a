"""Measure a search for models against a table scan of the same rows by sqlite3 alone.

    python benchmarks/search.py [--models 2000] [--rounds 50]

The base reads name, description, tags and metadata of every model, and looks for one word in them with
LIKE. Ours is all that the sidebar gets: how many models are found, and the first hundred with their
newest snapshots, last jobs and environments, as JSON. Both work on files in one folder, in turns within
one run; milliseconds are those of the processor.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from time import process_time

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.registry import Draft
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
AREAS = ("fraud", "churn", "credit", "claims", "pricing")
SCAN = """
select * from models
where name like ? or description like ? or tags like ? or metadata like ? order by modified, key
limit 100
"""
# Thousands of transactions fill it, each of which waits for a disk.
MEMORY = Path("/dev/shm")
QUERIES = (
    ("no query", ""),
    ("a word", "audit"),
    ("a part of the names", "name~model-001"),
    ("a tag", "tag:fraud"),
    ("metadata", "meta.owner:user-7"),
    ("a part of metadata", "meta.owner~user-1"),
    ("files", "asset:*.pkl"),
    ("a function", "function:predict"),
    ("a Python", "python:3.8"),
    ("a metric", "metrics.auc>=0.95"),
    ("a metric of all models", "metrics.metric_3<0.5"),
    ("a negated metric", "-metrics.auc>=0.9"),
    ("all of it", "tag:fraud metrics.auc>=0.9 python:3.8 asset:*.pkl name~model"),
    ("three words and a negation", "churn audit predict -tag:draft"),
)


def fill(workspace: Workspace, count: int) -> None:
    """Register models of ten assets each, with the numbers of a metrics job of twenty metrics."""
    registry = workspace.registry
    for number in range(count):
        name = f"{AREAS[number % 5]}-model-{number:05}"
        digest = workspace.blobs.put(b"# nothing")
        paths = ("model.py", "model.pkl", *(f"data/part-{part}.csv" for part in range(7)))
        libraries = workspace.blobs.put(f"pandas\nscikit-learn==1.{number % 500}\n".encode())
        assets = (
            *(Asset(path, AssetRole.UNKNOWN, digest, 9) for path in paths),
            Asset("requirements.txt", AssetRole.REQUIRED_LIBRARIES, libraries, 9),
        )
        draft = Draft(
            ModelState(assets, None, EntryPoints(score="predict"), None if number % 5 else "3.8"),
            description=f"The model of area {number % 50}, for the {'audit' if number % 20 == 1 else 'desk'}",
            tags=(AREAS[number % 5], "draft" if number % 3 else "ready"),
            metadata={"owner": f"user-{number % 100}", "review": {"year": 2020 + number % 7}},
        )
        registry.change_model(name, lambda _, draft=draft: draft, now=NOW)
        registry.take_snapshot(name, now=NOW)
        job = JobRecord(
            f"{number:08x}-job",
            JobKind.METRICS,
            name,
            1,
            JobStatus.COMPLETE,
            JobResult.SUCCESS,
            NOW,
        )
        registry.add_job(job)
        metrics = {f"performance[0].values.metric_{each}": each / 7 for each in range(19)}
        registry.keep_metrics(job, {**metrics, "auc": 0.5 + number / count / 2})


def timed(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return (process_time() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        home = Path(folder)
        file = home / "registry.db"
        with Workspace(Settings(home, f"sqlite:///{file}")) as workspace:
            fill(workspace, given.models)
            shutil.copy(file, home / "twin.db")
            plain = sqlite3.connect(home / "twin.db")
            run(workspace, plain, given.models, given.rounds)
            plain.close()


def run(workspace: Workspace, plain: sqlite3.Connection, models: int, rounds: int) -> None:
    print(f"{models} models of ten assets and twenty metrics, {rounds} rounds\n")
    print("| what | found | median ms | p90 | sqlite3 median | ratio |")
    print("|---|---:|---:|---:|---:|---:|")
    for title, query in QUERIES:

        def work(query: str = query) -> object:
            return to_wire(workspace.model_page(match=query))

        work()
        found = workspace.model_page(match=query).total
        mine, base = [], []
        for _ in range(rounds):
            mine.append(timed(work))
            base.append(timed(lambda: plain.execute(SCAN, ("%audit%",) * 4).fetchall()))
        middle, usual = statistics.median(mine), statistics.median(base)
        p90 = statistics.quantiles(mine, n=10)[8]
        print(
            f"| {title} | {found} | {middle:.1f} | {p90:.1f} | {usual:.1f} | {middle / usual:.1f} |"
        )
    print()


if __name__ == "__main__":
    main()
