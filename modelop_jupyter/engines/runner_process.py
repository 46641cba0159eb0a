"""The runner as a process: its script, its arguments, and its environment variables."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from modelop_jupyter.files import FAULT_VARIABLE

RUNNER = Path(__file__).parents[1] / "runner" / "main.py"
_PACKAGE = "_modelop_runner_files"
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


def runner_files(*names: str) -> list[Any]:
    """Return files of the runner as modules of this process that no import finds.

    What the runner does is not written twice: a check, or how a value becomes JSON.
    """
    import importlib
    import importlib.util

    folder = RUNNER.parent
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None:
        raise ImportError(f"{folder} is no package")
    sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
    try:
        return [importlib.import_module(f"{_PACKAGE}.{name}") for name in names]
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]:
            del sys.modules[name]
