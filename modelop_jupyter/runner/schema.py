"""Checking values against Avro schemas (spec 7.1)."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .protocol import Check, Mismatch

MASK = "**********"  # stands for the content of a record


class SchemaError(Exception):
    """A schema that is not valid Avro."""


def _is_integer(bits: int) -> "Callable[[Any], bool]":
    return lambda value: type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _is(*kinds: type) -> "Callable[[Any], bool]":
    return lambda value: type(value) in kinds


PRIMITIVES = {
    "null": _is(type(None)),
    "boolean": _is(bool),
    "int": _is_integer(32),
    "long": _is_integer(64),
    "float": _is(int, float),
    "double": _is(int, float),
    "bytes": _is(str),
    "string": _is(str),
}


class Schema:
    """A lenient checker of values as JSON makes them (spec 7.1).

    ``check(value)`` returns None, or what is wrong (with the content masked) and where in the
    value. Unions are untagged, integers pass for fractions, extra fields and attributes are
    ignored, unusual names accepted. Integers have Avro's ranges. A field may be absent only when it
    is ``scoringOptional``. Raises SchemaError for a schema that is not one.
    """

    def __init__(self, schema: "Any") -> None:
        # Named types; the list is empty until the type's own definition has been read.
        self.named: dict[str, list[Check]] = {}
        self.check = self._checker(schema, "")

    def _checker(self, schema: "Any", namespace: str) -> "Check":
        """Return what checks values of a schema within a namespace."""
        if isinstance(schema, list):
            return self._union(schema, namespace)
        if isinstance(schema, str):
            return self._reference(schema, namespace)
        kind = self._require(schema, "type")
        if kind in ("record", "error", "enum", "fixed"):
            return self._definition(kind, schema, namespace)
        if kind == "array":
            items = self._checker(self._require(schema, "items"), namespace)
            return self._container("Array", list, items)
        if kind == "map":
            values = self._checker(self._require(schema, "values"), namespace)
            return self._container("Map", dict, values)
        return self._checker(kind, namespace)

    @staticmethod
    def _require(schema: "Any", key: str) -> "Any":
        if not isinstance(schema, dict) or key not in schema:
            raise SchemaError(f"{json.dumps(schema):.80} has no {key!r}")
        return schema[key]

    @staticmethod
    def _simple(label: str, is_one: "Callable[[Any], bool]") -> "Check":
        wrong = (f"{label} expected, not {MASK}", "")
        return lambda value: None if is_one(value) else wrong

    def _reference(self, name: str, namespace: str) -> "Check":
        if name in PRIMITIVES:
            return self._simple(name.capitalize(), PRIMITIVES[name])
        for full in (name, f"{namespace}.{name}", name.rpartition(".")[2]):
            if full in self.named:
                definition = self.named[full]
                return lambda value: definition[0](value)  # empty still, if inside of itself
        raise SchemaError(f"unknown type {name!r}")

    def _definition(self, kind: str, schema: "dict[str, Any]", namespace: str) -> "Check":
        name = str(schema.get("name", ""))
        namespace = schema.get("namespace") or name.rpartition(".")[0] or namespace
        definition: list[Check] = []
        for full in (name, f"{namespace}.{name}", name.rpartition(".")[2]):
            self.named[full] = definition
        if kind == "enum":
            symbols = self._require(schema, "symbols")
            check = self._simple("Enum", lambda value: type(value) is str and value in symbols)
        elif kind == "fixed":
            size = self._require(schema, "size")
            check = self._simple("Fixed", lambda value: type(value) is str and len(value) == size)
        else:
            check = self._record(name, self._require(schema, "fields"), namespace)
        definition.append(check)
        return check

    def _record(self, name: str, fields: "Sequence[Any]", namespace: str) -> "Check":
        wrong = (f"Record expected, not {MASK}", "")
        checks: list[tuple[str, Check, Mismatch | None]] = []
        for field in fields:
            key, kind = self._require(field, "name"), self._require(field, "type")
            try:
                check = self._checker(kind, namespace)
            except SchemaError as error:
                raise SchemaError(f"field {key!r}: {error}") from error
            missing = (f"Field '{key}' missing for record '{name}'", "")
            is_optional = field.get("scoringOptional") in (True, "true")
            checks.append((key, check, None if is_optional else missing))

        def check_record(value: "Any") -> "Mismatch | None":
            if type(value) is not dict:
                return wrong
            for key, check, missing in checks:
                if key in value:
                    mismatch = check(value[key])
                    if mismatch:
                        return mismatch[0], f" in {key!r}{mismatch[1]}"
                elif missing:
                    return missing
            return None

        return check_record

    @staticmethod
    def _container(label: str, kind: "Any", check: "Check") -> "Check":
        wrong = (f"{label} expected, not {MASK}", "")

        def check_items(value: "Any") -> "Mismatch | None":
            if type(value) is not kind:
                return wrong
            for place, item in enumerate(value.values() if kind is dict else value):
                mismatch = check(item)
                if mismatch:
                    return mismatch[0], f" in item {place}{mismatch[1]}"
            return None

        return check_items

    def _union(self, branches: "Sequence[Any]", namespace: str) -> "Check":
        checks = [self._checker(branch, namespace) for branch in branches]
        kinds = [branch.get("type") if isinstance(branch, dict) else branch for branch in branches]
        labels = " or ".join(str(kind).capitalize() for kind in kinds)
        wrong = (f"{labels} expected, not {MASK}", "")

        def check_union(value: "Any") -> "Mismatch | None":
            best = wrong
            for check in checks:
                mismatch = check(value)
                if mismatch is None:
                    return None
                # The branch that was meant: it failed further in.
                if mismatch[1] or mismatch[0].startswith("Field"):
                    best = mismatch
            return best

        return check_union


def check_safely(check: "Check", value: "Any") -> "Mismatch | None":
    """Check a value, however deeply it is nested."""
    try:
        return check(value)
    except RecursionError:
        return "nested too deep", ""
