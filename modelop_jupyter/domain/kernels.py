"""Isolated kernels: the processes that run, and the kernel specs that were installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class KernelRecord:
    """One isolated kernel; ``model`` is the reference it was started with.

    ``began`` is the start time of the process, which tells it from a later process with the same
    id. ``owner`` is the process with which it ends, None for a kernel that runs until it is stopped.
    """

    id: str
    model: str
    environment: str
    pid: int
    began: float
    created: datetime
    connection_file: str
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class InstalledKernel:
    """An installed kernel spec in the user's Jupyter data folder; ``snapshot`` is the one it runs.

    ``gone`` says what it needs and is no longer there, None where nothing is known to be missing.
    """

    name: str
    display_name: str
    path: str
    snapshot: str = ""
    gone: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class KernelLists:
    """The isolated kernels that run, of all sessions, and those in JupyterLab's launcher."""

    running: tuple[KernelRecord, ...]
    installed: tuple[InstalledKernel, ...]
