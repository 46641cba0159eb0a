"""The methods about schemas: ``workspace.schemas``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.schemas import Schema, infer
from modelop_jupyter.errors import InputError
from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.workspace.job_request import Input


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

    def infer(
        self, ref: str, given: Input, *, format: str | None = None, connection: str | None = None
    ) -> Schema:
        """Propose an extended schema from the records of an input (spec 7.3).

        Records that cannot be read are skipped.
        """
        from modelop_jupyter.jobs.folder import JobFolder
        from modelop_jupyter.workspace.job_inputs import read_records
        from modelop_jupyter.workspace.job_request import FileSet
        from modelop_jupyter.workspace.queries import resolved
        from modelop_jupyter.workspace.remote_inputs import expanded

        state = self._home.state(ref)
        given = expanded(resolved([given]))[0]
        with tempfile.TemporaryDirectory() as temporary:
            folder = JobFolder(Path(temporary) / "inputs")
            folder.create()
            records = read_records(
                given,
                state,
                folder=folder,
                blobs=self._home.blobs,
                format=format,
                connection=connection,
            )
            try:
                return infer(records)
            except ValueError:
                name = given.name if isinstance(given, FileSet) else str(given)
                raise InputError(name, "holds no record that can be read") from None
