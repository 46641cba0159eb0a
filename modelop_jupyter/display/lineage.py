"""The lineage of a model as a table: a row for each job, with what led to it and what came out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Blocks, Heading, Note, Span, Table, code
from modelop_jupyter.domain.jobs import JobKind

if TYPE_CHECKING:
    from modelop_jupyter.domain.lineage import Lineage, LineageData, LineageJob

_DIGEST = 12


def view(value: Lineage) -> Blocks:
    """Show where each snapshot came from, and each job with its data and result."""
    blocks: list[Block] = [Heading(value.model, detail="lineage")]
    if value.snapshots:
        blocks.append(_snapshots(value))
    if not value.jobs:
        return [*blocks, Note("No jobs yet: their data and results stand here then.")]
    data = {each.key: each for each in value.data}
    blocks.append(
        Table(
            headers=("data", "snapshot", "job", "status", "result"),
            rows=tuple(
                (
                    ", ".join(_data(data[key]) for key in job.data),
                    f"{value.model}@{job.snapshot}",
                    f"{job.kind.value} {job.short_id}",
                    Span(job.state.text, job.state.tone),
                    result(job),
                )
                for job in value.jobs
            ),
            title="jobs",
        )
    )
    if value.total > len(value.jobs):
        more = formatting.number(value.total - len(value.jobs))
        blocks.append(Note(f"and {more} older jobs."))
    return blocks


def _snapshots(value: Lineage) -> Table:
    cells = {cell.key: cell for cell in value.cells}
    return Table(
        headers=("snapshot", "from", "cells", "taken"),
        rows=tuple(
            (
                code(snapshot.ref),
                snapshot.git.sentence if snapshot.git else "",
                ", ".join(f"{cells[key].names}: {cells[key].place}" for key in snapshot.cells),
                formatting.moment_by(snapshot.created, snapshot.created_by),
            )
            for snapshot in value.snapshots
        ),
        title="snapshots",
        optional=frozenset({1, 2}),
    )


def _data(data: LineageData) -> str:
    """Return what is said of data in one cell: its name, its digest, and the job that made it."""
    digest = f" (sha256 {data.digest.partition(':')[2][:_DIGEST]})" if data.digest else ""
    maker = data.made_by
    made = f", of job {maker.job[:8]} ({maker.snapshot})" if maker else ""
    return f"{data.name}{digest}{made}"


def result(job: LineageJob) -> str:
    """Return what came out of a job, in few words."""
    parts = []
    if job.kind is JobKind.BATCH and job.counts.records_out:
        parts.append(formatting.plural(job.counts.records_out, "record"))
    if job.output is not None:
        parts.append(PurePosixPath(job.output).name)
    return ", ".join(parts)
