"""Objects in S3 read by ranges on an engine of two, against a plain download and the local job.

    python benchmarks/object_ranges.py [--records 600000] [--rounds 3]

The S3 server is moto, a process of this machine, and the cluster runs already; the download is
boto3's own (``download_file``, as ``aws s3 cp`` does it), and the job behind it has two workers.
Every round runs all sides one after the other, and the outputs must be equal byte for byte.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engines import cluster
from parquet_workers import prepare

sys.path.insert(0, str(Path(__file__).parents[1]))
PLAIN, RANGES = "download, then two workers", "`--engine dask://…`, two nodes, by ranges"


def main() -> None:
    from tests import object_store

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=600_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="modelop-bench-", ignore_cleanup_errors=True) as name,
        object_store.running() as store,
    ):
        os.environ |= {"MODELOP_HOME": str(Path(name, "home")), **store.variables()}
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        os.chdir(name)
        write(arguments.records)
        bucket = store.new_bucket()
        for path in ("in.parquet", "in.csv"):
            store.client().upload_file(path, bucket, path)
        with cluster() as address:
            engine = f"dask://{address.partition('://')[2]}"
            for path, kind in (("in.parquet", "Parquet"), ("in.csv", "CSV")):

                def download(target: str, path: str = path) -> None:
                    store.client().download_file(bucket, path, target)

                run(f"s3://{bucket}/{path}", kind, download, engine, arguments)
                print()


def write(records: int) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    prepare(records)
    Path("groups.parquet").rename("in.parquet")
    pyarrow.csv.write_csv(pyarrow.parquet.read_table("in.parquet"), "in.csv")


def run(
    address: str,
    kind: str,
    download: Callable[[str], None],
    engine: str,
    arguments: argparse.Namespace,
) -> None:
    from modelop_jupyter import Workspace

    copy = f"copy-{address.rpartition('/')[2]}"
    with Workspace() as workspace:
        workspace.register("ranges", "model.py")

        def score(given: str, output: str, **options: object) -> None:
            job = workspace.batch("ranges", given, output=output, **options)  # type: ignore[arg-type]
            job.wait()
            if job.result.value != "SUCCESS":
                raise SystemExit(f"the job failed: {job.record.error}")

        def plain() -> None:
            download(copy)
            score(copy, "plain.json", workers=2)

        sides: dict[str, Callable[[], None]] = {
            PLAIN: plain,
            RANGES: lambda: score(address, "ranges.json", engine=engine),
        }
        times: dict[str, list[float]] = {side: [] for side in sides}
        for number in range(arguments.rounds + 1):
            for side, call in sides.items():
                started = time.perf_counter()
                call()
                if number:  # the first one builds the environment
                    times[side].append(time.perf_counter() - started)
    if Path("plain.json").read_bytes() != Path("ranges.json").read_bytes():
        raise SystemExit("the engine has written something else than this machine")
    size = Path(copy).stat().st_size / 1e6
    print(f"| {kind}, {arguments.records:,} rows, {size:.0f} MB, {arguments.rounds} rounds", end="")
    print(" | median s | min | max | of download and job |")
    print("|---|---:|---:|---:|---:|")
    for side, taken in times.items():
        ratio = statistics.median(a / b for a, b in zip(taken, times[PLAIN], strict=True))
        middle = f"{statistics.median(taken):.2f} | {min(taken):.2f} | {max(taken):.2f}"
        print(f"| {kind}: {side} | {middle} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
