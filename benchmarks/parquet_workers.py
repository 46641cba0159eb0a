"""A Parquet file shared by two workers against one.

    python benchmarks/parquet_workers.py [--records 600000] [--rounds 3]

All jobs read the same rows and write JSON lines; every round runs one after the other, and the
outputs must be equal byte for byte. In row groups, each worker reads its own; one row group is read
by one process when the job is submitted, as for one worker, and then shared by lines.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

MODEL = """
# modelop.score
def score(r):
    yield {"id": r["id"], "score": r["x"] * 0.5 + r["y"], "words": len(r["text"].split())}
"""
WARMING = 4.0  # seconds
GROUPS = 6
SIDES = {
    "one worker": ("groups.parquet", 1),
    "two workers, six row groups": ("groups.parquet", 2),
    "two workers, one row group": ("one.parquet", 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=600_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-", ignore_cleanup_errors=True) as name:
        os.environ["MODELOP_HOME"] = str(Path(name, "home"))
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        os.chdir(name)
        prepare(arguments.records)
        share(arguments.records, arguments.rounds)


def prepare(records: int) -> None:
    import pyarrow
    import pyarrow.parquet

    rng = random.Random(1)
    table = pyarrow.table(
        {
            "id": range(records),
            "x": [round(rng.random() * 100, 3) for _ in range(records)],
            "y": [round(rng.random() * 10, 4) for _ in range(records)],
            "text": [f"customer {number:06}" for number in range(records)],
        }
    )
    for path, groups in (("groups.parquet", GROUPS), ("one.parquet", 1)):
        pyarrow.parquet.write_table(table, path, row_group_size=-(-records // groups))
    Path("model.py").write_text(MODEL)


def share(records: int, rounds: int) -> None:
    from modelop_jupyter import Workspace

    times: dict[str, list[float]] = {side: [] for side in SIDES}
    with Workspace() as workspace:
        workspace.register("shared", "model.py")

        def seconds(side: str) -> float:
            path, workers = SIDES[side]
            started = time.perf_counter()
            job = workspace.batch("shared", path, output=f"{side}.json", workers=workers)
            job.wait()
            if job.result.value != "SUCCESS":
                raise SystemExit(f"the job failed: {job.messages}")
            return time.perf_counter() - started

        seconds("one worker")  # builds the environment
        time.sleep(WARMING)
        for _ in range(rounds):
            for side in SIDES:
                times[side].append(seconds(side))
    if len({Path(f"{side}.json").read_bytes() for side in SIDES}) > 1:
        raise SystemExit("two workers have written something else than one")
    base = times["one worker"]
    print(
        f"| {records:,} rows of Parquet, {rounds} rounds | median s | min | max | of one worker |"
    )
    print("|---|---:|---:|---:|---:|")
    for side, taken in times.items():
        ratio = statistics.median(a / b for a, b in zip(taken, base, strict=True))
        middle = f"{statistics.median(taken):.2f} | {min(taken):.2f} | {max(taken):.2f}"
        print(f"| {side} | {middle} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
