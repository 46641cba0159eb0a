"""The numbers of metrics jobs that were cleared away: ``history`` goes on showing them.

Each is a small file under the job's id, written before the job goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult
from modelop_jupyter.domain.metric_paths import numbers_in
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.jobs.folder import JobFolder


@dataclass(frozen=True, slots=True)
class Kept:
    """A job that is gone, and its metrics by their paths."""

    record: JobRecord
    values: Mapping[str, float]


def is_measurement(record: JobRecord) -> bool:
    """Say whether a job's metrics are part of its model's history."""
    return record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS


def keep(root: Path, record: JobRecord, folder: JobFolder) -> None:
    """Write down what a job has measured, if anything; raises :class:`OSError`."""
    values = numbers_in(metrics_of(folder)) if is_measurement(record) else {}
    if values:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        message = {"record": to_wire(record), "values": dict(values)}
        files.write_text(root / f"{record.id}.json", json.dumps(message))


def forget(root: Path, job: str) -> None:
    """Forget what a job has measured: its user has removed it."""
    (root / f"{job}.json").unlink(missing_ok=True)


def kept(root: Path, model: str) -> Iterator[Kept]:
    """Yield what the jobs of a model have measured that are gone; what is damaged is left out."""
    for path in sorted(root.glob("*.json")):
        try:
            message = json.loads(path.read_bytes())
            found = Kept(from_wire(JobRecord, message["record"]), message["values"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if found.record.model == model:
            yield found


def metrics_of(folder: JobFolder) -> Any:
    """Return what a metrics function gave, None where that is not known any more."""
    try:
        return (folder.read("result.json") or {}).get("metrics")
    except (OSError, ValueError):
        return None
