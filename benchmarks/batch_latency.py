"""How long a batch of ten records takes, from Enter in a cell to its last output.

Once with warm processes, which wait for the next batch, and once without (``MODELOP_WARM=off``),
each in a kernel of its own; the two take turns. Before them the first batch of kernels that find no
such process, as on a new day.

The environment exists; the kernel is a real one. Beside each run, in the same round, a bare runner
is timed: the environment's own interpreter reads the ten records, calls the same function and
writes what it yields. That is what the batch would take if nothing were recorded or shown.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

ROUNDS = 15
KERNELS = 7  # whose first batch is timed
QUIET = ["--log-level=ERROR"]  # newer kernels tell everybody that they speak over TCP
RECORDS = [{"x": number} for number in range(10)]
PAUSE = 3.0  # a warm process is started behind a job, and loads what it is to hold

MODEL = """
# modelop.score
def action(record):
    yield {"y": record["x"] * 2 + 1}
"""

BARE_RUNNER = (
    MODEL
    + """
import json, sys
with open(sys.argv[1]) as records, open(sys.argv[2], "w") as output:
    for line in records:
        for result in action(json.loads(line)):
            output.write(json.dumps(result) + "\\n")
"""
)


def main() -> None:
    """Measure, and print one Markdown table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"MODELOP_HOME": str(folder / "home"), "IPYTHONDIR": str(folder / "ipython")}
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        lines = "".join(json.dumps(record) + "\n" for record in RECORDS)
        (folder / "ten.json").write_text(lines)
        (folder / "bare.py").write_text(BARE_RUNNER)
        (folder / "model.py").write_text(MODEL)
        report(measure(folder))


def measure(folder: Path) -> dict[str, list[float]]:
    """Return seconds of the first batches of kernels, of the later ones, and of bare runs."""
    with kernel(folder, "off") as client:
        execute(client, "%modelop register ten-records model.py")
        execute(client, "%modelop env build ten-records")
    python = environment_python()
    batch = "%modelop batch ten-records ten.json -o scores.json"
    times: dict[str, list[float]] = {"first": [], "warm": [], "fresh": [], "bare": []}
    for _ in range(KERNELS):
        # A warm process whose folder is gone ends.
        shutil.rmtree(Path(os.environ["MODELOP_HOME"]) / "warm", ignore_errors=True)
        time.sleep(PAUSE)
        with kernel(folder, "on") as client:
            times["first"].append(execute(client, batch))
        times["bare"].append(run_bare(folder, python))
    with kernel(folder, "on") as warm, kernel(folder, "off") as fresh:
        for client in (warm, fresh):
            execute(client, batch)
        time.sleep(PAUSE)
        execute(warm, batch)
        time.sleep(PAUSE)
        for _ in range(ROUNDS):
            times["warm"].append(execute(warm, batch))
            times["fresh"].append(execute(fresh, batch))
            times["bare"].append(run_bare(folder, python))
    expected = [{"y": record["x"] * 2 + 1} for record in RECORDS]
    for output in ("scores.json", "bare.json"):
        found = [json.loads(line) for line in (folder / output).read_text().splitlines()]
        if found != expected:
            raise SystemExit(f"{output} holds something else: {found}")
    return times


@contextmanager
def kernel(folder: Path, warm: str) -> Iterator[BlockingKernelClient]:
    environment = {**os.environ, "MODELOP_WARM": warm}
    manager, client = start_new_kernel(cwd=str(folder), extra_arguments=QUIET, env=environment)
    try:
        execute(client, "%load_ext modelop_jupyter")
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client: BlockingKernelClient, code: str) -> float:
    """Run a cell and return the seconds from the request to the kernel's "idle"."""
    failures: list[str] = []

    def look(message: dict[str, dict[str, str]]) -> None:
        if message["header"]["msg_type"] == "error":
            failures.append(message["content"]["evalue"])

    started = time.perf_counter()
    client.execute_interactive(code, output_hook=look, timeout=120)
    seconds = time.perf_counter() - started
    if failures:
        raise SystemExit(f"{code}: {failures[0]}")
    return seconds


def environment_python() -> str:
    from modelop_jupyter import Workspace

    with Workspace() as workspace:
        environment = workspace.env_show("ten-records").environment
    if environment is None:
        raise SystemExit("the environment was not built")
    return environment.python


def run_bare(folder: Path, python: str) -> float:
    command = [python, "-I", "bare.py", "ten.json", "bare.json"]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True)
    return time.perf_counter() - started


def report(times: dict[str, list[float]]) -> None:
    floor = statistics.median(times["bare"])
    rows = {
        "`%modelop batch`, first of a kernel": times["first"],
        "`%modelop batch`, again": times["warm"],
        "`%modelop batch`, again, `MODELOP_WARM=off`": times["fresh"],
        "bare runner": times["bare"],
    }
    print("Ten records in an environment that exists, from Enter to the kernel's idle.\n")
    print("| what | median s | min | max | of a bare runner |\n|---|---:|---:|---:|---:|")
    for what, found in rows.items():
        middle = statistics.median(found)
        spread = f"{middle:.3f} | {min(found):.3f} | {max(found):.3f}"
        print(f"| {what} | {spread} | {middle / floor:.1f} |")


if __name__ == "__main__":
    sys.exit(main())
