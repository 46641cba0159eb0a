"""A batch of a million records, whole jobs, against the loop that one would write by hand.

    python benchmarks/overhead.py [--records 1000000] [--rounds 5] [--peers]

Every round runs all sides one after the other; ratios are taken within a round and their median is
printed, for the machine is never quiet. ``--peers`` also measures Dask, Ray and MLflow, each of
them in an environment that is thrown away.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

WARMING, PATIENCE = 4.0, 240.0  # seconds
FUNCTION = """
# modelop.score
def score(r):
    yield {"id": r["id"], "score": r["x"]*0.5 + r["y"]}
"""
PLAIN = f"""
import json
{FUNCTION}
with open("in.json") as f, open("out.json", "w") as g:
    for line in f:
        for out in score(json.loads(line)):
            g.write(json.dumps(out) + "\\n")
"""
ORJSON = f"""
import orjson
{FUNCTION}
with open("in.json", "rb") as f, open("out.json", "wb") as g:
    for line in f:
        for out in score(orjson.loads(line)):
            g.write(orjson.dumps(out) + b"\\n")
"""
HALVES = f"""
import os
import shutil
import orjson
{FUNCTION}
size = os.path.getsize("in.json")
with open("in.json", "rb") as f:
    f.seek(size // 2)
    f.readline()
    cut = f.tell()
other = os.fork()
at, end, name = (0, cut, "out.json") if other else (cut, size, "rest.json")
with open("in.json", "rb") as f, open(name, "wb") as g:
    f.seek(at)
    while at < end:
        line = f.readline()
        at += len(line)
        for out in score(orjson.loads(line)):
            g.write(orjson.dumps(out) + b"\\n")
if other:
    os.waitpid(other, 0)
    with open("rest.json", "rb") as f, open("out.json", "ab") as g:
        shutil.copyfileobj(f, g)
"""
DASK = f"""
import json
import dask.bag
{FUNCTION}
def scored(lines):
    return [json.dumps(out) for line in lines for out in score(json.loads(line))]
if __name__ == "__main__":
    bag = dask.bag.read_text("in.json", blocksize="16MiB").map_partitions(scored)
    bag.to_textfiles("dask/*.json", compute_kwargs={{"scheduler": "processes"}})
"""
RAY = f"""
import ray
{FUNCTION}
def scored(r):
    return list(score(r))
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
ray.data.read_json("in.json", lines=True).flat_map(scored).write_json("ray")
"""
MLFLOW = f"""
import mlflow.pyfunc
{FUNCTION}
class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [out for r in model_input.to_dict("records") for out in score(r)]
mlflow.pyfunc.save_model("mlflow-model", python_model=Model())
"""
PREDICT = "import sys; from mlflow.cli import cli; sys.argv[0] = 'mlflow'; cli()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="also Dask, Ray and MLflow")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        folder = Path(name)
        os.environ |= {"MODELOP_HOME": str(folder / "home"), "IPYTHONDIR": str(folder / "ipython")}
        os.environ.pop("MODELOP_REGISTRY_URL", None)
        # Or its workers would only get what everybody else on the machine leaves.
        os.environ |= {"RAY_worker_niceness": "0"}
        prepare(folder, arguments.records)
        os.chdir(folder)
        sides = {**loops(), **ours(), **notebook()}
        if arguments.peers:
            sides |= peers(folder)
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(arguments.rounds):
            for side, run in sides.items():
                started = time.perf_counter()
                try:
                    run()
                except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                    continue  # a peer that cannot run here; its row says so
                times[side].append(time.perf_counter() - started)
    report(times, arguments.records)


def prepare(folder: Path, records: int) -> None:
    rng = random.Random(1)
    with (folder / "in.json").open("w") as file:
        for number in range(records):
            x, y = round(rng.random() * 100, 3), round(rng.random() * 10, 4)
            name = f"customer-{number:06}"
            record = {"id": number, "x": x, "y": y, "name": name, "flag": number % 2 == 0}
            file.write(json.dumps(record) + "\n")
    (folder / "model.py").write_text(FUNCTION)


def python(code: str, executable: str = sys.executable) -> Callable[[], object]:
    Path("scripts").mkdir(exist_ok=True)
    script = Path("scripts", f"{abs(hash((code, executable)))}.py")
    script.write_text(code)
    return lambda: subprocess.run(
        [executable, script], check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE
    )


def loops() -> dict[str, Callable[[], object]]:
    return {
        "(a) plain loop, json": python(PLAIN),
        "(b) plain loop, orjson": python(ORJSON),
        "(b) by two processes, half of the lines each": python(HALVES),
    }


def ours() -> dict[str, Callable[[], object]]:
    """Return jobs of one worker and of two, from the call to the delivered output."""
    from modelop_jupyter import Workspace

    workspace = Workspace()
    workspace.register("overhead", "model.py")

    def batch(workers: int) -> Callable[[], object]:
        def run() -> None:
            job = workspace.batch("overhead", "in.json", output="scores.json", workers=workers)
            job.wait()
            if job.result.value != "SUCCESS":
                raise SystemExit(f"the job failed: {job.messages}")

        return run

    batch(1)()  # builds the environment
    batch(1)()  # leaves processes warm, as in the middle of a day's work
    time.sleep(WARMING)
    return {"ours, one worker": batch(1), "ours, two workers": batch(2)}


def notebook() -> dict[str, Callable[[], object]]:
    """Return the plain loop as a cell of a live kernel."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(extra_arguments=["--log-level=ERROR"])
    atexit.register(manager.shutdown_kernel, now=True)
    return {
        "(e) the plain loop in a cell": lambda: client.execute_interactive(
            PLAIN, store_history=False, timeout=600
        )
    }


def peers(folder: Path) -> dict[str, Callable[[], object]]:
    executable = str(folder / "peers" / "bin" / "python")
    for command in (
        ["venv", "-q", "--python", sys.executable, "peers"],
        ["pip", "install", "-q", "--python", executable, "dask", "ray[data]", "mlflow", "pandas"],
    ):
        subprocess.run([sys.executable, "-m", "uv", *command], check=True)
    python(MLFLOW, executable)()
    lines = ",".join((folder / "in.json").read_text().split("\n")[:-1])
    (folder / "mlflow.json").write_text(f'{{"dataframe_records": [{lines}]}}')
    predict = "models predict -m mlflow-model -i mlflow.json -t json --env-manager local -o ml.json"

    def mlflow() -> None:
        command = [executable, "-c", PREDICT, *predict.split()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return {
        "(c) `mlflow models predict`": mlflow,
        "(d) Dask bag, processes": python(DASK, executable),
        "(d) Ray Data": python(RAY, executable),
    }


def report(times: dict[str, list[float]], records: int) -> None:
    plain, fast, *_ = times.values()
    print(f"| {records:,} records, {len(plain)} rounds | median s | min | max | of (a) | of (b) |")
    print("|---|---:|---:|---:|---:|---:|")
    for side, seconds in times.items():
        if len(seconds) < len(plain):
            print(f"| {side} | could not be run here | | | | |")
            continue
        ratios = [
            f"{statistics.median(a / b for a, b in zip(seconds, base, strict=True)):.2f}"
            for base in (plain, fast)
        ]
        middle = f"{statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f}"
        print(f"| {side} | {middle} | {' | '.join(ratios)} |")


if __name__ == "__main__":
    main()
