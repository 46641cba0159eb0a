"""A batch on a Dask cluster of two processes against two workers of this machine, and a Dask bag.

    python benchmarks/engines.py [--records 10000000] [--rounds 3]

The cluster runs already, as a company's does. Every round runs all sides one after the other;
ratios are taken within a round and their median is printed. The second table is of a small batch:
from the call until the first chunk is done.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from overhead import FUNCTION, prepare, python

BAG = f"""
import json
import sys
import dask.bag
from distributed import Client
{FUNCTION}
def scored(lines):
    return [json.dumps(out) for line in lines for out in score(json.loads(line))]
if __name__ == "__main__":
    with Client("ADDRESS"):
        bag = dask.bag.read_text("in.json", blocksize="16MiB").map_partitions(scored)
        bag.to_textfiles("dask/*.json")
"""
SMALL = 20_000
LOCAL, ENGINE, PEER = "two workers", "`--engine dask://…`, two nodes", "Dask bag, the same cluster"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        os.environ |= {"MODELOP_HOME": str(Path(name) / "home")}
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        prepare(Path(name), arguments.records)
        os.chdir(name)
        lines = Path("in.json").read_bytes().splitlines(keepends=True)[:SMALL]
        Path("small.json").write_bytes(b"".join(lines))
        with cluster() as address:
            run(address, arguments.records, arguments.rounds)


def cluster() -> Any:
    """Return a context with the address of a cluster of two processes."""
    import contextlib

    import distributed

    @contextlib.contextmanager
    def running() -> Any:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as started:
            yield started.scheduler_address

    return running()


def run(address: str, records: int, rounds: int) -> None:
    from modelop_jupyter import Workspace

    workspace = Workspace()
    workspace.register("engines", "model.py")
    engine = f"dask://{address.partition('://')[2]}"

    def batch(path: str, **options: Any) -> float:
        started = time.time()
        job = workspace.batch("engines", path, output="scores.json", **options)
        job.wait()
        if job.result.value != "SUCCESS":
            raise SystemExit(f"the job failed: {job.record.error}")
        first = next(
            event.t
            for _, event in job.folder.events()
            if getattr(event, "EVENT", "") == "progress" and event.records_in  # type: ignore[attr-defined]
        )
        return first - started

    bag = python(BAG.replace("ADDRESS", address))
    for options in ({"workers": 2}, {"engine": engine}):
        batch("small.json", **options)
    sides: dict[str, Callable[[], object]] = {
        LOCAL: lambda: batch("in.json", workers=2),
        ENGINE: lambda: batch("in.json", engine=engine),
        PEER: bag,
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    firsts: dict[str, list[float]] = {LOCAL: [], ENGINE: []}
    for _ in range(rounds):
        for side, score in sides.items():
            started = time.perf_counter()
            score()
            times[side].append(time.perf_counter() - started)
        firsts[LOCAL].append(batch("small.json", workers=2))
        firsts[ENGINE].append(batch("small.json", engine=engine))
    table(f"{records:,} records, {rounds} rounds", times)
    print()
    table(
        f"{SMALL:,} records, until the first chunk, {rounds} rounds", firsts, suffix=", first chunk"
    )


def table(title: str, times: dict[str, list[float]], suffix: str = "") -> None:
    base = times[LOCAL]
    print(f"| {title} | median s | min | max | of two workers |")
    print("|---|---:|---:|---:|---:|")
    for side, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, base, strict=True))
        middle = f"{statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f}"
        print(f"| {side}{suffix} | {middle} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
