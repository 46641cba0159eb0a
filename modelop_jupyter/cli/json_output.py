"""The JSON document that ``--json`` prints for the value of a verb.

A value without an entry in the table is written by :func:`to_wire`, as the server does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelop_jupyter.domain.deployments import FailedRequests
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.reports import (
    Document,
    ErrorGroups,
    JobErrors,
    JobSummary,
    RequestFailure,
)
from modelop_jupyter.domain.wire import to_wire


def document_of(value: Any) -> Any:
    """Return a value as dicts, lists, texts, numbers, booleans and None."""
    return _DOCUMENTS.get(type(value), to_wire)(value)


def _listing(value: Listing) -> Any:
    return to_wire(value.rows)


def _document(value: Document) -> Any:
    return value.document


def _errors(value: JobErrors) -> Any:
    return to_wire(value.errors)


def _groups(value: ErrorGroups) -> Any:
    return to_wire(value.groups)


def _failed_requests(value: FailedRequests) -> Any:
    """Return the failures without their records, which may be confidential."""
    return [{**to_wire(row), "record": None} for row in value.rows]


def _request_failure(value: RequestFailure) -> Any:
    return to_wire(value.failure)


def _summary(value: JobSummary) -> Any:
    """Return the job's own fields and its results on one level; errors are without their records."""
    errors = [{**to_wire(error), "record": None} for error in value.errors]
    return {
        **to_wire(value.record),
        "errors": errors,
        "metrics": to_wire(value.metrics),
        "verdicts": to_wire(value.record.verdicts),
        "sample": to_wire(value.sample),
        "artefacts": to_wire(value.artefacts),
        "differences": to_wire(value.differences),
        "hint": value.hint,
        "remedies": to_wire(value.remedies),
        **_engine(value),
    }


def _engine(value: JobSummary) -> dict[str, Any]:
    """Return where a job runs, and what its cluster had last; nothing for one of this machine."""
    engine = value.record.options.engine
    return {"engine": engine, "cluster": to_wire(value.cluster)} if engine else {}


_DOCUMENTS: Mapping[type, Callable[[Any], Any]] = {
    Document: _document,
    ErrorGroups: _groups,
    FailedRequests: _failed_requests,
    JobErrors: _errors,
    JobSummary: _summary,
    Listing: _listing,
    RequestFailure: _request_failure,
}
