"""Starting the runner of a staged job folder in a model's environment."""

from __future__ import annotations

import os
from pathlib import Path

from modelop_jupyter.engines import Command, Handle, LocalEngine
from modelop_jupyter.jobs.folder import JobFolder

RUNNER = Path(__file__).parent.parent / "runner" / "main.py"
_PASSED_ON = (
    "PATH HOME LANG LC_ALL LC_CTYPE TMPDIR TMP TEMP TZ SYSTEMROOT CUDA_VISIBLE_DEVICES".split()
)


def launch(folder: JobFolder, python: str, mark: str) -> Handle:
    """Start the runner; it reads the rest from the folder (architecture, decision 2).

    All it starts carries the ``mark``: the job's id, or that and the worker's number.
    """
    folder.append("phase", phase="running")
    return LocalEngine().launch(
        Command(
            arguments=(python, "-I", "-u", "-X", "utf8", str(RUNNER), str(folder.root)),
            cwd=folder.work,
            environment=child_environment(python),
            console=folder.console,
            mark=mark,
        )
    )


def child_environment(python: str) -> dict[str, str]:
    """Return what a runner may see of our environment: an allow-list, its own scripts first."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = str(Path(python).parent)
    passed["PATH"] = os.pathsep.join([own, passed["PATH"]]) if "PATH" in passed else own
    return passed
