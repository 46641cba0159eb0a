"""A million JSON lines into the DataFrame that a metrics function gets, against pandas' own readers.

    python benchmarks/metrics_readers.py [--records 1000000] [--rounds 5]

Each reading is a process of its own in an environment with pandas and pyarrow that is thrown away;
only the reading is timed. A reader counts where its frame equals that of ``pandas.read_json``, in
values and types.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNNER = Path(__file__).parent.parent / "modelop_jupyter" / "runner"
READ = """
import json, resource, sys, time
import pandas
path, how, runner = sys.argv[1:]
sys.path.insert(0, runner)
import importlib.util
spec = importlib.util.spec_from_file_location("main", runner + "/main.py")
main = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
frames = main.load("frames")[0]
class Journal:
    def log(self, level, text):
        pass
def ours():
    item = {"path": path, "format": "json", "gzip": False, "name": path}
    return frames.read_frame(pandas, item, Journal())
readers = {
    "ours": ours,
    "pandas.read_json": lambda: pandas.read_json(path, lines=True),
    "pandas.read_json, engine pyarrow": lambda: pandas.read_json(path, lines=True, engine="pyarrow"),
}
began = time.perf_counter()
frame = readers[how]()
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps([seconds, peak, [str(kind) for kind in frame.dtypes],
      int(pandas.util.hash_pandas_object(frame.astype(str)).sum())]))
"""
READERS = ("pandas.read_json", "pandas.read_json, engine pyarrow", "ours")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        folder = Path(name)
        uv = [sys.executable, "-m", "uv"]
        python = folder / "env" / "bin" / "python"
        run([*uv, "venv", "-q", "--python", sys.executable, str(folder / "env")])
        run([*uv, "pip", "install", "-q", "--python", str(python), "pandas==2.2.3", "pyarrow"])
        (folder / "read.py").write_text(READ)
        print(
            f"| {given.records:,} JSON lines, {given.rounds} rounds | median s | min | max | MB | equal | ratio |"
        )
        print("|---|---:|---:|---:|---:|---|---:|")
        for kind, with_fractions in (("whole numbers and words", False), ("with fractions", True)):
            path = write(folder, given.records, with_fractions=with_fractions)
            report(kind, measure(python, folder / "read.py", path, given.rounds))


def write(folder: Path, records: int, *, with_fractions: bool) -> Path:
    rng = random.Random(1)
    path = folder / "in.json"
    with path.open("w") as file:
        for number in range(records):
            x, y = rng.random() * 100, rng.random() * 10
            values = (round(x, 3), round(y, 4)) if with_fractions else (int(x * 1000), int(y))
            record = {"id": number, "x": values[0], "y": values[1], "name": f"customer-{number:06}"}
            file.write(json.dumps({**record, "flag": number % 2 == 0}) + "\n")
    return path


def measure(python: Path, script: Path, path: Path, rounds: int) -> dict[str, list[list[object]]]:
    """Return seconds, memory, types and content of every reading, the readers in turns."""
    found: dict[str, list[list[object]]] = {reader: [] for reader in READERS}
    for _ in range(rounds):
        for reader in READERS:
            command = [str(python), "-I", str(script), str(path), reader, str(RUNNER)]
            found[reader].append(json.loads(run(command)))
    return found


def report(kind: str, found: dict[str, list[list[object]]]) -> None:
    wanted = found[READERS[0]][0][2:]
    bases = [float(str(each[0])) for each in found[READERS[0]]]
    for reader, readings in found.items():
        seconds = [float(str(each[0])) for each in readings]
        memory = statistics.median(float(str(each[1])) for each in readings)
        is_equal = all(each[2:] == wanted for each in readings)
        ratio = statistics.median(a / b for a, b in zip(seconds, bases, strict=True))
        spread = f"{statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f}"
        print(
            f"| {kind}: {reader} | {spread} | {memory:.0f} | {'yes' if is_equal else 'no'} | {ratio:.2f} |",
            flush=True,
        )


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
