"""Checking values against Avro schemas (spec 7.1)."""

import json

from .errors import JobError

MASK = "**********"


class SchemaError(Exception):
    """A schema that is none."""


def _is_whole(bits):
    return lambda value: type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _is(*kinds):
    return lambda value: type(value) in kinds


PRIMITIVES = {
    "null": _is(type(None)),
    "boolean": _is(bool),
    "int": _is_whole(32),
    "long": _is_whole(64),
    "float": _is(int, float),
    "double": _is(int, float),
    "bytes": _is(str),
    "string": _is(str),
}


class Schema:
    """A lenient checker of values as JSON makes them (spec 7.1).

    ``check(value)`` returns None, or what is wrong (with the content masked) and where in the value. Unions are
    untagged, whole numbers pass for fractions, extra fields and attributes are ignored, odd names accepted.
    Whole numbers have Avro's ranges. A field may be absent only when it is ``scoringOptional``.
    """

    def __init__(self, schema):
        self.named = {}
        self.check = self._checker(schema, "")

    def _checker(self, schema, space):
        """Return what checks values of a schema; ``space`` is the namespace around it."""
        if isinstance(schema, list):
            return self._union(schema, space)
        if isinstance(schema, str):
            return self._reference(schema, space)
        kind = self._need(schema, "type")
        if kind in ("record", "error", "enum", "fixed"):
            return self._definition(kind, schema, space)
        if kind == "array":
            return self._container("Array", list, self._checker(self._need(schema, "items"), space))
        if kind == "map":
            return self._container("Map", dict, self._checker(self._need(schema, "values"), space))
        return self._checker(kind, space)

    @staticmethod
    def _need(schema, key):
        if not isinstance(schema, dict) or key not in schema:
            raise SchemaError("%.80s has no %r" % (json.dumps(schema), key))
        return schema[key]

    @staticmethod
    def _simple(label, is_one):
        wrong = ("%s expected, not %s" % (label, MASK), "")
        return lambda value: None if is_one(value) else wrong

    def _reference(self, name, space):
        if name in PRIMITIVES:
            return self._simple(name.capitalize(), PRIMITIVES[name])
        for full in (name, space + "." + name, name.rpartition(".")[2]):
            if full in self.named:
                holder = self.named[full]
                return lambda value: holder[0](value)  # not filled yet where a type is used inside itself
        raise SchemaError("unknown type %r" % name)

    def _definition(self, kind, schema, space):
        name = str(schema.get("name", ""))
        space = schema.get("namespace") or name.rpartition(".")[0] or space
        holder = []
        for full in (name, "%s.%s" % (space, name), name.rpartition(".")[2]):
            self.named[full] = holder
        if kind == "enum":
            symbols = self._need(schema, "symbols")
            holder.append(self._simple("Enum", lambda value: type(value) is str and value in symbols))
        elif kind == "fixed":
            size = self._need(schema, "size")
            holder.append(self._simple("Fixed", lambda value: type(value) is str and len(value) == size))
        else:
            holder.append(self._record(name, self._need(schema, "fields"), space))
        return holder[0]

    def _record(self, name, fields, space):
        wrong = ("Record expected, not " + MASK, "")
        checks = []
        for field in fields:
            key, kind = self._need(field, "name"), self._need(field, "type")
            try:
                check = self._checker(kind, space)
            except SchemaError as error:
                raise SchemaError("field %r: %s" % (key, error))
            missing = ("Field '%s' missing for record '%s'" % (key, name), "")
            checks.append((key, check, None if field.get("scoringOptional") in (True, "true") else missing))

        def check_record(value):
            if type(value) is not dict:
                return wrong
            for key, check, problem in checks:
                if key in value:
                    problem = check(value[key])
                    if problem:
                        return problem[0], " in %r%s" % (key, problem[1])
                elif problem:
                    return problem
            return None

        return check_record

    @staticmethod
    def _container(label, kind, check):
        wrong = ("%s expected, not %s" % (label, MASK), "")

        def check_items(value):
            if type(value) is not kind:
                return wrong
            for place, item in enumerate(value.values() if kind is dict else value):
                problem = check(item)
                if problem:
                    return problem[0], " in item %d%s" % (place, problem[1])
            return None

        return check_items

    def _union(self, branches, space):
        checks = [self._checker(branch, space) for branch in branches]
        labels = [branch.get("type") if isinstance(branch, dict) else branch for branch in branches]
        wrong = ("%s expected, not %s" % (" or ".join(str(label).capitalize() for label in labels), MASK), "")

        def check_union(value):
            problem = wrong
            for check in checks:
                found = check(value)
                if found is None:
                    return None
                if found[1] or found[0].startswith("Field"):  # the branch that was meant: it failed further in
                    problem = found
            return problem

        return check_union


def schema_of(request, slot, side):
    """Return the checker of a slot, None where it has no schema or checking is off."""
    schema = request["slots"].get(str(slot), {}).get("schema")
    if schema is None or not request["check_schemas"].get(side):
        return None
    try:
        return Schema(schema).check
    except (SchemaError, TypeError, RecursionError) as error:
        raise JobError("read", "the %s schema of slot %s cannot be used: %s" % (side, slot, error))
