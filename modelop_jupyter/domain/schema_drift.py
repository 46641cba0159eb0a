"""How the records of an input differ from the schema that they are to be checked against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """A field with another content than the schema says, in so many ``records``.

    ``is_rejected`` says whether these records will be rejected. ``first`` are the indices of the first
    of them, ``example`` is the value of the first one as JSON, None where the field is missing.
    """

    field: str
    problem: str
    records: int
    first: tuple[int, ...]
    example: str | None
    is_rejected: bool


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """The drift of an input: ``rejected`` of its ``records`` do not match the schema of ``model``."""

    model: str
    schema: str
    records: int
    rejected: int
    fields: tuple[FieldDrift, ...]

    @property
    def is_failure(self) -> bool:
        """Whether a command that returns it has failed: a batch would reject records."""
        return self.rejected > 0
