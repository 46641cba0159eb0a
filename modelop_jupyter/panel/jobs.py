"""The last jobs of a model, the running ones with their progress, and one of them with its results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets

from modelop_jupyter.display import bundle, words
from modelop_jupyter.display.blocks import Bar, Block, Heading, Note, Text
from modelop_jupyter.display.jobs import badge, counts
from modelop_jupyter.display.progress import line
from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.worker import Worker


class JobsPart:
    """A row for each job, and the one that is shown below them."""

    def __init__(self, state: State, worker: Worker) -> None:
        self._state = state
        self._worker = worker
        self._rows: dict[str, _JobRow] = {}
        self._list = parts.column()
        self._nothing = parts.said([Note("No jobs yet. Open a model above and run a batch.")])
        self._shown: Any = None
        self._result = ipywidgets.Output()
        self._fold = parts.Fold(self._nothing, self._list, self._result, is_open=True)
        self.widget = self._fold.widget

    def show(self) -> None:
        """Show how the jobs stand."""
        jobs = self._state.jobs
        if list(self._rows) != [job.id for job in jobs]:
            self._rows = {
                job.id: self._rows.get(job.id) or _JobRow(job, self._state, self._worker)
                for job in jobs
            }
            parts.fill(self._list, [row.widget for row in self._rows.values()])
        for job in jobs:
            self._rows[job.id].show(job, self._state.updates.get(job.id))
        self._fold.title(f"Jobs ({len(jobs)})")
        self._nothing.layout.display = "none" if jobs else None
        summary = self._state.summary
        if summary != self._shown:
            self._shown = summary
            data = [] if summary is None else [bundle(summary)]
            self._result.outputs = tuple(
                {"output_type": "display_data", "data": each, "metadata": {}} for each in data
            )


class _JobRow:
    """One job: opens what came out of it, and is stopped here."""

    def __init__(self, job: JobRecord, state: State, worker: Worker) -> None:
        opened = parts.button(
            f"{job.kind.value} {job.snapshot_ref}",
            lambda: worker.do(lambda: state.show(job.id)),
            title=f"Show job {job.short_id}",
            classes=("modelop-link",),
        )
        self._stop = parts.button(
            "Stop",
            lambda: worker.begin(lambda: state.stop(job.id)),
            title=f"Stop job {job.short_id}",
            icon="stop",
        )
        self._head = parts.said()
        self._progress = parts.said()
        self.widget = parts.column(
            parts.row(opened, self._stop, self._head), self._progress, name="modelop-job"
        )

    def show(self, job: JobRecord, update: JobUpdate | None) -> None:
        _, phase, detail = line(update) if update else ("", badge(job), _told(job))
        parts.say(self._head, [Heading("", phase, detail)])
        parts.say(self._progress, _progress(update) if update else ())
        self._stop.layout.display = "none" if job.status.is_done else None


def _told(job: JobRecord) -> str:
    said = [counts(job.counts)] if job.kind is JobKind.BATCH else []
    if job.started and job.ended:
        said.append(words.duration((job.ended - job.started).total_seconds()))
    return ", ".join([*said, f"job {job.short_id}"])


def _progress(update: JobUpdate) -> Iterator[Block]:
    if update.phase == "running" and update.total_bytes:
        yield Bar(min(1.0, update.bytes / update.total_bytes))
    if update.tail:
        yield Text("", update.tail, is_open=True)
