"""Records of an output that hold a text, in the order of one of their columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The column of records that are no objects.
VALUE_COLUMN = "value"


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record and its number in the output, from 0."""

    number: int
    record: Any


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """Some of the records that were found, and how many there are.

    ``searched`` is how many records were looked at, from the first on; ``is_whole`` is false where
    the output has more than these.
    """

    rows: tuple[FoundRecord, ...]
    offset: int
    total: int
    searched: int
    is_whole: bool


def find(
    records: Sequence[Any], *, match: str, column: str | None, is_descending: bool
) -> list[FoundRecord]:
    """Return the records that have ``match`` in a value, sorted by a column; case does not count.

    Numbers come before texts, and records without a value in the column last, in both ways.
    """
    wanted = match.casefold()
    found = [
        FoundRecord(number, record)
        for number, record in enumerate(records)
        if not wanted or any(wanted in text.casefold() for text in _texts(record))
    ]
    if column is None:
        return found
    having = [row for row in found if _value(row.record, column) is not None]
    rest = [row for row in found if _value(row.record, column) is None]
    having.sort(key=lambda row: _sort_key(_value(row.record, column)), reverse=is_descending)
    return having + rest


def _texts(record: Any) -> list[str]:
    values = record.values() if isinstance(record, Mapping) else (record,)
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _value(record: Any, column: str) -> Any:
    if isinstance(record, Mapping):
        return record.get(column)
    return record if column == VALUE_COLUMN else None


def _sort_key(value: Any) -> tuple[int, float, str]:
    is_number = isinstance(value, (int, float)) and value == value
    return (0, value, "") if is_number else (1, 0, _text(value).casefold())
