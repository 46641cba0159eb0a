"""Whether anybody is in charge of a job: the one place that says so to those who remove folders."""

from __future__ import annotations

from modelop_jupyter.engines import is_running
from modelop_jupyter.jobs.folder import JobFolder


def is_supervised(folder: JobFolder) -> bool:
    """Say whether the supervisor of a job is still there."""
    try:
        supervisor = folder.read("supervisor.json")
    except (OSError, ValueError):
        return False
    try:
        return supervisor is not None and is_running(supervisor["pid"], supervisor["began"])
    except (KeyError, TypeError):
        return False
