"""Between the nouns of the domain and the rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import Proof
from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.wire import from_wire, to_wire

Values = dict[str, Any]


def key_of(name: str) -> str:
    """Return what a name is compared by: the name without case."""
    return name.casefold()


def state_values(state: ModelState) -> Values:
    """Return the columns that hold a state."""
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
    )


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
    )


def job_values(record: JobRecord) -> Values:
    """Return the columns of a job, without those that say which snapshot it ran."""
    return {
        "id": record.id,
        "kind": record.kind.value,
        "status": record.status.value,
        "result": record.result.value,
        "created": record.created,
        "started": record.started,
        "ended": record.ended,
        "inputs": [asdict(each) for each in record.inputs],
        "output": record.output,
        "parameters": dict(record.parameters),
        "options": dict(record.options),
        "counts": asdict(record.counts),
        "messages": list(record.messages),
        "environment": record.environment,
        "packages": record.packages,
        "error": None if record.error is None else dict(record.error),
        "proof": to_wire(record.proof),
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
        inputs=tuple(JobInput(**each) for each in row["inputs"]),
        output=row["output"],
        parameters=row["parameters"],
        options=row["options"],
        counts=Counts(**row["counts"]),
        messages=tuple(row["messages"]),
        environment=row["environment"],
        packages=row["packages"],
        error=row["error"],
        proof=None if row["proof"] is None else from_wire(Proof, row["proof"]),
    )


def _state(stored: Mapping[str, Any]) -> ModelState:
    return ModelState(
        assets=tuple(
            Asset(each["path"], AssetRole(each["role"]), each["digest"], each["size"])
            for each in stored["assets"]
        ),
        primary_source=stored["primary_source"],
        entry_points=EntryPoints(**stored["entry_points"]),
        python=stored["python"],
    )
