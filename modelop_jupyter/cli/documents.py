"""What ``--json`` prints of a value: one document, flat where a reader would look for it flat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelop_jupyter.domain.reports import Document, ErrorGroups, JobErrors, JobSummary, Listing
from modelop_jupyter.domain.wire import to_wire


def document_of(value: Any) -> Any:
    """Return a value as what JSON can hold."""
    return _DOCUMENTS.get(type(value), to_wire)(value)


def _listing(value: Listing) -> Any:
    return to_wire(value.rows)


def _document(value: Document) -> Any:
    return value.document


def _errors(value: JobErrors) -> Any:
    return to_wire(value.errors)


def _groups(value: ErrorGroups) -> Any:
    return to_wire(value.groups)


def _summary(value: JobSummary) -> Any:
    """The job's own fields, and beside them what it came to; bad records are told without their content."""
    errors = [{**to_wire(each), "record": None} for each in value.errors]
    return {
        **to_wire(value.record),
        "errors": errors,
        "metrics": to_wire(value.metrics),
        "verdicts": to_wire(value.record.verdicts),
        "sample": to_wire(value.sample),
        "artefacts": to_wire(value.artefacts),
        "differences": to_wire(value.differences),
        "hint": value.hint,
    }


_DOCUMENTS: Mapping[type, Callable[[Any], Any]] = {
    Document: _document,
    ErrorGroups: _groups,
    JobErrors: _errors,
    JobSummary: _summary,
    Listing: _listing,
}
