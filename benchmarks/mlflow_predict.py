"""One batch of one record, with the environment it needs, against ``mlflow models predict``.

    python benchmarks/mlflow_predict.py [--rounds 3]

Both sides get the same requirements, mlflow's own among them, and a warm package cache; each is the
whole command of a shell. mlflow is installed into an environment that is thrown away at the end.
Its ``virtualenv`` manager has pyenv build a Python of its own from python.org: where there is no
pyenv, or no way there, the table says so.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBRARIES = ("pandas==2.2.3", "scikit-learn==1.5.2")
MLFLOW_MODEL = """
import sys
import mlflow
class Same(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input
needed = ["mlflow-skinny==" + mlflow.__version__, *sys.argv[2:]]
mlflow.pyfunc.save_model(sys.argv[1], python_model=Same(), pip_requirements=needed)
"""
OUR_MODEL = "# modelop.score\ndef score(record):\n    yield record\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        folder = Path(name)
        python = mlflow_python(folder)
        requirements = (folder / "model" / "requirements.txt").read_text()
        register(folder, requirements)
        ours, again, theirs = [], [], []
        ours_of(folder / "warm-up")
        predict(folder, python, "uv")
        for number in range(rounds):
            home = folder / f"home-{number}"
            ours.append(ours_of(home))
            again.append(ours_of(home))
            theirs.append(predict(folder, python, "uv"))
        virtualenv = predict(folder, python, "virtualenv")
    base = statistics.median(seconds for seconds in theirs if seconds is not None)
    print(f"| one record, {', '.join(requirements.split())} | median | ratio |")
    print("|---|---:|---:|")
    print(row("`mlflow models predict --env-manager uv`, which builds each time", base, base))
    print(row("`mlflow models predict --env-manager virtualenv`, once", virtualenv, base))
    print(row("`modelop batch`, environment not there", statistics.median(ours), base))
    print(row("`modelop batch`, again", statistics.median(again), base))


def mlflow_python(folder: Path) -> Path:
    """Install mlflow and save a model with it; returns the Python that has it."""
    python = folder / "mlflow" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "-q", "--python", sys.executable, str(folder / "mlflow")])
    tools = ["mlflow-skinny", "pandas==2.2.3", "virtualenv", "uv"]
    run([*uv, "pip", "install", "-q", "--python", str(python), *tools])
    (folder / "save.py").write_text(MLFLOW_MODEL)
    run([str(python), str(folder / "save.py"), str(folder / "model"), *LIBRARIES])
    (folder / "in.json").write_text('{"dataframe_records": [{"x": 1}]}')
    return python


def predict(folder: Path, python: Path, manager: str) -> float | None:
    """Time mlflow; None where it failed."""
    command = [str(python.with_name("mlflow")), "models", "predict", "-m", str(folder / "model")]
    command += ["-i", str(folder / "in.json"), "-o", str(folder / "out.json")]
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--env-manager", manager], env=environment, capture_output=True
    )
    return None if done.returncode else time.perf_counter() - started


def register(folder: Path, requirements: str) -> None:
    """Write what our side registers."""
    ours = folder / "ours"
    ours.mkdir()
    (ours / "model.py").write_text(OUR_MODEL)
    (ours / "requirements.txt").write_text(requirements)
    (folder / "record.json").write_text('{"x": 1}\n')


def ours_of(home: Path) -> float:
    """Time a batch of ours; the model is registered before, and nothing is prepared."""
    environment = {**os.environ, "MODELOP_HOME": str(home), "MODELOP_PREPARE": "off"}
    modelop = [sys.executable, "-m", "modelop_jupyter"]
    run([*modelop, "register", "same", str(home.parent / "ours")], environment)
    started = time.perf_counter()
    run([*modelop, "batch", "same", str(home.parent / "record.json")], environment)
    return time.perf_counter() - started


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, env=environment, capture_output=True)


def row(what: str, seconds: float | None, base: float) -> str:
    if seconds is None:
        return f"| {what} | could not be run here | |"
    return f"| {what} | {seconds:.2f} s | {seconds / base:.2f} |"


if __name__ == "__main__":
    main()
