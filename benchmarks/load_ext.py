"""How long `%load_ext modelop_jupyter` takes in a live kernel, beside `%load_ext autoreload`.

Each round starts a fresh kernel and loads both, in turns first and second; the time is taken in
the kernel. Prints medians, spread and the ratio of the medians as a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

from jupyter_client.manager import start_new_kernel

QUIET = ["--log-level=ERROR"]  # newer kernels tell everybody that they speak over TCP
OURS, BASELINE = "modelop_jupyter", "autoreload"
CELL = """
import json, sys, time
from IPython import get_ipython
before = set(sys.modules)
begun = time.perf_counter()
get_ipython().run_line_magic("load_ext", {name!r})
seconds = time.perf_counter() - begun
heavy = sorted({{"sqlalchemy", "pandas", "jupyter_client"}} & (set(sys.modules) - before))
print(json.dumps([seconds * 1000, heavy]))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {OURS: [], BASELINE: []}
    brought: set[str] = set()
    for turn in range(rounds):
        order = (OURS, BASELINE) if turn % 2 else (BASELINE, OURS)
        brought |= measure(order, times)
    baseline = statistics.median(times[BASELINE])
    print("| in a live kernel | median ms | min | max | ratio |\n|---|---:|---:|---:|---:|")
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"| `%load_ext {name}` | {median:.1f} | {min(values):.1f} | {max(values):.1f}"
            f" | {median / baseline:.2f} |"
        )
    print(
        f"\nOf SQLAlchemy, pandas and jupyter_client it loads: {', '.join(sorted(brought)) or 'none'}."
    )


def measure(order: tuple[str, ...], times: dict[str, list[float]]) -> set[str]:
    """Load both in one kernel; returns the heavy modules that ours brought with it."""
    brought: set[str] = set()
    manager, client = start_new_kernel(extra_arguments=QUIET)
    try:
        for name in order:
            milliseconds, heavy = run(client, CELL.format(name=name))
            times[name].append(milliseconds)
            if name == OURS:
                brought = set(heavy)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return brought


def run(client: Any, cell: str) -> Any:
    """Run a cell and return what it printed, read as JSON."""
    printed: list[str] = []

    def note(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    client.execute_interactive(cell, output_hook=note, timeout=60)
    return json.loads("".join(printed))


if __name__ == "__main__":
    main()
