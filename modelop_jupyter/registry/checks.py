"""The reports of checks: the newest one of each snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from modelop_jupyter.domain.wire import from_wire, mismatch, to_wire
from modelop_jupyter.registry.queries import known_model
from modelop_jupyter.registry.tables import checks, snapshots

if TYPE_CHECKING:
    from modelop_jupyter.domain.checks import CheckReport
    from modelop_jupyter.domain.models import Model

# The form of the stored JSON: one that a later release wrote is not shown.
_VERSION = 1


def keep_check(connection: sa.Connection, report: CheckReport) -> bool:
    """Keep a report in place of the one before; False where the model was removed meanwhile."""
    row = known_model(connection, report.model)
    snapshot_id = connection.scalar(
        sa.select(snapshots.c.id).where(
            snapshots.c.model_id == row["id"], snapshots.c.number == report.snapshot
        )
    )
    if row["removed"] or snapshot_id is None:
        return False
    connection.execute(checks.delete().where(checks.c.snapshot_id == snapshot_id))
    values = {
        "snapshot_id": snapshot_id,
        "checked": report.checked,
        "version": _VERSION,
        "report": to_wire(report),
    }
    connection.execute(checks.insert(), values)
    return True


def newest_check(
    connection: sa.Connection, model: Model, number: int | None = None
) -> CheckReport | None:
    """Return the newest report of a model, or that of one snapshot; None where there is none."""
    # Not for every process that opens a registry: most never read a report.
    from modelop_jupyter.domain.checks import CheckReport

    query = (
        sa.select(checks.c.report)
        .join(snapshots, checks.c.snapshot_id == snapshots.c.id)
        .where(snapshots.c.model_id == model.id, checks.c.version == _VERSION)
        .order_by(checks.c.checked.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(snapshots.c.number == number)
    stored = connection.scalar(query)
    if stored is None or mismatch(CheckReport, stored) is not None:
        return None
    return from_wire(CheckReport, stored)


def forget_checks(connection: sa.Connection, model_id: str) -> None:
    """Delete the reports of all snapshots of a model."""
    of_model = sa.select(snapshots.c.id).where(snapshots.c.model_id == model_id)
    connection.execute(checks.delete().where(checks.c.snapshot_id.in_(of_model)))
