"""The runner as a process: its script, its arguments, and its environment variables."""

from __future__ import annotations

import os
from pathlib import Path

from modelop_jupyter.files import FAULT_VARIABLE

RUNNER = Path(__file__).parents[1] / "runner" / "main.py"
_PASSED_ON = (
    *"PATH HOME LANG LC_ALL LC_CTYPE TMPDIR TMP TEMP TZ SYSTEMROOT CUDA_VISIBLE_DEVICES".split(),
    FAULT_VARIABLE,
)


def runner_command(python: str) -> tuple[str, ...]:
    """Return the arguments that start the runner with a Python; the job folder comes after them."""
    return (python, "-I", "-u", "-X", "utf8", str(RUNNER))


def child_environment(python: str) -> dict[str, str]:
    """Return the environment of a runner: an allow-list of ours, its own scripts first in PATH."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = str(Path(python).parent)
    passed["PATH"] = os.pathsep.join([own, passed["PATH"]]) if "PATH" in passed else own
    return passed
