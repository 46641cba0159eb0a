"""Infer extended Avro schemas from data, as ModelOp's "Generate Extended Schema" does (spec 7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_INT32 = 2**31
_NUMERICAL = frozenset({"int", "long", "float", "double"})
_ROLES = {
    "id": "identifier",
    "uuid": "identifier",
    "score": "score",
    "prediction": "score",
    "label": "label",
    "ground_truth": "label",
}
# The order in which the branches of a union are written.
_ORDER = ("null", "boolean", "int", "long", "double", "string")

Schema = dict[str, Any] | list[Any] | str


def infer(records: Iterable[Any]) -> Schema:
    """Return the schema that all records fit; scalars give a plain type.

    A record's fields keep the order in which they were first seen. Raises :class:`ValueError` when
    there are no records.
    """
    kinds = _Kinds("inferred_schema")
    for record in records:
        kinds.see(record)
    if kinds.is_empty:
        raise ValueError("there are no records to infer a schema from")
    schema: Schema = kinds.schema(extended=True)
    return schema


class _Kinds:
    """The types seen at one place of the records."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._scalars: set[str] = set()
        self._fields: dict[str, _Kinds] | None = None
        self._objects = 0
        self._seen = 0
        self._items: _Kinds | None = None

    @property
    def is_empty(self) -> bool:
        return not (self._scalars or self._fields is not None or self._items)

    def see(self, value: Any) -> None:
        self._seen += 1
        if isinstance(value, Mapping):
            self._fields = {} if self._fields is None else self._fields
            self._objects += 1
            for key, item in value.items():
                self._fields.setdefault(str(key), _Kinds(str(key))).see(item)
        elif isinstance(value, (list, tuple)):
            self._items = self._items or _Kinds(self._name)
            for item in value:
                self._items.see(item)
        else:
            self._scalars.add(_scalar(value))

    def schema(self, *, extended: bool = False) -> Any:
        branches: list[Any] = [kind for kind in _ORDER if kind in self._scalars]
        if "long" in branches and "int" in branches:
            branches.remove("int")
        if self._items is not None:
            items = "null" if self._items.is_empty else self._items.schema()
            branches.append({"type": "array", "items": items})
        if self._fields is not None:
            fields = [self._field(name, kinds, extended) for name, kinds in self._fields.items()]
            branches.append({"type": "record", "name": self._name, "fields": fields})
        return branches[0] if len(branches) == 1 else branches

    def _field(self, name: str, kinds: _Kinds, extended: bool) -> dict[str, Any]:
        is_optional = kinds._seen < self._objects
        if is_optional:
            kinds._scalars.add("null")
        field = {"name": name, "type": kinds.schema()}
        if is_optional:
            field["default"] = None
        return {**field, **_attributes(name, field["type"])} if extended else field


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -_INT32 <= value < _INT32 else "long"
    return "double" if isinstance(value, float) else "string"


def _attributes(name: str, kind: Any) -> dict[str, Any]:
    """Return the extended attributes with the defaults of spec 7.2."""
    branches = kind if isinstance(kind, list) else [kind]
    plain = {branch for branch in branches if isinstance(branch, str)} - {"null"}
    role = _ROLES.get(name.lower(), "predictor")
    return {
        "dataClass": "numerical" if plain and plain <= _NUMERICAL else "categorical",
        "role": role,
        "protectedClass": False,
        "driftCandidate": role != "identifier",
        "specialValues": [],
        "scoringOptional": False,
    }
