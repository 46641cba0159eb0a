"""A CSV file shared by two workers against one, and how quickly such files are cut.

    python benchmarks/csv_workers.py [--records 300000] [--rounds 3] [--megabytes 100]

Both jobs read the same file of quoted rows, some of which span lines, and write CSV; every round
runs one after the other, and the outputs must be equal byte for byte. Cutting is measured alone, in
seconds of the processor, for files that are easy and hard to cut. Baseline of all: reading the file.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from modelop_jupyter.formats.cuts import CsvCut

MODEL = """
# modelop.score
def score(r):
    yield {"id": r["id"], "score": r["x"] * 0.5 + r["y"], "words": len(r["text"].split())}
"""
WARMING = 4.0  # seconds
CHUNKS = 16
BLOCK = 1 << 20
KINDS: dict[str, Callable[[int], str]] = {
    "no quotes": lambda n: f"{n},customer-{n},{n % 97}.5,some words\n",
    "quoted text, some over two lines": lambda n: (
        f'{n},"customer ""{n}""\n, two",{n % 97}.5,"words"\n'
    ),
    "quotes around empty cells only": lambda n: f'{n},"",{n % 97}.5,"",some words\n',
    "no proof of a border anywhere": lambda n: f'{n},","\n,","\n',
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        os.environ["MODELOP_HOME"] = str(Path(name, "home"))
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        os.chdir(name)
        share(arguments.records, arguments.rounds)
        Path("in.csv").unlink()
        print()
        cut_all(arguments.megabytes)


def share(records: int, rounds: int) -> None:
    from modelop_jupyter import Workspace

    prepare(records)
    with Workspace() as workspace:
        workspace.register("shared", "model.py")

        def seconds(workers: int) -> float:
            started = time.perf_counter()
            job = workspace.batch("shared", "in.csv", output=f"{workers}.csv", workers=workers)
            job.wait()
            if job.result.value != "SUCCESS":
                raise SystemExit(f"the job failed: {job.messages}")
            return time.perf_counter() - started

        seconds(1)  # builds the environment
        time.sleep(WARMING)
        pairs = [(seconds(1), seconds(2)) for _ in range(rounds)]
    if Path("1.csv").read_bytes() != Path("2.csv").read_bytes():
        raise SystemExit("two workers have written something else than one")
    ones, twos = zip(*pairs, strict=True)
    ratio = statistics.median(two / one for one, two in pairs)
    print(f"| {records:,} rows of CSV, {rounds} rounds | median s | min | max | of one worker |")
    print("|---|---:|---:|---:|---:|")
    for what, taken, share in (("one worker", ones, 1.0), ("two workers", twos, ratio)):
        middle = statistics.median(taken)
        print(f"| {what} | {middle:.2f} | {min(taken):.2f} | {max(taken):.2f} | {share:.2f} |")


def prepare(records: int) -> None:
    rng = random.Random(1)
    with Path("in.csv").open("w", newline="") as file:
        file.write("id,x,y,text\r\n")
        for number in range(records):
            x, y = round(rng.random() * 100, 3), round(rng.random() * 10, 4)
            text = "two\r\nlines, " if number % 10 == 0 else ""
            file.write(f'{number},{x},{y},"{text}customer ""{number:06}"""\r\n')
    Path("model.py").write_text(MODEL)


def cut_all(megabytes: int) -> None:
    print(f"| {megabytes} MB of CSV cut into {CHUNKS} | ms of a processor | GB/s | of reading it |")
    print("|---|---:|---:|---:|")
    for kind, row in KINDS.items():
        block = "".join(map(row, range(50_000))).encode()
        size = len(block) * (megabytes * 1_000_000 // len(block))
        with Path("cut.csv").open("wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
        reading = processor_seconds(read)
        taken = processor_seconds(lambda size=size: cut(size))  # type: ignore[misc]
        speed = size / taken / 1e9
        print(f"| {kind} | {1000 * taken:.1f} | {speed:.2f} | {taken / reading:.2f} |", flush=True)


def read() -> None:
    with Path("cut.csv").open("rb") as file:
        while file.read(BLOCK):
            pass


def cut(size: int) -> None:
    with Path("cut.csv").open("rb") as file:
        if len(CsvCut(",").ranges(file, size, CHUNKS)) != CHUNKS:
            raise SystemExit("the file was not cut")


def processor_seconds(run: Callable[[], None]) -> float:
    """Return the least of three times, not counting what other processes take."""
    times = []
    for _ in range(3):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
