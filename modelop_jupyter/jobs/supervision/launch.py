"""Start the supervisor of a job, and a runner of a staged job folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelop_jupyter.accelerators import prefork
from modelop_jupyter.engines import (
    Command,
    Handle,
    child_environment,
    lifeline,
    local,
    runner_command,
)
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.start import PhaseEvent

if TYPE_CHECKING:
    from modelop_jupyter.settings import Settings

_NONE: Mapping[str, str] = MappingProxyType({})
_NO_DESCRIPTORS: Mapping[str, int] = MappingProxyType({})


def start_supervisor(
    folder: JobFolder,
    settings: Settings,
    descriptors: Mapping[str, int],
    *,
    names: Iterable[str],
    secrets: Mapping[str, str],
    warm: Path | None,
) -> None:
    """Start the detached process that owns a job; raises :class:`OSError`.

    ``descriptors`` hand over the lock of the job, ``names`` are the environment variables that the
    requirements it may have to build use, ``secrets`` are further variables, and ``warm`` is the folder of a process that it can be a
    fork of.
    """
    from modelop_jupyter.domain import variables
    from modelop_jupyter.engines import ON_STDIN, encode_variables, start_detached

    # What may be secret is no part of its environment, which a model can read: see domain/variables.py.
    known = {**os.environ, **settings.variables}
    private = encode_variables({**variables.private(known, names), **secrets})
    command = Command(
        arguments=(str(folder.root), private),
        cwd=folder.root,
        environment=variables.plain(known),
        console=folder.root / "supervisor.log",
        descriptors=descriptors,
    )
    fork = prefork.fork(warm, command)
    if fork is not None:
        fork.release()
        return
    start_detached(
        [sys.executable, "-m", "modelop_jupyter.jobs.supervision", str(folder.root), ON_STDIN],
        cwd=command.cwd,
        environment=command.environment,
        log=command.console,
        descriptors=descriptors,
        stdin=private,
    )


def launch(
    folder: JobFolder,
    python: str,
    mark: str,
    *,
    warm: Path | None = None,
    variables: Mapping[str, str] = _NONE,
    descriptors: Mapping[str, int] = _NO_DESCRIPTORS,
) -> Handle:
    """Start the runner of a folder with the environment's interpreter.

    All processes that it starts have the ``mark`` in their environment: the job's id, or that and
    the worker's number. ``warm`` is the folder of a process that it can be a fork of. ``variables`` are
    put into its environment; it inherits ``descriptors``, and finds their numbers in the variables of
    these names.
    """
    folder.append(PhaseEvent(time.time(), "running"))
    command = Command(
        arguments=(str(folder.root),),
        cwd=folder.work,
        environment={**child_environment(python), **variables},
        console=folder.console,
        mark=mark,
    )
    with lifeline() as (ours, watched):
        command = replace(command, descriptors={**watched, **descriptors})
        handle: Handle | None = prefork.fork(warm, command)
        if handle is None:
            command = replace(command, arguments=(*runner_command(python), *command.arguments))
            handle = local.launch(command)
    handle.lifeline = ours
    return handle


def launch_conversion(folder: JobFolder, mark: str) -> Handle:
    """Start the process that makes what the runner of a folder is to read."""
    from modelop_jupyter.domain import variables
    from modelop_jupyter.jobs.conversion import CONVERSION_LOG

    with lifeline() as (ours, descriptors):
        command = Command(
            arguments=(sys.executable, "-m", "modelop_jupyter.jobs.conversion", str(folder.root)),
            cwd=folder.root,
            environment=variables.plain(os.environ),
            console=folder.root / CONVERSION_LOG,
            mark=mark,
            descriptors=descriptors,
        )
        handle = local.launch(command)
    handle.lifeline = ours
    return handle
