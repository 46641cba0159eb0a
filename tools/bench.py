"""Run every script of a folder of benchmarks and print their tables, one Markdown document.

usage: python tools/bench.py FOLDER [NAME ...]
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run the scripts in the order of their names; 1 when one of them failed."""
    folder, *names = arguments
    scripts = sorted(path for path in Path(folder).glob("*.py") if not path.name.startswith("_"))
    failed = []
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n")
    for script in scripts:
        if names and script.stem not in names:
            continue
        print(f"## {script.stem}\n", flush=True)
        if subprocess.run([sys.executable, str(script)], stdin=subprocess.DEVNULL).returncode:
            failed.append(script.stem)
        print(flush=True)
    if failed:
        print("error: failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
