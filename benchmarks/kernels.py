"""How long an isolated kernel takes from its start to its first result.

Baseline: plain ipykernel of the same version in a virtual environment that has it installed beside
the model's packages, started by jupyter_client, with the request sent at once. Each round starts
both, in turns first and second, after one start of each that is not counted. The model's environment
and the overlay are built. ``started`` is ours with `Kernels.start`, ``installed`` the kernel spec of
`kernel install` by jupyter_client. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CELL = "import six; print(six.__version__)"
REQUIREMENT = "six==1.16.0"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(Path(folder), rounds)))


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Build what is needed and time the three in turns."""
    os.environ.update(
        MODELOP_HOME=str(folder / "home"),
        JUPYTER_DATA_DIR=str(folder / "jupyter"),
        IPYTHONDIR=str(folder / "ipython"),
    )
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(folder)
    from modelop_jupyter import Workspace
    from modelop_jupyter.kernels import Kernels, specs

    Path("model.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    Path("requirements.txt").write_text(REQUIREMENT + "\n")
    with Workspace() as workspace:
        workspace.register("bench", "model.py", assets=[("requirements.txt", None)])
        kernels = Kernels(workspace)
        name = specs.install(kernels, "bench").name
        plain = plain_kernel(folder)
        subjects: dict[str, Callable[[], float]] = {
            "plain ipykernel": lambda: by_jupyter(plain),
            "started": lambda: by_us(kernels),
            "installed": lambda: by_jupyter(name),
        }
        times: dict[str, list[float]] = {subject: [] for subject in subjects}
        for turn in range(rounds + 1):
            order = list(subjects)[turn % 3 :] + list(subjects)[: turn % 3]
            for subject in order:
                seconds = subjects[subject]()
                if turn:
                    times[subject].append(seconds * 1000)
        kernels.close()
    return times


def plain_kernel(folder: Path) -> str:
    """Make the environment that has ipykernel installed, and its kernel spec."""
    environment = folder / "plain"
    python = environment / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    install = [*uv, "pip", "install", "--python", python, "ipykernel", REQUIREMENT]
    subprocess.run(install, check=True)
    options = ["--prefix", folder / "jupyter-prefix", "--name", "plain"]
    subprocess.run(
        [python, "-m", "ipykernel", "install", *options], check=True, capture_output=True
    )
    spec = folder / "jupyter-prefix" / "share" / "jupyter" / "kernels" / "plain"
    kernels = folder / "jupyter" / "kernels"
    kernels.mkdir(parents=True, exist_ok=True)
    spec.rename(kernels / "plain")
    return "plain"


def by_jupyter(name: str) -> float:
    """Return the seconds from the start to the first reply, by jupyter_client."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name=name)
    begun = time.perf_counter()
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels(hb=False)
    client.execute(CELL)
    client.get_shell_msg(timeout=60)
    seconds = time.perf_counter() - begun
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return seconds


def by_us(kernels: Any) -> float:
    """Return the seconds from the start to the end of the first cell, with its output heard."""
    heard: list[str] = []

    class Front:
        def stream(self, _name: str, text: str) -> None:
            heard.append(text)

    begun = time.perf_counter()
    record, is_new = kernels.start("bench")
    kernels.run(record, CELL, Front())
    seconds = time.perf_counter() - begun
    assert is_new
    assert "".join(heard).strip() == "1.16.0"
    kernels.stop("bench")
    return seconds


def table(times: dict[str, list[float]]) -> str:
    """Return medians, spread, and ratios to the baseline as a Markdown table."""
    baseline = statistics.median(times["plain ipykernel"])
    lines = ["| start to first result | median ms | min | max | ratio |", "|---|---|---|---|---|"]
    for subject, values in times.items():
        median = statistics.median(values)
        figures = (median, min(values), max(values))
        cells = " | ".join(f"{value:.0f}" for value in figures)
        lines.append(f"| {subject} | {cells} | {median / baseline:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
