"""Copies of remote inputs, which a job has on this disk only while it runs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.jobs.folder import JobFolder


def remove_copies(plan: Plan, folder: JobFolder) -> None:
    """Remove what an ended job had fetched; a retry fetches it again."""
    for data in plan.inputs:
        for path in map(Path, data.paths):
            if data.remotes and folder.inputs in path.parents:
                with suppress(OSError):
                    path.unlink()
                    files.remove_empty_folders(path.parent, below=folder.inputs)
