"""The deployments of models: at most one for each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.registry.queries import known_model, present_model
from modelop_jupyter.registry.tables import deployments, models

if TYPE_CHECKING:
    from modelop_jupyter.domain.deployments import DeploymentRecord

_RECORDS = sa.select(deployments, models.c.name.label("model")).join(models)


def keep_deployment(
    connection: sa.Connection, record: DeploymentRecord, now: datetime
) -> DeploymentRecord:
    """Record a deployment in place of the model's own, whose id and time it keeps."""
    row = present_model(connection, record.model)
    values = {
        "snapshot": record.snapshot,
        "previous": record.previous,
        "options": to_wire(record.options),
        "stopped": record.stopped,
        "home": to_wire(record.home),
        "modified": now,
    }
    of_model = deployments.c.model_id == row["id"]
    if connection.execute(deployments.update().where(of_model).values(values)).rowcount == 0:
        values.update(id=record.id, model_id=row["id"], created=record.created)
        connection.execute(deployments.insert(), values)
    return _only(connection, of_model)


def deployment_of(connection: sa.Connection, name: str) -> DeploymentRecord | None:
    """Return the deployment of a model, None where it has none; also of a removed model."""
    row = known_model(connection, name)
    found = connection.execute(_RECORDS.where(deployments.c.model_id == row["id"])).mappings()
    rows = list(found)
    return _record(rows[0]) if rows else None


def list_deployments(connection: sa.Connection) -> list[DeploymentRecord]:
    """Return the deployments by the names of their models."""
    rows = connection.execute(_RECORDS.order_by(models.c.key)).mappings()
    return [_record(row) for row in rows]


def forget_deployment(connection: sa.Connection, model_id: str) -> None:
    """Delete the record of a model's deployment."""
    connection.execute(deployments.delete().where(deployments.c.model_id == model_id))


def _only(connection: sa.Connection, where: sa.ColumnElement[bool]) -> DeploymentRecord:
    return _record(connection.execute(_RECORDS.where(where)).mappings().one())


def _record(row: sa.RowMapping) -> DeploymentRecord:
    # Not for every process that opens a registry: most list no deployment.
    from modelop_jupyter.domain.deployments import DeploymentOptions, DeploymentRecord
    from modelop_jupyter.domain.job_options import HomeAddress

    return DeploymentRecord(
        id=row["id"],
        model=row["model"],
        snapshot=row["snapshot"],
        options=from_wire(DeploymentOptions, row["options"]),
        created=row["created"],
        previous=row["previous"],
        stopped=row["stopped"],
        home=None if row["home"] is None else from_wire(HomeAddress, row["home"]),
    )
