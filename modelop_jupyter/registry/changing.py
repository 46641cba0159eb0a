"""Read a model, work out what becomes of it and write that, all in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from modelop_jupyter.domain.models import Model, ModelState, check_name
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.registry.changes import Change, Draft, describe
from modelop_jupyter.registry.locking import lock_of_equal
from modelop_jupyter.registry.queries import model_row, write_model
from modelop_jupyter.registry.rows import model_of


def change_model(
    connection: sa.Connection,
    name: str,
    make: Callable[[Model | None], Draft],
    *,
    new_id: Callable[[], str],
    now: datetime,
    keeps_lock: Callable[[ModelState, ModelState], bool],
) -> Change:
    """Write what ``make`` says of the model as it stands; see :meth:`Registry.change_model`."""
    check_name(name)
    row = model_row(connection, name)
    if row is None or row["removed"]:
        draft = make(None)
        model = Model(
            id=new_id() if row is None else row["id"],
            name=name,
            state=draft.state,
            created=now,
            modified=now,
            description=draft.description or "",
            tags=draft.tags or (),
            lock=draft.lock,
            notebook=draft.notebook or "",
        )
        if model.lock is None and row is not None:
            model = replace(model, lock=lock_of_equal(connection, row["id"], model.state.digest))
        write_model(connection, model, is_new=row is None)
        return Change(model, created=True)
    before = model_of(row)
    if before.name != name:
        raise ConflictError(
            f"a model named {before.name!r} is there already, and names may not differ"
            " in case alone",
            f"Write {before.name!r}, or choose another name",
        )
    after = _after(before, make(before), now)
    changes = describe(before, after)
    if not changes:
        return Change(before, created=False)
    is_given = after.lock != before.lock
    if not is_given and (before.lock is None or not keeps_lock(before.state, after.state)):
        after = replace(after, lock=lock_of_equal(connection, after.id, after.state.digest))
    write_model(connection, after, is_new=False)
    return Change(after, created=False, changes=changes)


def _after(before: Model, draft: Draft, now: datetime) -> Model:
    return replace(
        before,
        state=draft.state,
        modified=now,
        description=before.description if draft.description is None else draft.description,
        tags=before.tags if draft.tags is None else draft.tags,
        notebook=before.notebook if draft.notebook is None else draft.notebook,
        lock=before.lock if draft.lock is None else draft.lock,
    )
