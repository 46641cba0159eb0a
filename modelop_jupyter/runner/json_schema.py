"""Checking values against JSON Schema, in the form that the host makes of every draft."""

import json
import re

from .schema import MASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .protocol import Check, Mismatch

    # Return what checks a value for a rule, of its content, or of a schema with that rule.
    ValueRule = Callable[[Any], Check]
    PartRule = Callable[["JsonSchema", Mapping[str, Any]], Check]

LONGEST = 60


class JsonSchema:
    """A checker of values as JSON makes them.

    ``check(value)`` returns None, or what is wrong (the rule, with the content masked) and where in the
    value. Names of fields are shown where the schema has them. ``format`` is not checked.
    """

    def __init__(self, document: "Mapping[str, Any]") -> None:
        self.definitions: dict[str, list[Check]] = {key: [] for key in document["definitions"]}
        for key, schema in document["definitions"].items():
            self.definitions[key].append(self.checker(schema))
        self.check = self.checker(document["schema"])

    def checker(self, schema: "Any") -> "Check":
        """Return what checks values of a schema."""
        if schema is False:
            return refuse
        if schema is True:
            return allow
        checks = [rule(schema[name]) for name, rule in VALUE_RULES if name in schema]
        checks += [rule(self, schema) for name, rule in PART_RULES if name in schema]
        if len(checks) == 1:
            return checks[0]

        def check_all(value: "Any") -> "Mismatch | None":
            for check in checks:
                mismatch = check(value)
                if mismatch:
                    return mismatch
            return None

        return check_all if checks else allow


def expected(what: str, rule: str) -> "Mismatch":
    return f"{what} expected ({rule}), not {MASK}", ""


NOTHING = expected("Nothing", "false")


def allow(_: "Any") -> None:
    """Allow any value."""


def refuse(_: "Any") -> "Mismatch":
    """Allow no value."""
    return NOTHING


def within(mismatch: "Mismatch", place: str) -> "Mismatch":
    return mismatch[0], f" in {place}{mismatch[1]}"


def is_number(value: "Any") -> bool:
    return type(value) in (int, float)


TYPES: "dict[str, Callable[[Any], bool]]" = {
    "null": lambda value: value is None,
    "boolean": lambda value: type(value) is bool,
    "string": lambda value: type(value) is str,
    "array": lambda value: type(value) is list,
    "object": lambda value: type(value) is dict,
    "number": is_number,
    "int": lambda value: type(value) is int,
    "integer": lambda value: type(value) is int or (type(value) is float and value.is_integer()),
}


def by_type(names: "Sequence[str]") -> "Check":
    tests = [TYPES[name] for name in names]
    label = " or ".join("integer" if name == "int" else name for name in names)
    wrong = expected(label.capitalize(), "type")
    if len(tests) == 1:
        test = tests[0]
        return lambda value: None if test(value) else wrong
    return lambda value: None if any(test(value) for test in tests) else wrong


def key_of(value: "Any") -> "Any":
    """Return what is equal for values that are equal in JSON, where 1 is 1.0 and true is not 1."""
    if type(value) is bool:
        return ("boolean", value)
    if type(value) is list:
        return ("array", tuple(map(key_of, value)))
    if type(value) is dict:
        return ("object", frozenset((name, key_of(item)) for name, item in value.items()))
    return value


def by_enum(values: "Sequence[Any]") -> "Check":
    keys = {key_of(value) for value in values}
    shown = ", ".join(json.dumps(value) for value in values)
    what = "One of " + shown if len(shown) <= LONGEST else f"One of {len(values)} values"
    wrong = expected(what, "enum")
    return lambda value: None if key_of(value) in keys else wrong


def by_const(constant: "Any") -> "Check":
    key, shown = key_of(constant), json.dumps(constant)
    wrong = expected(shown if len(shown) <= LONGEST else "A certain value", "const")
    return lambda value: None if key_of(value) == key else wrong


def bound(words: str, rule: str, is_kept: "Callable[[Any, Any], bool]") -> "ValueRule":
    """Return the rule of a bound of numbers."""

    def make(limit: "Any") -> "Check":
        wrong = expected(f"{words} {json.dumps(limit)}", rule)
        return lambda value: None if not is_number(value) or is_kept(value, limit) else wrong

    return make


def is_multiple(value: "Any", divisor: "Any") -> bool:
    """Say whether a number is a multiple of another as they are written: 0.3 is one of 0.1."""
    if type(value) is int and type(divisor) is int:
        return value % divisor == 0
    from fractions import Fraction

    try:
        return (Fraction(repr(value)) / Fraction(repr(divisor))).denominator == 1
    except ValueError:  # NaN and Infinity
        return False


def size(kind: "Any", words: str, rule: str, is_kept: "Callable[[int, int], bool]") -> "ValueRule":
    """Return the rule of the length of texts, lists or objects."""

    def make(limit: "Any") -> "Check":
        wrong = expected(words.format(int(limit)), rule)
        return lambda value: (
            None if type(value) is not kind or is_kept(len(value), limit) else wrong
        )

    return make


def by_pattern(pattern: str) -> "Check":
    search = re.compile(pattern).search
    shown = json.dumps(pattern)
    wrong = expected(f"A text that matches {shown:.{LONGEST}}", "pattern")
    return lambda value: None if type(value) is not str or search(value) else wrong


def by_unique_items(is_set: bool) -> "Check":
    wrong = expected("Items that differ", "uniqueItems")

    def check(value: "Any") -> "Mismatch | None":
        if not is_set or type(value) is not list:
            return None
        return None if len(set(map(key_of, value))) == len(value) else wrong

    return check


def by_items(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    check, first = schemas.checker(schema["items"]), len(schema.get("prefixItems", ()))

    def check_items(value: "Any") -> "Mismatch | None":
        if type(value) is list:
            for place in range(first, len(value)):
                mismatch = check(value[place])
                if mismatch:
                    return within(mismatch, f"item {place}")
        return None

    return check_items


def by_prefix_items(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    checks = [schemas.checker(item) for item in schema["prefixItems"]]

    def check_items(value: "Any") -> "Mismatch | None":
        if type(value) is list:
            for place, (check, item) in enumerate(zip(checks, value)):
                mismatch = check(item)
                if mismatch:
                    return within(mismatch, f"item {place}")
        return None

    return check_items


def by_contains(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    check = schemas.checker(schema["contains"])
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    few = expected(f"At least {int(least)} fitting items", "contains")
    many = expected(f"At most {int(most or 0)} fitting items", "maxContains")

    def check_items(value: "Any") -> "Mismatch | None":
        if type(value) is not list:
            return None
        count = sum(check(one) is None for one in value)
        if count < least:
            return few
        return many if most is not None and count > most else None

    return check_items


def by_required(names: "Sequence[str]") -> "Check":
    missing = [(name, (f"Field {name!r} missing (required)", "")) for name in names]

    def check(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for name, wrong in missing:
                if name not in value:
                    return wrong
        return None

    return check


def by_dependent_required(needs: "Mapping[str, Sequence[str]]") -> "Check":
    def check(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for name, others in needs.items():
                for other in others if name in value else ():
                    if other not in value:
                        text = f"Field {other!r} missing beside {name!r} (dependentRequired)"
                        return text, ""
        return None

    return check


def by_dependent_schemas(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    checks = [(name, schemas.checker(each)) for name, each in schema["dependentSchemas"].items()]

    def check_object(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for name, check in checks:
                mismatch = check(value) if name in value else None
                if mismatch:
                    return mismatch
        return None

    return check_object


def by_properties(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    checks = [(name, schemas.checker(each)) for name, each in schema["properties"].items()]

    def check_object(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for name, check in checks:
                if name in value:
                    mismatch = check(value[name])
                    if mismatch:
                        return within(mismatch, repr(name))
        return None

    return check_object


def by_pattern_properties(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    checks = [
        (re.compile(name).search, schemas.checker(each))
        for name, each in schema["patternProperties"].items()
    ]

    def check_object(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for search, check in checks:
                for place, (name, item) in enumerate(value.items()):
                    mismatch = check(item) if search(name) else None
                    if mismatch:
                        return within(mismatch, f"field {place}")
        return None

    return check_object


def by_additional_properties(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    other = schema["additionalProperties"]
    check, known = schemas.checker(other), schema.get("properties", {})
    searches = [re.compile(pattern).search for pattern in schema.get("patternProperties", ())]
    unknown = ("Field that the schema does not name (additionalProperties)", "")

    def check_object(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for place, (name, item) in enumerate(value.items()):
                if name in known or any(search(name) for search in searches):
                    continue
                mismatch = check(item)
                if mismatch:
                    return within(unknown if other is False else mismatch, f"field {place}")
        return None

    return check_object


def by_property_names(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    check = schemas.checker(schema["propertyNames"])

    def check_object(value: "Any") -> "Mismatch | None":
        if type(value) is dict:
            for place, name in enumerate(value):
                mismatch = check(name)
                if mismatch:
                    return within(mismatch, f"the name of field {place}")
        return None

    return check_object


def by_reference(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    definition = schemas.definitions[schema["$ref"]]
    return lambda value: definition[0](value)  # empty still, if inside of itself


def by_all(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    checks = [schemas.checker(part) for part in schema["allOf"]]

    def check_all(value: "Any") -> "Mismatch | None":
        for check in checks:
            mismatch = check(value)
            if mismatch:
                return mismatch
        return None

    return check_all


def alternatives(rule: str, most: "int | None") -> "PartRule":
    """Return the rule of alternatives, of which one or at most so many have to fit."""

    def make(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
        parts = schema[rule]
        checks = [schemas.checker(part) for part in parts]
        none = expected(f"One of {len(parts)} alternatives", rule)
        several = expected(f"Only one of {len(parts)} alternatives", rule)

        def check_any(value: "Any") -> "Mismatch | None":
            fitting, best = 0, none
            for check in checks:
                mismatch = check(value)
                fitting += not mismatch
                if fitting and most is None:
                    return None
                # The one that was meant: it failed further in.
                if mismatch and len(mismatch[1]) > len(best[1]):
                    best = mismatch
            if not fitting:
                return best
            return None if fitting == most else several

        return check_any

    return make


def by_not(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    check, wrong = schemas.checker(schema["not"]), expected("Another value", "not")
    return lambda value: wrong if check(value) is None else None


def by_condition(schemas: JsonSchema, schema: "Mapping[str, Any]") -> "Check":
    check = schemas.checker(schema["if"])
    then = schemas.checker(schema.get("then", True))
    otherwise = schemas.checker(schema.get("else", True))
    return lambda value: (then if check(value) is None else otherwise)(value)


# In this order they are checked: what a value is, and then what is in it.
VALUE_RULES: "Sequence[tuple[str, ValueRule]]" = (
    ("type", by_type),
    ("enum", by_enum),
    ("const", by_const),
    ("multipleOf", bound("A multiple of", "multipleOf", is_multiple)),
    ("minimum", bound("At least", "minimum", lambda value, limit: value >= limit)),
    ("maximum", bound("At most", "maximum", lambda value, limit: value <= limit)),
    (
        "exclusiveMinimum",
        bound("More than", "exclusiveMinimum", lambda value, limit: value > limit),
    ),
    (
        "exclusiveMaximum",
        bound("Less than", "exclusiveMaximum", lambda value, limit: value < limit),
    ),
    ("minLength", size(str, "{} characters or more", "minLength", lambda n, limit: n >= limit)),
    ("maxLength", size(str, "{} characters or fewer", "maxLength", lambda n, limit: n <= limit)),
    ("pattern", by_pattern),
    ("minItems", size(list, "{} items or more", "minItems", lambda n, limit: n >= limit)),
    ("maxItems", size(list, "{} items or fewer", "maxItems", lambda n, limit: n <= limit)),
    ("uniqueItems", by_unique_items),
    ("minProperties", size(dict, "{} fields or more", "minProperties", lambda n, m: n >= m)),
    ("maxProperties", size(dict, "{} fields or fewer", "maxProperties", lambda n, m: n <= m)),
    ("required", by_required),
    ("dependentRequired", by_dependent_required),
)
PART_RULES: "Sequence[tuple[str, PartRule]]" = (
    ("$ref", by_reference),
    ("properties", by_properties),
    ("patternProperties", by_pattern_properties),
    ("additionalProperties", by_additional_properties),
    ("propertyNames", by_property_names),
    ("dependentSchemas", by_dependent_schemas),
    ("prefixItems", by_prefix_items),
    ("items", by_items),
    ("contains", by_contains),
    ("allOf", by_all),
    ("anyOf", alternatives("anyOf", None)),
    ("oneOf", alternatives("oneOf", 1)),
    ("not", by_not),
    ("if", by_condition),
)
