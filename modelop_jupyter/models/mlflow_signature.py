"""The signature of an MLflow model: schemas of its records, and how a record is given to ``predict``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

INPUT, OUTPUT = "input_schema.avsc", "output_schema.avsc"
_TYPES = {
    "boolean": "boolean",
    "integer": "int",
    "long": "long",
    "float": "float",
    "double": "double",
    "string": "string",
}
# pandas' types of columns, as MLflow's server converts what it reads from JSON.
_COLUMN_TYPES = {
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "datetime": "datetime64[ns]",
}
_DTYPES = {
    "bool": "boolean",
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), "int"),
    **dict.fromkeys(("int64", "uint32"), "long"),
    **dict.fromkeys(("float16", "float32"), "float"),
    "float64": "double",
    "str": "string",
}


class InexactError(Exception):
    """A type that no Avro schema of JSON values says exactly."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The columns or tensors that a model takes and gives; None where none are known.

    ``has_hints`` is true for a model whose type hints say what a record is: it takes a list of them.
    """

    inputs: tuple[Mapping[str, Any], ...] | None = None
    outputs: tuple[Mapping[str, Any], ...] | None = None
    has_hints: bool = False

    @classmethod
    def parse(cls, document: Any, *, has_hints: bool) -> Signature:
        """Read the part ``signature`` of an ``MLmodel``; what cannot be read is not known."""
        sides = document if isinstance(document, dict) else {}
        return cls(_columns(sides.get("inputs")), _columns(sides.get("outputs")), has_hints)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of a table, in the order of the model."""
        if self.is_tensor or not self.inputs or any("name" not in item for item in self.inputs):
            return ()
        return tuple(str(item["name"]) for item in self.inputs)

    @property
    def column_types(self) -> Mapping[str, str]:
        """The pandas types of the columns whose values JSON writes otherwise, by name."""
        kinds = {str(item.get("name")): item.get("type") for item in self.inputs or ()}
        return {name: _COLUMN_TYPES[kind] for name, kind in kinds.items() if kind in _COLUMN_TYPES}

    @property
    def is_tensor(self) -> bool:
        """Whether the model takes NumPy arrays."""
        return bool(self.inputs) and self.inputs is not None and "tensor-spec" in self.inputs[0]

    @property
    def dtypes(self) -> Mapping[str | None, str]:
        """The NumPy type of each tensor by name, None for one without a name."""
        return {
            item.get("name"): str(item["tensor-spec"].get("dtype", "float64"))
            for item in self.inputs or ()
            if "tensor-spec" in item
        }

    def schemas(self) -> dict[str, Any]:
        """Return the Avro schemas of a record and of what is given for it, by file name."""
        found = {}
        for path, columns in self._sides():
            try:
                found[path] = _schema(columns, path.partition("_")[0])
            except InexactError:
                continue
        return found

    def warnings(self) -> Iterator[str]:
        """Say of each side why it has no schema."""
        for path, columns in self._sides():
            try:
                _schema(columns, "record")
            except InexactError as error:
                yield f"no {path} was written: a record in JSON has no {error} as MLflow means it"

    def _sides(self) -> list[tuple[str, Sequence[Mapping[str, Any]]]]:
        sides = ((INPUT, self.inputs), (OUTPUT, self.outputs))
        return [(path, columns) for path, columns in sides if columns]


def _columns(text: Any) -> tuple[Mapping[str, Any], ...] | None:
    try:
        columns = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    is_known = isinstance(columns, list) and all(isinstance(item, dict) for item in columns)
    return tuple(columns) if is_known else None


def _schema(columns: Sequence[Mapping[str, Any]], name: str) -> Any:
    if all("name" in column for column in columns):
        return {"type": "record", "name": name, "fields": [_field(item, name) for item in columns]}
    if len(columns) == 1:
        return _type(columns[0], name)
    raise InexactError("columns without names")


def _field(column: Mapping[str, Any], within: str) -> dict[str, Any]:
    key = str(column["name"])
    kind = _type(column, f"{within}_{key}")
    if column.get("required", True):
        return {"name": key, "type": kind}
    return {"name": key, "type": ["null", kind], "default": None, "scoringOptional": True}


def _type(column: Any, name: str) -> Any:
    """Return the Avro type of a column, an item or a property; raises :class:`InexactError`."""
    if not isinstance(column, dict):
        raise InexactError("such type")
    kind = column.get("type")
    if kind == "tensor":
        return _of_tensor(column.get("tensor-spec"))
    if kind == "array":
        return {"type": "array", "items": _type(column.get("items"), name)}
    if kind == "map":
        return {"type": "map", "values": _type(column.get("values"), name)}
    if kind == "object":
        properties = column.get("properties")
        fields = properties if isinstance(properties, dict) else {}
        parts = [_field({**part, "name": key}, name) for key, part in fields.items()]
        return {"type": "record", "name": name, "fields": parts}
    if kind not in _TYPES:
        raise InexactError(f"{kind}")
    return _TYPES[kind]


def _of_tensor(spec: Any) -> Any:
    """Return the type of one row of a tensor, whose first dimension counts the rows."""
    dtype, shape = (spec.get("dtype"), spec.get("shape")) if isinstance(spec, dict) else (None, ())
    if dtype not in _DTYPES or not isinstance(shape, list) or not shape:
        raise InexactError(f"array of {dtype}")
    kind: Any = _DTYPES[dtype]
    for _ in shape[1:]:
        kind = {"type": "array", "items": kind}
    return kind
