"""Run by Alembic, which also puts ``context`` in place: migrate over the connection given."""

from __future__ import annotations

from alembic import context

from modelop_jupyter.registry.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
