"""Take an environment away, but never from under somebody."""

from __future__ import annotations

import shutil
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.environments.shelf import Shelf, home_errors
from modelop_jupyter.environments.usage import end_compiling, processes_in
from modelop_jupyter.errors import ConflictError


def remove(shelf: Shelf, environment: Environment) -> None:
    """Remove an environment; raises :class:`ConflictError` while it is built or in use."""
    path = shelf.path(environment.fingerprint)
    try:
        with shelf.guard(environment.fingerprint, timeout=0):
            refuse_if_used(environment)
            end_compiling(path)
            with home_errors(shelf.root):
                grave = shelf.beside(environment.fingerprint)
                files.rename(path, grave)
            try:
                # Whoever came between the look and the renaming keeps it.
                refuse_if_used(environment)
            except ConflictError:
                files.rename(grave, path)
                raise
            shutil.rmtree(grave, ignore_errors=True)
    except TimeoutError:
        raise ConflictError(
            f"environment {environment.fingerprint[:8]} is being built", "Try again later"
        ) from None


def refuse_if_used(environment: Environment) -> None:
    """Raise :class:`ConflictError` that names the processes in an environment."""
    users = processes_in(Path(environment.path))
    if users:
        raise ConflictError(
            f"environment {environment.fingerprint[:8]} is used by process"
            f" {', '.join(map(str, users))}",
            "Cancel the job or stop the kernel that runs in it",
        )
