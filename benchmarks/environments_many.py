"""Many environments: eight at once against one, and what the tenth adds to the disk.

    python benchmarks/environments_many.py [--rounds 3]

All of them hold pandas and scikit-learn and differ in one small package; the package cache is warm
and the requirements are resolved. uv by hand does the same in the same rounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.bytecode import compile_in_background
from modelop_jupyter.environments.cleanup.disk_usage import DiskUsage

COMMON = "pandas==2.2.3\nscikit-learn==1.5.2\n"
VERSIONS = ["3.0", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9"]
AT_ONCE = 8
BUILD = """
import sys
from pathlib import Path
from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
manager = EnvironmentManager(Path(sys.argv[1]))
spec = EnvironmentSpec(files={"requirements.txt": sys.argv[2].encode()}, holders=("requirements.txt",))
manager.ensure(manager.lock(spec))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        folder = Path(name)
        # What others do with the user's package cache meanwhile would be measured, too.
        os.environ["UV_CACHE_DIR"] = str(folder / "cache")
        for name in ("warm-up", "warm"):
            manager = EnvironmentManager(folder / name)
            for version in VERSIONS:
                manager.ensure(manager.lock(spec_of(version)))
            shutil.copytree(
                folder / "warm-up" / "locks", folder / "warm" / "locks", dirs_exist_ok=True
            )
        print(
            "| pandas, scikit-learn and one other package, warm package cache | seconds | of one |"
        )
        print("|---|---:|---:|")
        for what, seconds, ratio in at_once(folder, arguments.rounds):
            print(f"| {what} | {seconds:.2f} | {ratio} |")
        print()
        print(
            "| the tenth environment that shares all but one package | on disk | of a full copy |"
        )
        print("|---|---:|---:|")
        for what, size, share in disk(manager):
            print(f"| {what} | {size / 1e6:.1f} MB | {share} |")


def at_once(folder: Path, rounds: int) -> list[tuple[str, float, str]]:
    """Build one, then eight in as many processes, in turns with uv by hand."""
    figures: dict[str, list[float]] = {}
    for number in range(rounds):
        for count in (1, AT_ONCE):
            here = folder / f"{number}-{count}"
            here.mkdir()
            locked = here / "locked"
            shutil.copytree(folder / "warm-up" / "locks", locked / "locks")
            for what, commands in (
                ("`uv venv` and `uv pip install`", [by_hand(here, v) for v in VERSIONS[:count]]),
                ("ours, from requirements", [ours(here / "new", v) for v in VERSIONS[:count]]),
                ("ours, from known locks", [ours(locked, v) for v in VERSIONS[:count]]),
            ):
                figures.setdefault(f"{what}: {count}", []).append(run_all(commands))
            shutil.rmtree(here)
    rows = []
    for what, seconds in figures.items():
        alone = figures[what.rpartition(" ")[0] + " 1"]
        ratio = statistics.median(each / one for each, one in zip(seconds, alone, strict=True))
        rows.append((what, statistics.median(seconds), f"{ratio:.1f}x"))
    return sorted(rows, key=lambda row: row[0])


def disk(manager: EnvironmentManager) -> list[tuple[str, int, str]]:
    """Measure what the last of ten adds, when built and when its bytecode is compiled."""
    built = manager.list()
    whole = apparent(built[-1].path)
    rows = [("full copy", whole, "100 %")]
    for what in ("as built", "with its bytecode, compiled after the first job"):
        folders = [Path(each.path) for each in manager.list()]
        added = DiskUsage(folders).shares(folders)[folders[-1]]
        rows.append((what, added, f"{added / whole:.1%}".replace("%", " %")))
        compile_in_background(built[-1])
        note = folders[-1] / "bytecode.txt"
        while note.read_text() != "done\n":
            time.sleep(0.1)
    return rows


def apparent(folder: str) -> int:
    """Return what a copy of a folder would take."""
    files = [path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(path.stat().st_blocks * 512 for path in files)


def spec_of(version: str) -> EnvironmentSpec:
    files = {"requirements.txt": text_of(version).encode()}
    return EnvironmentSpec(files=files, holders=("requirements.txt",))


def text_of(version: str) -> str:
    return f"{COMMON}idna=={version}\n"


def ours(root: Path, version: str) -> list[str]:
    return [sys.executable, "-c", BUILD, str(root), text_of(version)]


def by_hand(folder: Path, version: str) -> list[str]:
    import uv

    from modelop_jupyter.environments.interpreters import own_interpreter

    target, requirements = folder / version, folder / f"{version}.txt"
    requirements.write_text(text_of(version))
    tool, python = uv.find_uv_bin(), target / "bin" / "python"
    script = (
        f'"{tool}" venv -q --python "{own_interpreter().executable}" "{target}"'
        f' && "{tool}" pip install -q --python "{python}" -r "{requirements}"'
    )
    return ["sh", "-c", script]


def run_all(commands: Sequence[Sequence[str]]) -> float:
    """Run commands at once and return the seconds until the last has ended."""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    codes = [process.wait() for process in [subprocess.Popen(c, env=environ) for c in commands]]
    if any(codes):
        raise SystemExit("a build failed")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
