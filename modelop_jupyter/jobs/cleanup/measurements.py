"""Metrics of removed jobs, which ``history`` keeps showing.

Each is a small file named by the job's id, written before the job is removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult
from modelop_jupyter.domain.results.metric_paths import numbers_in
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import RunnerResult


@dataclass(frozen=True, slots=True)
class StoredMetrics:
    """A removed job, and its metrics by their paths."""

    record: JobRecord
    values: Mapping[str, float]


def is_measurement(record: JobRecord) -> bool:
    """Return whether a job's metrics belong to the history of its model."""
    return record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS


def store(root: Path, record: JobRecord, folder: JobFolder) -> None:
    """Write a job's metrics, if it has any; raises :class:`OSError`."""
    values = numbers_of(folder) if is_measurement(record) else {}
    if values:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        message = {"record": to_wire(record), "values": dict(values)}
        files.write_text(root / f"{record.id}.json", json.dumps(message))


def forget(root: Path, job: str) -> None:
    """Delete a job's stored metrics, as its user removed the job."""
    (root / f"{job}.json").unlink(missing_ok=True)


def stored_metrics(root: Path, model: str) -> Iterator[StoredMetrics]:
    """Yield the stored metrics of a model's removed jobs; damaged files are skipped."""
    for path in sorted(root.glob("*.json")):
        try:
            message = json.loads(path.read_bytes())
            stored = StoredMetrics(from_wire(JobRecord, message["record"]), message["values"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if stored.record.model == model:
            yield stored


def numbers_of(folder: JobFolder) -> Mapping[str, float]:
    """Return the numbers of a metrics result by their paths; none if it cannot be read."""
    try:
        result = folder.read(RunnerResult)
    except (OSError, ValueError):
        return {}
    return {} if result is None else numbers_in(result.metrics)
