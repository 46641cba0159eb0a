"""The section with a model's last jobs: their progress, and the results of the selected one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ipywidgets

from modelop_jupyter.display import bundle, formatting
from modelop_jupyter.display.blocks import Bar, Block, Heading, Note, Text
from modelop_jupyter.display.jobs import badge, counts
from modelop_jupyter.display.progress import line
from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.state import PROGRAM, PanelState
from modelop_jupyter.panel.worker import BackgroundWorker
from modelop_jupyter.remedies import Remedy, command_line


class JobsSection:
    """A row for each job, and the summary of the selected one below them."""

    def __init__(self, state: PanelState, worker: BackgroundWorker) -> None:
        self._state = state
        self._worker = worker
        self._rows: dict[str, _JobRow] = {}
        self._list = widgets.column()
        self._empty = widgets.block_view([Note("No jobs yet. Open a model above and run a batch.")])
        self._shown_summary: Any = None
        self._shown_remedies: tuple[Remedy, ...] = ()
        self._remedies = widgets.row(name="modelop-remedies")
        self._summary = ipywidgets.Output()
        self._section = widgets.CollapsibleSection(
            self._empty, self._list, self._remedies, self._summary, is_open=True
        )
        self.widget = self._section.widget

    def show(self) -> None:
        """Update the rows and the summary."""
        jobs = self._state.jobs
        if list(self._rows) != [job.id for job in jobs]:
            self._rows = {
                job.id: self._rows.get(job.id) or _JobRow(job, self._state, self._worker)
                for job in jobs
            }
            widgets.set_children(self._list, [row.widget for row in self._rows.values()])
        for job in jobs:
            self._rows[job.id].show(job, self._state.progress.get(job.id))
        self._section.set_title(f"Jobs ({len(jobs)})")
        self._empty.layout.display = "none" if jobs else None
        summary = self._state.summary
        if summary != self._shown_summary:
            self._shown_summary = summary
            self._show_remedies(() if summary is None else summary.remedies)
            bundles = [] if summary is None else [bundle(summary)]
            self._summary.outputs = tuple(
                {"output_type": "display_data", "data": data, "metadata": {}} for data in bundles
            )

    def _show_remedies(self, remedies: Iterable[Remedy]) -> None:
        shown = tuple(_with_button(remedies))
        # A button lives as long as it does the same.
        if shown != self._shown_remedies:
            self._shown_remedies = shown
            widgets.set_children(self._remedies, list(map(self._button, shown)))

    def _button(self, remedy: Remedy) -> Any:
        lines = "\n".join(command_line(command, PROGRAM) for command in remedy.commands)
        return widgets.button(
            remedy.text,
            lambda: self._worker.submit_long(lambda: self._state.apply_remedy(remedy)),
            title=lines,
        )


def _with_button(remedies: Iterable[Remedy]) -> Iterator[Remedy]:
    """Yield the remedies that a button can do; a cell is begun with the line in the summary."""
    return (
        remedy for remedy in remedies if all(command[0] != "run" for command in remedy.commands)
    )


class _JobRow:
    """One job with its progress; selects the job, and stops it."""

    def __init__(self, job: JobRecord, state: PanelState, worker: BackgroundWorker) -> None:
        select = widgets.button(
            f"{job.kind.value} {job.snapshot_ref}",
            lambda: worker.submit(lambda: state.select_job(job.id)),
            title=f"Show {_name(job)}",
            classes=("modelop-link",),
        )
        # Without a text, so that the title is its name for screen readers, too.
        self._stop = widgets.button(
            "",
            lambda: worker.submit_long(lambda: state.cancel_job(job.id)),
            title=f"Stop {_name(job)}",
            icon="stop",
        )
        self._heading = widgets.block_view()
        self._progress = widgets.block_view()
        self.widget = widgets.column(
            widgets.row(select, self._stop, self._heading), self._progress, name="modelop-job"
        )

    def show(self, job: JobRecord, update: JobUpdate | None) -> None:
        """Show the job's status, and its progress while it runs."""
        _, phase, detail = line(update) if update else ("", badge(job), _details(job))
        widgets.set_blocks(self._heading, [Heading("", phase, detail)])
        widgets.set_blocks(self._progress, _progress_blocks(update) if update else ())
        self._stop.layout.display = "none" if job.status.is_done else None


def _name(job: JobRecord) -> str:
    """Return what tells a job from others without its id."""
    return f"{job.kind.value} of {job.snapshot_ref}, submitted {formatting.moment(job.created)}"


def _details(job: JobRecord) -> str:
    details = [counts(job.counts)] if job.kind is JobKind.BATCH else []
    if job.options.engine:
        details.append(job.options.engine)
    if job.started and job.ended:
        details.append(formatting.duration((job.ended - job.started).total_seconds()))
    return ", ".join([*details, f"job {job.short_id}"])


def _progress_blocks(update: JobUpdate) -> Iterator[Block]:
    if update.phase == "running" and update.total_bytes:
        yield Bar(min(1.0, update.bytes / update.total_bytes))
    if update.tail:
        yield Text("", update.tail, is_open=True)
