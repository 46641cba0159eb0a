"""How far a job is that has not ended, of the events in its folder."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone

from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import Event, Progress
from modelop_jupyter.jobs.start import PhaseEvent


def live(record: JobRecord, folder: JobFolder) -> JobRecord:
    """Return a job that has not ended with its start and its last progress, of its events."""
    for _, event in folder.events():
        if isinstance(event, PhaseEvent) and event.phase == "running":
            record = applied(record, event)
            break
    progress = folder.last_event(Progress)
    return record if progress is None else applied(record, progress)


def applied(record: JobRecord, event: Event) -> JobRecord:
    """Return a job as it is after one event."""
    if isinstance(event, PhaseEvent) and event.phase == "running":
        started = record.started or datetime.fromtimestamp(event.t, timezone.utc)
        return dataclasses.replace(record, status=JobStatus.RUNNING, started=started)
    if isinstance(event, Progress):
        return dataclasses.replace(record, counts=event.counts)
    return record
