"""Measure what the sidebar asks for when it opens, in a home with many models and jobs.

    python benchmarks/first_paint.py [--models 1000] [--jobs 10000] [--rounds 20]

Each of its lists is asked for as the server does, against the bare query of the registry that is
behind it, in turns within one run; the first answers of a fresh workspace stand beside them, as
that is what a person waits for.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter
from typing import Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.job_lists import NEWEST_FIRST, JobColumn, JobFilter, JobOrder
from modelop_jupyter.domain.job_states import StateKind
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.registry import Draft
from modelop_jupyter.server.rest.dispatch import encode
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

INSERT_JOB = """
insert into jobs
select ?, 'batch', ?, (select id from snapshots where model_id = models.id), 'COMPLETE', 'SUCCESS',
  ?, ?, ?, ?, null, '{}', '{}', '{"records_in": 9, "scored": 9}', '[]', null, 3, null, null,
  ?, ?
from models where id = ?
"""
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
SOURCE = "# modelop.score\ndef action(record):\n    yield record\n"
REQUIREMENTS = ("", "six\n", "packaging==24.1\nsix\n", "no-such-package-there-is==1.0\n")
# What the jobs view asks for besides its first page.
JOB_LISTS: list[tuple[str, dict[str, Any], JobOrder]] = [
    ("the failed ones", {"states": (StateKind.FAILED,)}, NEWEST_FIRST),
    ("found by a text", {"match": "customers-123"}, NEWEST_FIRST),
    ("by their duration", {}, JobOrder(JobColumn.DURATION)),
    ("by their model", {}, JobOrder(JobColumn.MODEL, is_descending=False)),
    ("by their records", {}, JobOrder(JobColumn.RECORDS)),
]


def state(number: int, workspace: Workspace) -> ModelState:
    texts = {"model.py": f"# {number}\n{SOURCE}", "requirements.txt": REQUIREMENTS[number % 4]}
    roles = (AssetRole.MODEL_SOURCE, AssetRole.REQUIRED_LIBRARIES)
    assets = tuple(
        Asset(path, role, workspace.blobs.put(text.encode()), len(text))
        for (path, text), role in zip(texts.items(), roles, strict=True)
    )
    return ModelState(assets, "model.py", EntryPoints(score="action"))


def fill(workspace: Workspace, models: int, jobs: int) -> None:
    """Register models that ask for different things, each with a snapshot, and jobs of them."""
    for number in range(models):
        name = f"model-{number:04}"
        draft = Draft(state(number, workspace))
        workspace.registry.change_model(name, lambda _, draft=draft: draft, now=NOW)
        workspace.registry.take_snapshot(name, now=NOW)
    # One transaction: ten thousand would wait for the disk.
    with sqlite3.connect(workspace.settings.home / "registry.db") as connection:
        first = connection.execute("select id from models order by key").fetchall()
        rows = (job_row(number, first[number % models][0]) for number in range(jobs))
        connection.executemany(INSERT_JOB, rows)
    connection.close()


def job_row(number: int, model: str) -> tuple[object, ...]:
    moment = (NOW + timedelta(seconds=number)).isoformat(timespec="microseconds")
    name = f"customers-{number % 500}.csv"
    inputs = json.dumps([{"name": name, "path": f"/data/{name}", "format": "csv", "size": number}])
    state = "failed" if number % 10 == 0 else "succeeded"
    seconds = (number * 7919) % 3600 / 10
    return (
        f"{number:08x}-0000-4000-8000-000000000000", model, moment, moment, moment, inputs, state,
        seconds, model,
    )  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder), f"sqlite:///{folder}/registry.db")
        with Workspace(settings) as workspace:
            fill(workspace, given.models, given.jobs)
        print(f"{given.models} models, {given.jobs} jobs, {given.rounds} rounds, milliseconds\n")
        print("| what | first | median | bare query | ratio |")
        print("|---|---:|---:|---:|---:|")
        with Workspace(settings) as workspace:
            compare(workspace, given.rounds)


def compare(workspace: Workspace, rounds: int) -> None:
    registry = workspace.registry
    pairs: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        (
            "50 models, with environments and last jobs",
            lambda: encode(workspace.model_page(limit=50)),
            lambda: registry.page_of_models(limit=50),
        ),
        (
            "50 jobs",
            lambda: encode(workspace.job_page(limit=50)),
            lambda: registry.page_of_jobs(limit=50),
        ),
        *(
            (
                f"100 jobs, {what}",
                lambda listed=listed, order=order: encode(
                    workspace.jobs.page(**listed, order=order, limit=100)
                ),
                lambda listed=listed, order=order: registry.page_of_jobs(
                    JobFilter(**listed), order, limit=100
                ),
            )
            for what, listed, order in JOB_LISTS
        ),
        ("all environments", lambda: encode(workspace.env_list()), registry.list_models),
        ("all models", workspace.models, lambda: registry.page_of_models(limit=None)),
    ]
    firsts = [timed(ours) for _, ours, _ in pairs]
    for (title, ours, bare), first in zip(pairs, firsts, strict=True):
        mine, theirs = [], []
        for _ in range(rounds):
            mine.append(timed(ours))
            theirs.append(timed(bare))
        ratio = statistics.median(mine) / statistics.median(theirs)
        print(
            f"| {title} | {first:.0f} | {statistics.median(mine):.1f} "
            f"| {statistics.median(theirs):.1f} | {ratio:.1f} |"
        )


if __name__ == "__main__":
    main()
