"""Compare the records of an input with a schema, field by field, as the runtime checks them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from modelop_jupyter.domain.json_schemas import is_json_schema, record_of
from modelop_jupyter.domain.schema_drift import FieldDrift, SchemaDrift
from modelop_jupyter.engines.runner_process import runner_files
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models.json_schemas import checkable

# Returns None, or what is wrong and where.
Check = Callable[[Any], tuple[str, str] | None]
_MOST_INDICES = 5
_LONGEST = 80
# What JSON Schema says of each field by itself, besides words that only describe.
_SEPARABLE = frozenset(
    "$schema $id $defs definitions $comment title description default examples type properties required"
    " additionalProperties".split()
)


@dataclass
class _Seen:
    """What was seen of one kind of problem."""

    drift: FieldDrift
    indices: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, index: int) -> None:
        self.count += 1
        if len(self.indices) < _MOST_INDICES:
            self.indices.append(index)

    @property
    def total(self) -> FieldDrift:
        return replace(self.drift, records=self.count, first=tuple(self.indices))


def schema_drift(
    records: Iterable[Any], definition: Any, *, model: str, schema: str
) -> SchemaDrift:
    """Return what differs, the fields that cost most records first.

    The check is the runner's own (spec 7.1). Fields that the schema does not name are ignored by it;
    they are reported, since a renamed field shows as one that is missing and one that is new. Raises
    :class:`InvalidError` for a schema that cannot be used.
    """
    whole, fields = _check(definition, schema), _fields(definition, schema)
    one_field = _check(_with_optional_fields(definition), schema) if fields is not None else whole
    seen: dict[tuple[str, str], _Seen] = {}
    count = rejected = 0
    for index, record in enumerate(records):
        count += 1
        mismatch = whole(record)
        rejected += mismatch is not None
        if fields is None or not isinstance(record, dict):
            drifts = [_of_record(record, mismatch)] if mismatch else []
        else:
            drifts = list(_of_fields(record, fields, one_field))
        for drift in drifts:
            key = drift.field, drift.problem
            seen.setdefault(key, _Seen(drift)).add(index)
    totals = (one.total for one in seen.values())
    ordered = sorted(totals, key=lambda one: (not one.is_rejected, -one.records, one.first))
    return SchemaDrift(model, schema, count, rejected, tuple(ordered))


def _check(definition: Any, name: str) -> Check:
    """Return the runner's check of a schema."""
    runner, json_runner = runner_files("schema", "json_schema")
    try:
        if is_json_schema(definition, name):
            check = json_runner.JsonSchema(checkable(definition, name)).check
        else:
            check = runner.Schema(definition).check
    except (runner.SchemaError, TypeError, RecursionError) as error:
        raise InvalidError(
            f"schema {name} cannot be used: {error}", "Mend the file, and add it again"
        ) from None
    return partial(runner.check_safely, check)


def _fields(definition: Any, name: str) -> Mapping[str, bool] | None:
    """Return the fields of a record's schema, and whether each may be absent; None for other values.

    None, too, for JSON Schema that says more of a record than what each of its fields is.
    """
    if is_json_schema(definition, name):
        is_separable = isinstance(definition, dict) and _SEPARABLE.issuperset(definition)
        record = record_of(definition) if is_separable else None
    else:
        is_record = isinstance(definition, dict) and definition.get("type") == "record"
        record = definition if is_record else None
    if record is None:
        return None
    return {one["name"]: one.get("scoringOptional") in (True, "true") for one in record["fields"]}


def _with_optional_fields(definition: Any) -> Any:
    """Return a record's schema that a record with any one of its fields can be checked against."""
    if "properties" in definition:
        return {rule: value for rule, value in definition.items() if rule != "required"}
    fields = [{**one, "scoringOptional": True} for one in definition["fields"]]
    return {**definition, "fields": fields}


def _of_record(record: Any, mismatch: tuple[str, str]) -> FieldDrift:
    return FieldDrift("", _problem(mismatch[0]), 1, (), _shown(record), is_rejected=True)


def _of_fields(
    record: Mapping[str, Any], fields: Mapping[str, bool], check: Check
) -> Iterator[FieldDrift]:
    """Yield what differs in one record."""
    for name, is_optional in fields.items():
        if name not in record:
            if not is_optional:
                yield FieldDrift(name, "is missing", 1, (), None, is_rejected=True)
            continue
        mismatch = check({name: record[name]})
        if mismatch is not None:
            where = mismatch[1].removeprefix(f" in {name!r}")
            problem = _problem(mismatch[0]) + where
            yield FieldDrift(name, problem, 1, (), _shown(record[name]), is_rejected=True)
    for name in record.keys() - fields.keys():
        problem = "is new: the schema does not name it"
        is_rejected = check({name: record[name]}) is not None
        yield FieldDrift(name, problem, 1, (), _shown(record[name]), is_rejected=is_rejected)


def _problem(reason: str) -> str:
    """Return ModelOp's reason without the content that it masks."""
    return reason.partition(", not *")[0]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
