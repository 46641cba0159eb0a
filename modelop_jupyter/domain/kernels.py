"""Isolated kernels: the processes that run, and the kernel specs that were installed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KernelRecord:
    """One isolated kernel; ``model`` is the reference it was started with.

    ``began`` is when the system says the process began: a number that is used again is then not
    taken for it. ``owner`` is the process it ends with, None for one that stays until it is
    stopped.
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
    """A kernel spec of ours in the user's Jupyter data folder; ``snapshot`` is what it runs."""

    name: str
    display_name: str
    path: str
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class KernelLists:
    """The isolated kernels that run, of all sessions, and those in JupyterLab's launcher."""

    running: tuple[KernelRecord, ...]
    installed: tuple[InstalledKernel, ...]
