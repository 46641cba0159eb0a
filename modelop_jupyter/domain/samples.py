"""A model's first run: on its test data, or on records that are typed into a form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from modelop_jupyter.domain.wire import OPTIONAL

SAMPLE_RECORDS = 5
"""How many records a first run takes."""

FieldKind = Literal["integer", "number", "text", "boolean", "json"]

_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

_KINDS: Mapping[str, FieldKind] = {
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "string": "text",
    "bytes": "text",
    "enum": "text",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a record: a whole number, any number, text, true or false, or any JSON value.

    An empty field ``is_nullable`` if it may be null. ``choices`` are all values of an enum.
    """

    name: str
    kind: FieldKind
    is_nullable: bool = False
    choices: tuple[str, ...] = field(default=(), metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class RecordForm:
    """The fields in which records are typed; without any, a record is typed as JSON.

    ``origin`` is ``schema`` or ``table``, whose ``name`` is that of the file or variable, or
    ``none``. ``records`` are the values to begin with, of at least one record.
    """

    origin: Literal["schema", "table", "none"]
    name: str
    fields: tuple[FormField, ...]
    records: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a first run can take: the path of an asset with test data, else what a form gives."""

    test_data: str | None
    form: RecordForm


@dataclass(frozen=True, slots=True)
class Table:
    """The first records of a data frame, and the variable that holds it."""

    name: str
    records: tuple[Mapping[str, Any], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.records[0]) if self.records else ()


def with_example(form: RecordForm, example: Any) -> RecordForm:
    """Return a form that begins with an example, None where none is known or it has other fields."""
    if example is None:
        return form
    if not form.fields:
        return replace(form, records=(example,))
    if not isinstance(example, Mapping):
        return form
    names = [each.name for each in form.fields]
    return replace(form, records=({name: example[name] for name in names if name in example},))


def fields_of_schema(schema: Any) -> tuple[FormField, ...]:
    """Return the fields of an Avro record; none for a schema of anything else."""
    if not isinstance(schema, Mapping) or schema.get("type") != "record":
        return ()
    return tuple(
        _field(str(each["name"]), each.get("type"))
        for each in schema.get("fields") or ()
        if isinstance(each, Mapping) and "name" in each
    )


def fields_of_records(schema: Any) -> tuple[FormField, ...]:
    """Return the fields of a schema that was inferred from a few records.

    What those records do not show is no reason to refuse a value: a number need not be whole, and
    any field may be empty.
    """
    return tuple(
        replace(each, kind="number" if each.kind == "integer" else each.kind, is_nullable=True)
        for each in fields_of_schema(schema)
    )


def defaults_of_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record that the defaults of a schema make."""
    return {each["name"]: each["default"] for each in schema["fields"] if "default" in each}


def best_table(tables: Iterable[Table], names: Iterable[str]) -> Table | None:
    """Return the table with the most columns of these names, the first of equals."""
    wanted = set(names)
    return max(tables, key=lambda table: len(wanted.intersection(table.columns)), default=None)


def used_columns(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of a table that are among some names; all where none is."""
    wanted = set(names)
    return tuple(name for name in table.columns if name in wanted) or table.columns


def text_of(form_field: FormField, value: Any) -> str:
    """Return a value as it is typed in a form."""
    if value is None:
        return ""
    if form_field.kind == "json" or not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value


def value_of(form_field: FormField, text: str) -> Any:
    """Return the value of what was typed into a field; raises :class:`ValueError` with what to type.

    The sidebar does the same in ``dialogs/recordFields.ts``: ``tests/data/record_fields.json`` has
    the cases of both.
    """
    kind, stripped = form_field.kind, text.strip()
    if stripped == "" and form_field.is_nullable:
        return None
    if form_field.choices:
        if text not in form_field.choices:
            raise ValueError("choose a value")
        return text
    if kind == "text":
        return text
    if kind == "boolean":
        if stripped not in ("true", "false"):
            raise ValueError("choose true or false")
        return stripped == "true"
    if kind == "json":
        return _json_of(stripped)
    pattern = _WHOLE if kind == "integer" else _NUMBER
    if pattern.fullmatch(stripped) is None:
        what = "a whole number" if kind == "integer" else "a number, such as 1.5"
        raise ValueError(f"type {what}" + (f" instead of {stripped!r}" if stripped else ""))
    return int(stripped) if _WHOLE.fullmatch(stripped) else float(stripped)


def records_of_text(text: str) -> list[Any]:
    """Return the records that were typed as JSON: one, or a list; raises :class:`ValueError`."""
    value = _json_of(text.strip())
    records = value if isinstance(value, list) else [value]
    if not 1 <= len(records) <= SAMPLE_RECORDS:
        raise ValueError(f"type 1 to {SAMPLE_RECORDS} records")
    return records


def _json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError('type JSON, such as {"x": 1.5} or [1, 2]') from None


def _field(name: str, kind: Any) -> FormField:
    branches: Sequence[Any] = kind if isinstance(kind, list) else [kind]
    others = [branch for branch in branches if branch != "null"]
    is_nullable = len(others) < len(branches)
    kinds = {_kind_of(branch) for branch in others}
    if kinds == {"integer", "number"}:
        kinds = {"number"}
    symbols = others[0].get("symbols") if len(others) == 1 and _is_enum(others[0]) else ()
    only: FieldKind = kinds.pop() if len(kinds) == 1 else "json"
    return FormField(name, only, is_nullable, tuple(map(str, symbols or ())))


def _kind_of(branch: Any) -> FieldKind:
    if isinstance(branch, Mapping):
        branch = branch.get("type")
    return _KINDS.get(branch, "json") if isinstance(branch, str) else "json"


def _is_enum(branch: Any) -> bool:
    return isinstance(branch, Mapping) and branch.get("type") == "enum"
