"""``workspace.lineage``: cells and data, snapshots, jobs and results of a model as one graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from modelop_jupyter.domain.lineage import (
    Lineage,
    LineageCell,
    LineageData,
    LineageJob,
    LineageSnapshot,
    Maker,
)

if TYPE_CHECKING:
    from modelop_jupyter.domain.jobs import JobInput, JobRecord
    from modelop_jupyter.domain.models import Snapshot
    from modelop_jupyter.domain.origins import CapturedFunction
    from modelop_jupyter.workspace.home import Home


def lineage_of(name: str, home: Home, *, limit: int) -> Lineage:
    """Return the newest jobs of a model with all that leads to them."""
    from modelop_jupyter.domain.job_lists import JobFilter

    registry, service = home.registry, home.job_service
    model = registry.get_model(name)
    records, total = registry.page_of_jobs(JobFilter(model=name), limit=limit)
    jobs = [service.refresh(record) for record in records]
    used = {job.snapshot for job in jobs}
    snapshots = registry.list_snapshots(name)
    # Also the newest, which no job may have run yet.
    shown = [each for each in snapshots if each.number in used or each is snapshots[0]]
    older = {newer.number: before.ref for newer, before in pairwise(snapshots)}
    return Lineage(
        model=model.name,
        notebook=model.notebook,
        cells=tuple(_cells(shown)),
        data=tuple(_data(jobs, registry.makers_of(_paths(jobs)))),
        snapshots=tuple(_snapshot(each, older.get(each.number)) for each in shown),
        jobs=tuple(map(_job, jobs)),
        total=total,
    )


def _snapshot(snapshot: Snapshot, before: str | None) -> LineageSnapshot:
    origin = snapshot.origin
    return LineageSnapshot(
        ref=snapshot.ref,
        number=snapshot.number,
        name=snapshot.name,
        created=snapshot.created,
        cells=tuple(dict.fromkeys(map(_cell_key, origin.functions if origin else ()))),
        before=before,
        git=origin.git if origin else None,
        created_by=snapshot.created_by,
    )


def _cell_key(function: CapturedFunction) -> str:
    """Return what tells a cell from others: its id, in notebooks without ids its position."""
    return function.cell or function.place


def _cells(snapshots: Iterable[Snapshot]) -> Iterator[LineageCell]:
    """Yield the cells of the snapshots, as the newest of these has them."""
    found: dict[str, list[CapturedFunction]] = {}
    for snapshot in snapshots:
        new: dict[str, list[CapturedFunction]] = {}
        for function in snapshot.origin.functions if snapshot.origin else ():
            new.setdefault(_cell_key(function), []).append(function)
        found = {**new, **found}
    for key, functions in found.items():
        yield LineageCell(key, tuple(functions))


def _data_key(data: JobInput) -> str:
    return data.digest or data.path


def _paths(jobs: Sequence[JobRecord]) -> set[str]:
    return {path for job in jobs for data in job.inputs for path in (data.path, *data.paths)}


def _data(jobs: Sequence[JobRecord], makers: Sequence[Maker]) -> Iterator[LineageData]:
    """Yield what jobs have read, as the newest of them names it."""
    seen: set[str] = set()
    for job in jobs:
        for data in job.inputs:
            key = _data_key(data)
            if key not in seen:
                seen.add(key)
                made_by = _maker(data, job, makers)
                yield LineageData(key, data.name, data.path, data.size, data.digest, made_by)


def _maker(data: JobInput, job: JobRecord, makers: Sequence[Maker]) -> Maker | None:
    """Return the last job that had written a file before another read it."""
    paths = {data.path, *data.paths}
    return next(
        (maker for maker in makers if maker.output in paths and maker.created < job.created), None
    )


def _job(record: JobRecord) -> LineageJob:
    return LineageJob(
        id=record.id,
        kind=record.kind,
        snapshot=record.snapshot,
        state=record.state,
        created=record.created,
        data=tuple(dict.fromkeys(map(_data_key, record.inputs))),
        counts=record.counts,
        output=record.output,
        created_by=record.created_by,
    )
