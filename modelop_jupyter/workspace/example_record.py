"""A record to try a deployed model with."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.jobs import JobKind, JobResult
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.samples import FormField
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.formats import FORMATS, format_for
from modelop_jupyter.models.source import source_text
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.samples import sample_of, test_data

_LOOKED_AT = 20  # jobs
_MOST_TEXT = 10_000


def example_record(name: str, state: ModelState, home: Home) -> str | None:
    """Return a record as JSON text: of the last batch, else of the test data or the schema.

    None where there is none, or none that is small enough to be shown.
    """
    for record in _records(name, state, home):
        text = json.dumps(record, ensure_ascii=False, default=str)
        if len(text) <= _MOST_TEXT:
            return text
    return None


def _records(name: str, state: ModelState, home: Home) -> Iterator[Any]:
    for job in home.registry.list_jobs(model=name, limit=_LOOKED_AT):
        if job.kind is JobKind.BATCH and job.result is JobResult.SUCCESS and job.inputs:
            data = job.inputs[0]
            yield from _first(Path(data.paths[0]), data.format)
    asset = test_data(state, source_text(state, home.blobs))
    if asset is not None:
        digest = next(each.digest for each in state.assets if each.path == asset)
        with contextlib.suppress(ModelOpError):
            yield from _first(home.blobs.fetch(digest), format_for(asset).name)
    form = sample_of(state, (), home).form
    if form.origin == "schema":
        known = form.records[0]
        yield {each.name: known.get(each.name, _plain_value(each)) for each in form.fields}


def _plain_value(field: FormField) -> Any:
    """Return a value of a field's type."""
    if field.choices:
        return field.choices[0]
    values = {"integer": 0, "number": 0.0, "text": "", "boolean": False, "json": None}
    return None if field.is_nullable else values[field.kind]


def _first(path: Path, format: str) -> Iterator[Any]:
    """Yield the first record of a file, nothing where it is gone or cannot be read."""
    with contextlib.suppress(ModelOpError, OSError, ValueError, KeyError):
        if path.is_file():
            for record in FORMATS[format].read(path):
                yield record
                return
