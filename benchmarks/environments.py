"""How fast a model's environment is there, against the tools by hand.

    python benchmarks/environments.py [--rounds 5] [--pip]

Every round of the first table runs both sides one after the other, in processes of their own, on
a warm package cache, so ratios hold where times do not. ``--pip`` adds one run of pip by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REQUIREMENTS = "pandas==2.2.3\nscikit-learn==1.5.2\n"
# One process from the import of the manager to the finished environment, as a job does it.
BUILD = """
import json, sys, time
from pathlib import Path
started = time.perf_counter()
from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
manager = EnvironmentManager(Path(sys.argv[1]))
spec = EnvironmentSpec(files={"requirements.txt": sys.argv[2].encode()}, holders=("requirements.txt",))
lock = manager.lock(spec)
locked = time.perf_counter()
environment = manager.ensure(lock)
print(json.dumps([locked - started, time.perf_counter() - locked, environment.python]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pip", action="store_true", help="also run pip by hand, once")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        folder = Path(name)
        build(folder / "warm-up")
        by_hand(folder)
        rows = [*builds(folder, arguments.rounds), *attaching(folder)]
        if arguments.pip:
            once = timed(lambda: pip(folder))
            rows.insert(1, ("`python -m venv` and pip by hand, once", *against([once], rows[0][1])))
    print("In a home that has built an environment before.\n")
    print("| pandas 2.2.3 and scikit-learn 1.5.2, warm package cache | median | ratio |")
    print("|---|---:|---:|")
    for what, seconds, ratio in rows:
        print(f"| {what} | {shown(seconds)} | {ratio} |")


def builds(folder: Path, rounds: int) -> list[tuple[str, float, str]]:
    """Time both sides in turn."""
    ours, hand, locked = [], [], []
    for number in range(rounds):
        root = folder / f"ours-{number}"
        # A home is new only once: in this one an environment was made before.
        shutil.copytree(folder / "warm-up" / "blanks", root / "blanks", symlinks=True)
        ours.append(timed(lambda root=root: build(root)))
        hand.append(timed(lambda: by_hand(folder)))
        # The environment is gone and its lock is known: a snapshot's environment made again.
        for found in [path for path in root.iterdir() if (path / "environment.json").exists()]:
            shutil.rmtree(found)
        locked.append(timed(lambda root=root: build(root)))
    base = statistics.median(hand)
    return [
        ("`uv venv` and `uv pip install` by hand", base, "1.00"),
        ("ours, from requirements to a checked environment", *against(ours, base)),
        ("ours, from a known lock", *against(locked, base)),
        ("the same in a process that has built before", *against(again(folder, rounds), base)),
    ]


def again(folder: Path, rounds: int) -> list[float]:
    """Time what a notebook that has built an environment before waits for the next."""
    from modelop_jupyter.domain.environments import EnvironmentSpec
    from modelop_jupyter.environments import EnvironmentManager

    manager = EnvironmentManager(folder / "again")
    spec = EnvironmentSpec(
        files={"requirements.txt": REQUIREMENTS.encode()}, holders=("requirements.txt",)
    )
    built = manager.ensure(manager.lock(spec))
    seconds = []
    for _ in range(rounds):
        shutil.rmtree(built.path)
        seconds.append(timed(lambda: manager.ensure(manager.lock(spec))))
    return seconds


def attaching(folder: Path) -> list[tuple[str, float, str]]:
    """Time what a job waits for when its environment exists."""
    from modelop_jupyter.domain.environments import EnvironmentSpec
    from modelop_jupyter.environments import EnvironmentManager

    manager = EnvironmentManager(folder / "warm-up")
    spec = EnvironmentSpec(
        files={"requirements.txt": REQUIREMENTS.encode()}, holders=("requirements.txt",)
    )
    environment = manager.find(manager.lock(spec))
    assert environment

    def attach() -> None:
        assert manager.find(manager.lock(spec))

    def start() -> None:
        subprocess.run([environment.python, "-I", "-c", "pass"], check=True)

    found, started = [], []
    for _ in range(21):
        found.append(timed(attach))
        started.append(timed(start))
    base = statistics.median(started)
    return [
        ("starting the python of an existing environment", base, "1.00"),
        ("ours, finding an existing environment", *against(found, base)),
    ]


def build(root: Path) -> list[object]:
    done = run([sys.executable, "-c", BUILD, str(root), REQUIREMENTS])
    answer: list[object] = json.loads(done)
    return answer


def by_hand(folder: Path) -> None:
    import uv

    from modelop_jupyter.environments.interpreters import own_interpreter

    target = folder / "by-hand"
    shutil.rmtree(target, ignore_errors=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(REQUIREMENTS)
    tool = uv.find_uv_bin()
    run([tool, "venv", "--quiet", "--python", own_interpreter().executable, str(target)])
    python = str(target / "bin" / "python")
    run([tool, "pip", "install", "--quiet", "--python", python, "-r", str(requirements)])


def pip(folder: Path) -> None:
    target = folder / "by-pip"
    run([sys.executable, "-m", "venv", str(target)])
    run([str(target / "bin" / "pip"), "install", "--quiet", "-r", str(folder / "requirements.txt")])


def run(command: list[str]) -> str:
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def against(values: list[float], base: float) -> tuple[float, str]:
    median = statistics.median(values)
    return median, f"{median / base:.2f}"


def shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.2g} ms"


if __name__ == "__main__":
    main()
