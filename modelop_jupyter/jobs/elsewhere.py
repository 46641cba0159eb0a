"""Jobs whose folder is in another home: a registry by URL lists those of all machines that use it."""

from __future__ import annotations

import socket

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.errors import JobElsewhereError
from modelop_jupyter.settings import Settings


def home_of(settings: Settings) -> dict[str, str]:
    """Return what a job's record keeps of the home that its folder is in."""
    return {"host": socket.gethostname(), "path": str(settings.home)}


def is_elsewhere(record: JobRecord, settings: Settings) -> bool:
    """Say whether a job's folder is in another home; one that is gone from this home is not."""
    if not settings.is_shared or (settings.jobs / record.id).is_dir():
        return False
    return record.options.get("home") != home_of(settings)


def error_of(record: JobRecord) -> JobElsewhereError:
    """Return the error that says where a job's files are."""
    home = record.options.get("home") or {}
    return JobElsewhereError(record.short_id, home.get("host"), home.get("path"))
