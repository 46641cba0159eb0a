"""The methods about schemas: ``workspace.schemas``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.schemas import Schema, infer
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.domain.schema_drift import SchemaDrift


class SchemasApi:
    """The schemas of a model's slots."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def show(self, ref: str) -> dict[str, Any]:
        """Return the schema bound to each slot in use, None where there is none."""
        from modelop_jupyter.models import schemas
        from modelop_jupyter.models.source import tags_of

        state, blobs = self._home.state(ref), self._home.blobs
        slots = {slot.number: slot.schema for slot in tags_of(state, blobs).slots}
        bound = schemas.bound(state, slots)
        return {
            str(number): schemas.definition(bound[number], blobs.read) if number in bound else None
            for number in slots
        }

    def drift(
        self, ref: str, given: Any, *, format: str | None = None, connection: str | None = None
    ) -> SchemaDrift:
        """Compare the records of an input with the schema of a model's input, field by field.

        ``given`` is an input as a batch takes it. Records that cannot be read are skipped. Raises :class:`InvalidError` where there is no schema.
        """
        from modelop_jupyter.comparison.schema_drift import schema_drift
        from modelop_jupyter.models import schemas
        from modelop_jupyter.models.source import tags_of

        state = self._home.state(ref)
        slots = {slot.number: slot.schema for slot in tags_of(state, self._home.blobs).slots}
        asset = schemas.bound(state, slots).get(0)
        if asset is None:
            raise InvalidError(
                f"{ref} has no schema of its input to compare with",
                f"'schema infer {ref} INPUT -o input_schema.avsc' writes one",
            )
        definition = schemas.definition(asset, self._home.blobs.read)
        with self._records(ref, given, format=format, connection=connection) as records:
            return schema_drift(records, definition, model=ref, schema=asset.path)

    def infer(
        self, ref: str, given: Any, *, format: str | None = None, connection: str | None = None
    ) -> Schema:
        """Propose an extended schema from the records of an input (spec 7.3).

        ``given`` is an input as a batch takes it. Records that cannot be read are skipped.
        """
        from modelop_jupyter.workspace.job_request import FileSet, Variable, as_inputs

        with self._records(ref, given, format=format, connection=connection) as records:
            try:
                return infer(records)
            except ValueError:
                (one,) = as_inputs([given])
                name = one.name if isinstance(one, (FileSet, Variable)) else str(one)
                raise InputError(name, "holds no record that can be read") from None

    @contextmanager
    def _records(
        self, ref: str, given: Any, *, format: str | None, connection: str | None
    ) -> Iterator[Iterator[Any]]:
        """Read the records of an input as the host reads them; what is fetched is removed behind it."""
        from modelop_jupyter.jobs.folder import JobFolder
        from modelop_jupyter.workspace.job_inputs import read_records
        from modelop_jupyter.workspace.job_request import as_inputs
        from modelop_jupyter.workspace.queries import resolved
        from modelop_jupyter.workspace.remote_inputs import expanded

        given = expanded(resolved(as_inputs([given])))[0]
        with tempfile.TemporaryDirectory() as temporary:
            folder = JobFolder(Path(temporary) / "inputs")
            folder.create()
            yield read_records(
                given,
                self._home.state(ref),
                folder=folder,
                blobs=self._home.blobs,
                format=format,
                connection=connection,
            )
