"""The view of how an input differs from a schema."""

from __future__ import annotations

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Blocks, Heading, Note, Span, Table, code
from modelop_jupyter.domain.schema_drift import FieldDrift, SchemaDrift


def drift(value: SchemaDrift) -> Blocks:
    """Show each field that differs, with the first records that show it."""
    count = formatting.plural(value.records, "record")
    badge = Span(f"{value.rejected} rejected", "bad") if value.rejected else Span("fits", "good")
    heading = Heading(
        f"{value.schema} of {value.model}", badge, f"{count} of the input compared with it"
    )
    if not value.fields:
        return [heading, Note("No field differs.", "good")]
    return [
        heading,
        Table(
            headers=("field", "in the input it", "records", "first", "example"),
            rows=tuple(
                (
                    code(one.field or "the record"),
                    _problem(one),
                    formatting.number(one.records),
                    ", ".join(map(str, one.first)),
                    code(one.example or ""),
                )
                for one in value.fields
            ),
            numeric=frozenset({2}),
            optional=frozenset({4}),
            is_whole=True,
        ),
    ]


def _problem(one: FieldDrift) -> Span:
    text = one.problem if one.problem.startswith("is ") else f"is not as it must be: {one.problem}"
    return Span(text, "bad" if one.is_rejected else "warn")
