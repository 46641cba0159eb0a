"""What a metrics job is to be judged by, and the result it is compared with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelop_jupyter.domain.expectations import Expectations, expectations
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.job import Job

_ALL = 100_000


def expected(
    rules: tuple[str, ...], against: str | None, home: Home, *, strict: bool = False
) -> Expectations | None:
    """Check the rules, and take of the reference what they ask for; None where nothing is asked."""
    found = _expected(rules, against, home)
    return replace(found or Expectations(), is_strict=True) if strict else found


def _expected(rules: tuple[str, ...], against: str | None, home: Home) -> Expectations | None:
    if not rules:
        if against is not None:
            raise InvalidError(
                f"--against {against}: nothing is expected", 'Add --expect "auc >= ref - 0.01"'
            )
        return None
    if against is None:
        return expectations(rules)
    record = _record(against, home)
    name = f"job {record.short_id} ({record.snapshot_ref})"
    return expectations(rules, against=name, reference=_metrics(record, against, home))


def _record(against: str, home: Home) -> JobRecord:
    """Return the job that is meant: by its id, or the last good metrics job of ``NAME@N``."""
    if "@" not in against:
        return home.job_service.refresh(home.registry.get_job(against))
    model, snapshot = home.find(against)
    for record in home.job_service.list(model=model.name, limit=_ALL):
        is_its = snapshot is not None and record.snapshot == snapshot.number
        is_good = record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS
        if is_its and is_good:
            return record
    raise InvalidError(
        f"--against {against}: no metrics job of it has succeeded",
        "Run one, or name another snapshot",
    )


def _metrics(record: JobRecord, against: str, home: Home) -> Any:
    found = Job(home.job_service, record).metrics
    if found is None:
        raise InvalidError(
            f"--against {against}: job {record.short_id} has no metrics",
            "Name a metrics job that has succeeded",
        )
    return found
