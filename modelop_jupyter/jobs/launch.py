"""Starting the runner of a staged job folder in a model's environment."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.engines import Command, Handle, LocalEngine, fork_warm, lifeline
from modelop_jupyter.files import FAULT_VARIABLE
from modelop_jupyter.jobs.folder import JobFolder

RUNNER = Path(__file__).parent.parent / "runner" / "main.py"
_PASSED_ON = (
    *"PATH HOME LANG LC_ALL LC_CTYPE TMPDIR TMP TEMP TZ SYSTEMROOT CUDA_VISIBLE_DEVICES".split(),
    FAULT_VARIABLE,
)


def launch(folder: JobFolder, python: str, mark: str, *, warm: Path | None = None) -> Handle:
    """Start the runner; it reads the rest from the folder (architecture, decision 2).

    All it starts carries the ``mark``: the job's id, or that and the worker's number. ``warm`` is
    the folder of a process that it can be a fork of.
    """
    folder.append("phase", phase="running")
    command = Command(
        arguments=(str(folder.root),),
        cwd=folder.work,
        environment=child_environment(python),
        console=folder.console,
        mark=mark,
    )
    with lifeline() as (ours, descriptors):
        command = replace(command, descriptors=descriptors)
        started: Handle | None = None if warm is None else fork_warm(warm, command)
        if started is None:
            runner = (python, "-I", "-u", "-X", "utf8", str(RUNNER))
            command = replace(command, arguments=(*runner, *command.arguments))
            started = LocalEngine().launch(command)
    started.lifeline = ours
    return started


def child_environment(python: str) -> dict[str, str]:
    """Return what a runner may see of our environment: an allow-list, its own scripts first."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = str(Path(python).parent)
    passed["PATH"] = os.pathsep.join([own, passed["PATH"]]) if "PATH" in passed else own
    return passed
