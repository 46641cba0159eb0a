"""What a value that a JSON Schema refuses has to be, in one sentence for people.

The libraries that check schemas say it in the words of the schema, such as "None is not of type
'string'" or "data must match exactly one rule".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.errors import nearest

_LONGEST_VALUE = 60
_SHOWN_CHOICES = 20
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object with names and values",
    "array": "a list",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A value, where it stands, and the ``rule`` of its schema that refuses it.

    ``definition`` is what the schema says under that rule, ``schema`` all that it says there.
    """

    path: Sequence[str | int]
    value: Any
    rule: str
    definition: Any
    schema: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where the value stands: ``inputs[0].path``; empty for the whole document."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).removeprefix(".")


def sentence(violation: Violation, *, whole: str) -> str:
    """Return what the value has to be; ``whole`` names the document that it is in, or is."""
    subject = violation.place or whole
    describe = _RULES.get(violation.rule)
    if describe is None:
        return f"{subject} is not what can be used here: {_shown(violation.value)}"
    return f"{subject} {describe(violation)}"


def _of_type(violation: Violation) -> str:
    named = violation.definition
    names = [named] if isinstance(named, str) else list(named)
    return f"must be {' or '.join(_TYPES[name] for name in names)}, and is {_kind(violation.value)}"


def _of_required(violation: Violation) -> str:
    missing = [name for name in violation.definition if name not in violation.value]
    return f"needs {listed([repr(name) for name in missing])}"


def _of_unknown(violation: Violation) -> str:
    known = list(violation.schema.get("properties", ()))
    unknown = next(name for name in violation.value if name not in known)
    close = nearest(unknown, known)
    guess = f"did you mean {close!r}?" if close else f"there are: {', '.join(known) or 'none'}"
    return f"has {unknown!r}, which is not known: {guess}"


def _of_choice(violation: Violation) -> str:
    choices = list(map(_shown, violation.definition))
    more = [f"and {len(choices) - _SHOWN_CHOICES} more"] if len(choices) > _SHOWN_CHOICES else []
    return f"must be one of {', '.join([*choices[:_SHOWN_CHOICES], *more])}, not {_shown(violation.value)}"


def _of_form(violation: Violation) -> str:
    meaning = str(violation.schema.get("description", "")).partition(". ")[0].removesuffix(".")
    wanted = f" of the form it must have: {meaning[:1].lower()}{meaning[1:]}" if meaning else ""
    return f"is {_shown(violation.value)}, which is not{wanted or ' of the form it must have'}"


def _of_alternatives(violation: Violation) -> str:
    options = (option.get("required", ()) for option in violation.definition)
    names = [repr(name) for required in options for name in required]
    if names and isinstance(violation.value, Mapping):
        return f"needs exactly one of {', '.join(dict.fromkeys(names))}"
    return f"is not what can be used here: {_shown(violation.value)}"


def _of_companions(violation: Violation) -> str:
    for name, others in violation.definition.items():
        missing = [repr(other) for other in others if other not in violation.value]
        if name in violation.value and missing:
            return f"has {name!r}, which needs {listed(missing)}, too"
    return "lacks what belongs together"


def _bounded(words: str) -> Callable[[Violation], str]:
    return lambda violation: (
        f"must be {words} {violation.definition}, and is {_shown(violation.value)}"
    )


def _sized(words: str, one: str, several: str) -> Callable[[Violation], str]:
    def describe(violation: Violation) -> str:
        noun = one if violation.definition == 1 else several
        return (
            f"must have {words} {violation.definition:,} {noun}, and has {len(violation.value):,}"
        )

    return describe


_RULES: Mapping[str, Callable[[Violation], str]] = {
    "type": _of_type,
    "required": _of_required,
    "additionalProperties": _of_unknown,
    "enum": _of_choice,
    "const": lambda violation: (
        f"must be {_shown(violation.definition)}, not {_shown(violation.value)}"
    ),
    "pattern": _of_form,
    "format": _of_form,
    "oneOf": _of_alternatives,
    "anyOf": _of_alternatives,
    "dependentRequired": _of_companions,
    "minimum": _bounded("at least"),
    "exclusiveMinimum": _bounded("more than"),
    "maximum": _bounded("at most"),
    "exclusiveMaximum": _bounded("less than"),
    "minLength": _sized("at least", "character", "characters"),
    "maxLength": _sized("at most", "character", "characters"),
    "minItems": _sized("at least", "item", "items"),
    "maxItems": _sized("at most", "item", "items"),
    "minProperties": _sized("at least", "entry", "entries"),
    "maxProperties": _sized("at most", "entry", "entries"),
}


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (str, int, float)):
        return _shown(value)
    return "a list" if isinstance(value, list) else "an object"


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
