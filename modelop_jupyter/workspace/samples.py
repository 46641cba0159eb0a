"""What a model's first run takes: its test data, or records typed in a form."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from modelop_jupyter.domain.json_schemas import is_json_schema, record_of
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.samples import (
    RecordForm,
    Sample,
    Table,
    best_table,
    defaults_of_schema,
    fields_of_records,
    fields_of_schema,
    used_columns,
)
from modelop_jupyter.domain.schemas import infer
from modelop_jupyter.models import schemas
from modelop_jupyter.models.source import source_text
from modelop_jupyter.workspace.home import Home

_INPUT_SLOT = 0
_TELLING_WORDS = ("test", "sample")


def sample_of(state: ModelState, tables: Sequence[Table], home: Home) -> Sample:
    """Return what a first run of a model can take; ``tables`` are the session's, the last one first."""
    source = source_text(state, home.blobs)
    return Sample(test_data(state, source), _form(state, source or "", tables, home))


def test_data(state: ModelState, source: str | None) -> str | None:
    """Return the asset with test data; one that the source reads itself holds no records."""
    paths = [
        asset.path
        for asset in state.with_role(AssetRole.TEST_DATA)
        if PurePosixPath(asset.path).name not in (source or "")
    ]
    named = (path for path in paths if any(word in path.lower() for word in _TELLING_WORDS))
    return next(named, paths[0] if paths else None)


def table_for(state: ModelState, tables: Sequence[Table], home: Home) -> Table | None:
    """Return the table whose columns are the fields of the model's records, None where none is known."""
    schema = _schema(state, home)
    source = source_text(state, home.blobs) or ""
    names = (
        {each.name for each in fields_of_schema(schema[1])}
        if schema
        else set(_texts(source, state.entry_points))
    )
    table = best_table(tables, names)
    return table if table and names.intersection(table.columns) else None


def _form(state: ModelState, source: str, tables: Sequence[Table], home: Home) -> RecordForm:
    schema = _schema(state, home)
    if schema is not None:
        return _form_of_schema(*schema, tables)
    names = list(_texts(source, state.entry_points))
    table = best_table(tables, names)
    if table is None or not table.records:
        return RecordForm("none", "", (), ({},))
    columns = used_columns(table, names)
    records = tuple({name: record.get(name) for name in columns} for record in table.records)
    return RecordForm("table", table.name, fields_of_records(infer(records)), records)


def _form_of_schema(name: str, schema: Any, tables: Sequence[Table]) -> RecordForm:
    """Return the form of a schema, with the values of a table that has all of its fields."""
    fields = fields_of_schema(schema)
    names = [each.name for each in fields]
    table = best_table(tables, names)
    records: tuple[Any, ...] = (defaults_of_schema(schema),)
    if table is not None and table.records and set(names).issubset(table.columns):
        records = tuple({key: record.get(key) for key in names} for record in table.records)
    return RecordForm("schema", name, fields, records)


def _schema(state: ModelState, home: Home) -> tuple[str, Any] | None:
    """Return the file and the content of the schema of the model's input, if it is that of a record."""
    found = schemas.of_slot(state, _INPUT_SLOT, home.blobs)
    if found is None:
        return None
    asset, schema = found
    if is_json_schema(schema, asset.name):
        schema = record_of(schema)
    return (asset.path, schema) if fields_of_schema(schema) else None


def _texts(source: str, points: EntryPoints) -> Iterator[str]:
    """Yield the texts in a source, among which the names of the columns that it uses are.

    Functions that get whole data sets, and so other columns, are left out.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    others = {points.metrics, points.train} - {points.score, points.init}
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name in others:
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
