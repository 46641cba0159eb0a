"""What the processes of a batch take at most, whatever the size of its input.

    python benchmarks/memory.py [--gigabytes 5]

The input is written into a temporary folder, plain and compressed, and goes with it. Memory is that
of the supervisor and of the runner with all they have started, shared pages counted once, looked at
five times a second; the same job with a thousand records is what the model itself takes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import tempfile
import time
from pathlib import Path

import psutil

from modelop_jupyter.jobs.protocol import SupervisorProcess

MODEL = """
# modelop.score
def score(r):
    if r["id"] % 100 == 0:
        yield {"id": r["id"], "length": len(r["text"])}
"""
LOOK = 0.2
BLOCK = 64_000_000  # bytes
TEXT = "some words of a customer " * 38


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    gigabytes = parser.parse_args().gigabytes
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        os.environ |= {"MODELOP_HOME": str(Path(name, "home")), "MODELOP_WARM": "off"}
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        os.chdir(name)
        Path("model.py").write_text(MODEL)
        label = f"{gigabytes:g} GB"
        print("| input | peak MB | seconds | above 1,000 records |\n|---|---:|---:|---:|")
        own = 0.0
        block = lines(BLOCK // 1000)
        for what, path, data in (
            ("1,000 records", "small.json", lines(1000)),
            (label, "large.json", block),
            (f"{label}, gzip", "large.json.gz", gzip.compress(block, 1)),
        ):
            times = 1 if what.startswith("1,000") else round(gigabytes * 1e9 / len(block))
            with Path(path).open("wb") as file:
                for _ in range(times):
                    file.write(data)
            peak, seconds = measure(path)
            own = own or peak
            print(f"| {what} | {peak:.0f} | {seconds:.0f} | {peak - own:+.0f} MB |", flush=True)
            Path(path).unlink()


def lines(count: int) -> bytes:
    return b"".join(
        json.dumps({"id": number, "text": TEXT}).encode() + b"\n" for number in range(count)
    )


def measure(path: str) -> tuple[float, float]:
    """Return what the processes of a job took at most, in MB, and how many seconds it took."""
    from modelop_jupyter import Workspace

    with Workspace() as workspace:
        workspace.register("memory", "model.py")
        workspace.env_build("memory")
        started = time.perf_counter()
        job = workspace.batch("memory", path)
        peak = 0.0
        while not (job.folder.root / "outcome.json").exists():
            supervisor = job.folder.require(SupervisorProcess).pid
            peak = max(peak, taken(supervisor))
            time.sleep(LOOK)
        if job.result.value != "SUCCESS":
            raise SystemExit(f"the job failed: {job.messages}")
        return peak, time.perf_counter() - started


def taken(root: int) -> float:
    """Return the MB of a process and of what it has started."""
    total = 0
    try:
        parent = psutil.Process(root)
        for process in [parent, *parent.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.Error:
        pass
    return total / 1e6


if __name__ == "__main__":
    main()
