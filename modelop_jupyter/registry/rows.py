"""Convert between the domain's dataclasses and the rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import Proof
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import (
    Counts,
    JobError,
    JobInput,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
)
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot
from modelop_jupyter.domain.origins import SourceOrigin
from modelop_jupyter.domain.wire import from_wire, to_wire

Values = dict[str, Any]


def key_of(name: str) -> str:
    """Return the key by which names are compared: the case-folded name."""
    return name.casefold()


def state_values(state: ModelState) -> Values:
    """Return the columns of a model's or snapshot's state."""
    return {"state": asdict(state), "digest": state.digest}


def model_values(model: Model) -> Values:
    """Return the row of a model."""
    return {
        "id": model.id,
        "name": model.name,
        "key": key_of(model.name),
        "description": model.description,
        "tags": list(model.tags),
        **state_values(model.state),
        "created": model.created,
        "modified": model.modified,
        "removed": False,
        "lock": model.lock,
        "notebook": model.notebook,
        "created_by": model.created_by,
        "origin": to_wire(model.origin),
        "modified_by": model.modified_by,
        "meta": dict(model.meta),
    }


def model_of(row: RowMapping) -> Model:
    """Return the model of a row."""
    return Model(
        id=row["id"],
        name=row["name"],
        state=_state(row["state"]),
        created=row["created"],
        modified=row["modified"],
        description=row["description"],
        tags=tuple(row["tags"]),
        lock=row["lock"],
        notebook=row["notebook"],
        created_by=row["created_by"],
        origin=_origin(row["origin"]),
        modified_by=row["modified_by"],
        meta=row["meta"],
    )


def snapshot_values(snapshot: Snapshot, model_id: str) -> Values:
    """Return the row of a snapshot."""
    return {
        "id": snapshot.id,
        "model_id": model_id,
        "number": snapshot.number,
        "name": snapshot.name,
        **state_values(snapshot.state),
        "created": snapshot.created,
        "lock": snapshot.lock,
        "created_by": snapshot.created_by,
        "origin": to_wire(snapshot.origin),
    }


def snapshot_of(row: RowMapping) -> Snapshot:
    """Return the snapshot of a row joined with its model's name as ``model``."""
    return Snapshot(
        id=row["id"],
        model=row["model"],
        number=row["number"],
        name=row["name"],
        state=_state(row["state"]),
        created=row["created"],
        lock=row["lock"],
        created_by=row["created_by"],
        origin=_origin(row["origin"]),
    )


def job_values(record: JobRecord) -> Values:
    """Return the columns of a job, except those of its model and snapshot."""
    return {
        "id": record.id,
        "kind": record.kind.value,
        "status": record.status.value,
        "result": record.result.value,
        "created": record.created,
        "started": record.started,
        "ended": record.ended,
        "inputs": [to_wire(data) for data in record.inputs],
        "output": record.output,
        "parameters": dict(record.parameters),
        "options": dict(record.options.stored),
        "counts": to_wire(record.counts),
        "messages": list(record.messages),
        "environment": record.environment,
        "packages": record.packages,
        "error": to_wire(record.error),
        "proof": to_wire(record.proof),
        "state": record.state.kind.value,
        "seconds": record.seconds,
        "created_by": record.created_by,
    }


def job_of(row: RowMapping) -> JobRecord:
    """Return the job of a row joined with its ``model`` name and ``snapshot`` number."""
    return JobRecord(
        id=row["id"],
        kind=JobKind(row["kind"]),
        model=row["model"],
        snapshot=row["snapshot"],
        status=JobStatus(row["status"]),
        result=JobResult(row["result"]),
        created=row["created"],
        started=row["started"],
        ended=row["ended"],
        inputs=tuple(from_wire(JobInput, data) for data in row["inputs"]),
        output=row["output"],
        parameters=row["parameters"],
        options=JobOptions(row["options"]),
        counts=from_wire(Counts, row["counts"]),
        messages=tuple(row["messages"]),
        environment=row["environment"],
        packages=row["packages"],
        error=None if row["error"] is None else from_wire(JobError, row["error"]),
        proof=None if row["proof"] is None else from_wire(Proof, row["proof"]),
        created_by=row["created_by"],
    )


def _origin(stored: Mapping[str, Any] | None) -> SourceOrigin | None:
    return None if stored is None else from_wire(SourceOrigin, stored)


def _state(stored: Mapping[str, Any]) -> ModelState:
    return ModelState(
        assets=tuple(from_wire(Asset, asset) for asset in stored["assets"]),
        primary_source=stored["primary_source"],
        entry_points=EntryPoints(**stored["entry_points"]),
        python=stored["python"],
        as_of=stored.get("as_of"),
    )
