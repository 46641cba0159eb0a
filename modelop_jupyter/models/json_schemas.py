"""What the runner checks records with, made of a JSON Schema.

The runner has the standard library only, and Pythons from 3.6 on. So drafts, references and base
addresses are dealt with here, by referencing, and the runner gets one form of each rule: that of the
newest draft, with references as keys of ``definitions``. A schema is checked itself in the same way,
with the schema of its draft: to import jsonschema takes seconds where Jupyter's extras of it are
installed, so it is only asked what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from modelop_jupyter.engines.runner_process import runner_files
from modelop_jupyter.errors import InvalidError

DEFAULT_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OLD_EXCLUSIVE = "http://json-schema.org/draft-04/schema"
_RULES_OF_4 = frozenset(
    "$ref additionalItems additionalProperties allOf anyOf dependencies enum items maxItems maxLength"
    " maxProperties maximum minItems minLength minProperties minimum multipleOf not oneOf pattern"
    " patternProperties properties required type uniqueItems".split()
)
_RULES_OF_6 = _RULES_OF_4 | set(
    "const contains exclusiveMaximum exclusiveMinimum propertyNames".split()
)
_RULES_OF_7 = _RULES_OF_6 | {"if", "then", "else"}
_RULES_OF_2019 = (_RULES_OF_7 - {"dependencies"}) | set(
    "$recursiveRef dependentRequired dependentSchemas minContains maxContains unevaluatedItems"
    " unevaluatedProperties".split()
)
_RULES_OF_2020 = (_RULES_OF_2019 - {"$recursiveRef", "additionalItems"}) | {
    "$dynamicRef",
    "prefixItems",
}
# What each draft checks; other words say nothing in it.
_RULES: Mapping[str, frozenset[str]] = {
    _OLD_EXCLUSIVE: _RULES_OF_4,
    "http://json-schema.org/draft-06/schema": _RULES_OF_6,
    "http://json-schema.org/draft-07/schema": _RULES_OF_7,
    "https://json-schema.org/draft/2019-09/schema": _RULES_OF_2019,
    DEFAULT_DRAFT: _RULES_OF_2020,
}
_DRAFTS = "draft-04, draft-06, draft-07, 2019-09 and 2020-12"
# Before 2019-09, what stands beside a reference says nothing.
_LONE_REFERENCES = tuple(_RULES)[:3]
# To the draft itself, where the schema of a draft refers so.
_DYNAMIC = frozenset({"$dynamicRef", "$recursiveRef"})
_VALUES = frozenset(
    "type enum const multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength"
    " pattern minItems maxItems uniqueItems minProperties maxProperties required dependentRequired"
    " minContains maxContains".split()
)
_SCHEMAS = frozenset("items contains additionalProperties propertyNames not if then else".split())
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
# They are made by functions of their own.
_APART = frozenset({"additionalItems", "items", "unevaluatedProperties"})
# What may evaluate other properties in each record.
_CONDITIONAL = ("anyOf", "oneOf", "if", "dependentSchemas")


def checkable(definition: Any, name: str) -> dict[str, Any]:
    """Return a JSON Schema as the runner checks it; ``name`` is that of its file.

    Raises :class:`InvalidError` for what is no schema, for a draft that is not known, for a reference
    that leads out of the file, and for a rule that records cannot be checked with.
    """
    given = (
        definition.get("$schema", DEFAULT_DRAFT) if isinstance(definition, dict) else DEFAULT_DRAFT
    )
    draft = str(given).rstrip("#")
    if draft not in _RULES:
        raise _unusable(name, f"its $schema is {draft}", f"Use one of the drafts {_DRAFTS}")
    try:
        if _checker_of(draft)(definition) is not None:
            _require_valid(definition, name, draft)
        return _Converter(definition, name, draft).document()
    except RecursionError:
        raise _unusable(name, "it is nested too deep, or refers to itself without an end") from None


@cache
def _checker_of(draft: str) -> Any:
    """Return the check of a draft's schemas."""
    from jsonschema_specifications import REGISTRY

    schema = (REGISTRY.get(draft) or REGISTRY[f"{draft}#"]).contents
    document = _Converter(schema, draft, draft, is_of_draft=True).document()
    (runner,) = runner_files("json_schema")
    return runner.JsonSchema(document).check


def _require_valid(definition: Any, name: str, draft: str) -> None:
    """Raise :class:`InvalidError` that says what is wrong with a schema, and where."""
    from jsonschema import validators
    from jsonschema.exceptions import SchemaError

    try:
        validators.validator_for({"$schema": draft}).check_schema(definition)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "its top"
        raise _unusable(name, f"at {place}, {error.message:.200}") from None


def _unusable(name: str, what: str, hint: str | None = None) -> InvalidError:
    return InvalidError(
        f"schema {name} cannot be used: {what}", hint or "Mend the file, and add it again"
    )


class _Converter:
    """Makes a schema what the runner checks; one that ``is_of_draft`` says what schemas are."""

    def __init__(
        self, definition: Any, name: str, draft: str, *, is_of_draft: bool = False
    ) -> None:
        from jsonschema_specifications import REGISTRY
        from referencing.jsonschema import specification_with

        self._name, self._definition = name, definition
        self._draft, self._is_of_draft = draft, is_of_draft
        self._rules = _RULES[draft]
        self._specification = specification_with(draft)
        resource = self._specification.create_resource(definition)
        self._resolver = REGISTRY.resolver_with_root(resource)
        self._definitions: dict[str, Any] = {}
        self._keys: dict[int, str] = {}

    def document(self) -> dict[str, Any]:
        """Return the schema, and the definitions that it refers to."""
        schema = self._convert(self._definition, self._resolver)
        return {"schema": schema, "definitions": self._definitions}

    def _error(self, what: str, hint: str | None = None) -> InvalidError:
        return _unusable(self._name, what, hint)

    def _convert(self, schema: Any, resolver: Any) -> Any:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            raise self._error("a reference leads to what is no schema")
        resolver = self._within(schema, resolver)
        if "$ref" in schema and self._draft in _LONE_REFERENCES:
            return {"$ref": self._key(schema["$ref"], resolver)}
        made: dict[str, Any] = {}
        for rule, value in schema.items():
            if rule in self._rules:
                self._add(made, rule, value, resolver)
        self._add_bounds(made, schema)
        self._add_items(made, schema, resolver)
        if "unevaluatedProperties" in schema and "unevaluatedProperties" in self._rules:
            self._add_unevaluated(made, schema, resolver)
        return made

    def _add(self, made: dict[str, Any], rule: str, value: Any, resolver: Any) -> None:
        if rule == "$ref":
            made[rule] = self._key(value, resolver)
        elif rule == "dependencies":
            self._add_dependencies(made, value, resolver)
        elif rule in _APART:
            return
        elif rule in _DYNAMIC and self._is_of_draft:
            made["$ref"] = self._key(self._draft, resolver)
        elif rule in _VALUES:
            made[rule] = self._value(rule, value)
        elif rule in _SCHEMAS:
            made[rule] = self._convert(value, resolver)
        elif rule in _LISTS:
            made[rule] = [self._convert(each, resolver) for each in value]
        elif rule in _MAPS:
            made[rule] = {key: self._convert(each, resolver) for key, each in value.items()}
            if rule == "patternProperties":
                for pattern in value:
                    self._require_pattern(pattern)
        elif value is not True and value != {}:
            raise self._error(
                f"records cannot be checked with {rule!r} here",
                "Say it with other rules, such as additionalProperties and $ref",
            )

    def _value(self, rule: str, value: Any) -> Any:
        if rule == "pattern":
            self._require_pattern(value)
        if rule != "type":
            return value
        names = [value] if isinstance(value, str) else list(value)
        # In draft-04, 1.0 is no integer.
        is_strict = self._draft == _OLD_EXCLUSIVE
        return ["int" if is_strict and name == "integer" else name for name in names]

    def _require_pattern(self, pattern: str) -> None:
        try:
            re.compile(pattern)
        except (re.error, OverflowError) as error:
            raise self._error(f"{pattern!r} is no regular expression of Python ({error})") from None

    def _add_bounds(self, made: dict[str, Any], schema: Mapping[str, Any]) -> None:
        """Make the bounds of draft-04, which are exclusive by a word beside them, those of later ones."""
        for inclusive, exclusive in (
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ):
            if isinstance(schema.get(exclusive), bool):
                made.pop(exclusive, None)
                if schema[exclusive] and inclusive in made:
                    made[exclusive] = made.pop(inclusive)

    def _add_items(self, made: dict[str, Any], schema: Mapping[str, Any], resolver: Any) -> None:
        """Make the lists of ``items`` of older drafts ``prefixItems``, and what follows them ``items``."""
        items = schema.get("items")
        if isinstance(items, list):
            made["prefixItems"] = [self._convert(each, resolver) for each in items]
            if "additionalItems" in schema:
                made["items"] = self._convert(schema["additionalItems"], resolver)
        elif items is not None:
            made["items"] = self._convert(items, resolver)

    def _add_unevaluated(
        self, made: dict[str, Any], schema: Mapping[str, Any], resolver: Any
    ) -> None:
        """Make what is said of properties that nothing else names a rule of additional ones."""
        named: dict[str, dict[str, Any]] = {"properties": {}, "patternProperties": {}}
        if self._names_all(schema, resolver, named, is_top=True):
            return
        other = self._convert(schema["unevaluatedProperties"], resolver)
        made.setdefault("allOf", []).append({**named, "additionalProperties": other})

    def _names_all(
        self, schema: Any, resolver: Any, named: dict[str, dict[str, Any]], *, is_top: bool = False
    ) -> bool:
        """Add the properties that a schema names; return whether it names any there may be."""
        if isinstance(schema, bool):
            return False
        rules = self._rules & schema.keys()
        conditional = [rule for rule in _CONDITIONAL if rule in rules]
        if conditional:
            raise self._error(
                f"records cannot be checked with 'unevaluatedProperties' beside {conditional[0]!r} here",
                "Say it with additionalProperties in each alternative",
            )
        if "additionalProperties" in rules or ("unevaluatedProperties" in rules and not is_top):
            return True
        for rule, names in named.items():
            names.update(dict.fromkeys(schema.get(rule, ()), True))
        parts = [(each, resolver) for each in schema.get("allOf", ())]
        if "$ref" in rules:
            self._key(schema["$ref"], resolver)
            found = resolver.lookup(schema["$ref"])
            parts.append((found.contents, found.resolver))
        return any(self._names_all(part, self._within(part, inner), named) for part, inner in parts)

    def _within(self, schema: Any, resolver: Any) -> Any:
        """Return what resolves the references of a schema, which may have an address of its own."""
        return resolver.in_subresource(self._specification.create_resource(schema))

    def _add_dependencies(
        self, made: dict[str, Any], value: Mapping[str, Any], resolver: Any
    ) -> None:
        for name, needs in value.items():
            if isinstance(needs, list):
                made.setdefault("dependentRequired", {})[name] = needs
            else:
                made.setdefault("dependentSchemas", {})[name] = self._convert(needs, resolver)

    def _key(self, reference: str, resolver: Any) -> str:
        """Return the key of what a reference refers to, which is converted once."""
        from referencing.exceptions import Unresolvable

        try:
            found = resolver.lookup(reference)
        except Unresolvable:
            raise self._error(
                f"nothing in the file is what {reference!r} refers to",
                "Copy what it needs into $defs: files and addresses beyond it are not read",
            ) from None
        key = self._keys.get(id(found.contents))
        if key is None or isinstance(found.contents, bool):
            key = str(len(self._definitions))
            self._definitions[key] = True  # a place, as it may refer to itself
            self._keys[id(found.contents)] = key
            self._definitions[key] = self._convert(found.contents, found.resolver)
        return key
