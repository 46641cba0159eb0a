"""The query by which models are searched: ``tag:fraud metrics.auc>=0.9 name~churn -draft "two words"``.

Conditions stand side by side, and a model meets all of them. ``FIELD:VALUE`` is met by an equal value,
in which ``*`` and ``?`` stand for any characters, ``FIELD~PART`` by one that has the part;
``metrics.PATH`` is compared with a number. A word without a field is a part of the name, the
description, a tag, the metadata, the path of an asset or the name of a function. A ``-`` before any of
them negates it, ``"…"`` holds blanks together. Case does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelop_jupyter.errors import SearchQueryError, nearest

TEXT, META, METRICS = "text", "meta", "metrics"
FIELDS = ("name", "description", "tag", "asset", "function", "python", "alias", "by")
"""The fields with a text; ``meta.KEY`` has one, too, ``metrics.PATH`` a number."""

EQUAL, PART = ":", "~"
_NUMERIC = (">=", "<=", "!=", "=", ">", "<")
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*(?:"|\Z))+')
_CONDITION = re.compile(r'([^\s"<>=!:~]+)(>=|<=|!=|[:~=<>])(.*)', re.DOTALL)
_LONGEST = 1000
_MOST_TERMS = 20


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; ``key`` is that of the metadata, or the path of a metric, whose ``number`` it has."""

    field: str
    value: str
    operator: str = PART
    key: str = ""
    number: float = 0.0
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class ModelQuery:
    """What models are searched by: all terms have to be met, and none is met by every model."""

    terms: tuple[Term, ...] = ()

    @property
    def asks_for_metrics(self) -> bool:
        return any(term.field == METRICS for term in self.terms)

    @classmethod
    def parse(cls, text: str) -> ModelQuery:
        """Read a query; raises :class:`SearchQueryError` with the place of what is wrong in it."""
        if len(text) > _LONGEST:
            raise SearchQueryError(text[:20], 1, f"is longer than {_LONGEST} characters", None)
        terms = tuple(_terms(text))
        if len(terms) > _MOST_TERMS:
            raise SearchQueryError(text[:20], 1, f"has more than {_MOST_TERMS} conditions", None)
        return cls(terms)


def _terms(text: str) -> Iterator[Term]:
    for match in _TOKEN.finditer(text):
        token, place = match[0], match.start() + 1
        if token.count('"') % 2:
            raise SearchQueryError(
                token, place, "has a quote that is not closed", 'Close it with "'
            )
        is_negated = token.startswith("-") and len(token) > 1
        yield _term(token[1:] if is_negated else token, token, place, is_negated=is_negated)


def _term(condition: str, token: str, place: int, *, is_negated: bool) -> Term:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        value = _plain(condition)
        if not value:
            raise SearchQueryError(token, place, "is an empty text", None)
        return Term(TEXT, value, is_negated=is_negated)
    name, operator, value = match[1], match[2], _plain(match[3])
    field, _, key = name.partition(".")
    field = field.lower()
    if field == METRICS and key:
        return _metric(key, operator, value, token, place, is_negated=is_negated)
    is_known = (field == META and bool(key)) or (field in FIELDS and not key)
    if not is_known:
        raise SearchQueryError(token, place, f"names no field: {name}", _guess(name, condition))
    if operator not in (EQUAL, PART, "="):
        raise SearchQueryError(
            token,
            place,
            f"compares {name} with {operator}",
            f"{name} is a text: write {name}:VALUE",
        )
    if not value:
        raise SearchQueryError(token, place, "has no value", f"Write one such as {name}:VALUE")
    operator = PART if operator == PART else EQUAL
    return Term(field, value, operator, key.casefold(), is_negated=is_negated)


def _metric(
    path: str, operator: str, value: str, token: str, place: int, *, is_negated: bool
) -> Term:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if number != number or operator == PART:
        raise SearchQueryError(
            token, place, "needs a number to compare with", f"Write metrics.{path}>=0.9, or = or <"
        )
    return Term(
        METRICS,
        value,
        "=" if operator == EQUAL else operator,
        path,
        number,
        is_negated=is_negated,
    )


def _plain(text: str) -> str:
    return text.replace('"', "")


def _guess(name: str, condition: str) -> str:
    if any(operator in condition for operator in _NUMERIC):
        return f"A metric is written metrics.{name}"
    close = nearest(name, [*FIELDS, META, METRICS])
    listed = f"The fields are {', '.join(FIELDS)}, meta.KEY and metrics.PATH"
    guess = f"Did you mean {close}? " if close else ""
    return f'{guess}{listed}; a text with a {EQUAL} stands in quotes, "{condition}"'
