"""What a short command takes of a processor, from the start of its process to its end.

In turns with importing SQLAlchemy, which every command that reads the registry has to do, and with
a bare Python. Seconds of a processor, not of the clock: a shell's user waits for little else, and they
can be compared where other work goes on.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROUNDS = 15
MODELOP = (sys.executable, "-m", "modelop_jupyter")
COMMANDS = {
    "`import sqlalchemy`": (sys.executable, "-c", "import sqlalchemy"),
    "`modelop jobs`": (*MODELOP, "jobs"),
    "`modelop models`": (*MODELOP, "models"),
    "`modelop help`": (*MODELOP, "help"),
    "`python -c pass`": (sys.executable, "-c", "pass"),
}
BASE = "`import sqlalchemy`"


def main() -> None:
    """Measure, and print one Markdown table."""
    with tempfile.TemporaryDirectory() as name:
        # Modules are compiled in the first round, as they are when a package is installed.
        environment = {**os.environ, "MODELOP_HOME": str(Path(name) / "home")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment.pop("MODELOP_REGISTRY_URL", None)
        rounds = [
            {what: seconds_of(command, environment) for what, command in COMMANDS.items()}
            for _ in range(ROUNDS + 1)
        ][1:]
    times = {what: [one[what] for one in rounds] for what in COMMANDS}
    print("Seconds of a processor in a home that is there.\n")
    print("| what | median s | min | max | of importing SQLAlchemy |\n|---|---:|---:|---:|---:|")
    for what, found in times.items():
        # Pair by pair: the speed of a machine drifts.
        ratio = statistics.median(one / base for one, base in zip(found, times[BASE], strict=True))
        spread = f"{statistics.median(found):.3f} | {min(found):.3f} | {max(found):.3f}"
        print(f"| {what} | {spread} | {ratio:.2f} |")


def seconds_of(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command and return the seconds of a processor that it took."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: {process.returncode}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
