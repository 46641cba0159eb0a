"""The verbs about schemas."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.schemas import Schema, infer
from modelop_jupyter.errors import InputError
from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.workspace.submission import Input


class SchemaVerbs(Home):
    """Schemas a model has, and one it could have."""

    def schema_show(self, ref: str) -> dict[str, Any]:
        """Return the schema bound to each slot in use, None where there is none."""
        from modelop_jupyter.jobs import schemas
        from modelop_jupyter.jobs.staging import tags_of

        state = self.state_of(ref)
        slots = {slot.number: slot.schema for slot in tags_of(state, self.blobs).slots}
        bound = schemas.bound(state, slots)
        return {
            str(number): schemas.definition(bound[number], self.blobs.read)
            if number in bound
            else None
            for number in slots
        }

    def schema_infer(self, ref: str, given: Input, *, format: str | None = None) -> Schema:
        """Propose an extended schema from the records of an input (spec 7.3).

        Records that cannot be read are passed over.
        """
        from modelop_jupyter.jobs.folder import JobFolder
        from modelop_jupyter.workspace.submission import read_records

        state = self.state_of(ref)
        with tempfile.TemporaryDirectory() as folder:
            shelf = JobFolder(Path(folder) / "inputs-of-nothing")
            shelf.create()
            records = read_records(given, state, folder=shelf, blobs=self.blobs, format=format)
            try:
                return infer(records)
            except ValueError:
                raise InputError(str(given), "holds no record that can be read") from None
