"""Remove an environment, unless a process uses it.

Who uses it is read from the system's list of processes, so a crash leaves nothing stale.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.process_mark import MARK, WAITING
from modelop_jupyter.environments.bytecode import SCRIPT
from modelop_jupyter.environments.store import EnvironmentStore, home_errors
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.processes import is_alive, wait_for_program

if TYPE_CHECKING:
    import psutil

# On a busy machine, a process of the lowest priority takes long to end when it is killed.
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.01
_EXEC_SECONDS = 1.0


def remove(store: EnvironmentStore, environment: Environment) -> None:
    """Remove an environment; raises :class:`ConflictError` while it is built or in use."""
    path = store.path(environment.fingerprint)
    try:
        with store.file_lock(environment.fingerprint, timeout=0):
            _refuse_if_kept(store, environment)
            refuse_if_used(environment)
            end_compiling(path)
            with home_errors(store.root):
                temporary = store.temporary_path(environment.fingerprint)
                files.rename(path, temporary)
            try:
                # A process may have started in it between the check and the renaming.
                _refuse_if_kept(store, environment)
                refuse_if_used(environment)
            except ConflictError:
                files.rename(temporary, path)
                raise
            shutil.rmtree(temporary, ignore_errors=True)
    except TimeoutError:
        raise ConflictError(
            f"environment {environment.fingerprint[:8]} is being built", "Try again later"
        ) from None


def refuse_if_used(environment: Environment) -> None:
    """Raise :class:`ConflictError` that names the processes in an environment."""
    path = Path(environment.path)
    users = processes_in([path])[path]
    if users:
        raise ConflictError(
            f"environment {environment.fingerprint[:8]} is used by process"
            f" {', '.join(map(str, users))}",
            "Cancel the job or stop the kernel that runs in it",
        )


def _refuse_if_kept(store: EnvironmentStore, environment: Environment) -> None:
    if store.is_in_use(environment.fingerprint):
        raise ConflictError(
            f"environment {environment.fingerprint[:8]} is used by a task of a job",
            "Wait for its end, or cancel the job",
        )


def processes_in(paths: Sequence[Path]) -> dict[Path, list[int]]:
    """Return for each environment the ids of the processes with a path of it in their arguments.

    An isolated kernel has the path of its overlay there. Processes that compile bytecode in the
    background do not count, nor do warm processes that wait for jobs: they end when it is removed.
    """
    prefixes = {path: str(path) + os.sep for path in paths}
    users: dict[Path, list[int]] = {path: [] for path in paths}
    for process, arguments in _processes():
        if str(SCRIPT) not in arguments:
            for path, prefix in prefixes.items():
                is_inside = any(argument.startswith(prefix) for argument in arguments)
                if is_inside and not _waits(process):
                    users[path].append(process.pid)
    return users


def end_compiling(path: Path) -> None:
    """Kill the processes that compile the bytecode of an environment in the background."""
    import psutil

    compiling = [
        process
        for process, arguments in _processes()
        if str(SCRIPT) in arguments and str(path) in arguments
    ]
    for process in compiling:
        with suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(map(is_alive, compiling)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _waits(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.environ().get(MARK) == WAITING)
    except (psutil.Error, OSError):
        return False


def _processes() -> list[tuple[psutil.Process, list[str]]]:
    import psutil

    deadline = time.monotonic() + _EXEC_SECONDS
    found: list[tuple[psutil.Process, list[str]]] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            found.append((process, _arguments(process, deadline)))
    return found


def _arguments(process: psutil.Process, deadline: float) -> list[str]:
    arguments: list[str] = process.cmdline()
    if not arguments:
        wait_for_program(process, deadline)
        arguments = process.cmdline()
    return arguments
