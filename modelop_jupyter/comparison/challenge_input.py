"""The input of a challenge: what is asked of its columns, looked at before any model runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from modelop_jupyter.comparison.labelled_metrics import LabelKind
from modelop_jupyter.comparison.outputs import ABSENT
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.errors import InputError, InvalidError, nearest
from modelop_jupyter.formats import FORMATS

_MOST_COLUMNS = 1_000
_SHOWN_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of the input that a challenge uses, and the field of the outputs.

    ``field`` is None where it is found in the outputs.
    """

    label: str | None = None
    key: str | None = None
    segments: Sequence[str] = ()
    field: str | None = None

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Yield the option and the name of each column of the input."""
        yield from ((option, name) for option, name in self._single if name is not None)
        yield from (("--segment", name) for name in self.segments)

    @property
    def _single(self) -> Sequence[tuple[str, str | None]]:
        return ("--label", self.label), ("--key", self.key)


@dataclass(frozen=True, slots=True)
class InputSurvey:
    """What was seen of an input: how many records, and what the labels are, if any."""

    records: int
    labels: LabelKind


def read_inputs(data: JobInput, most: int | None) -> Iterator[Any]:
    """Yield the records of a staged input as a runner counts them; None for one that cannot be read."""
    format = FORMATS[data.format]
    records = (record for path in data.paths for record in format.read_all(Path(path)))
    return islice(records, most)


def survey(name: str, records: Iterable[Any], columns: Columns, keys: KeyedRecords) -> InputSurvey:
    """Count the records and look at the columns; the keys go into ``keys``.

    Raises :class:`InputError` for an input without records, and :class:`InvalidError` for a column
    that no record has, a key that is not unique, and a label that is neither class nor number.
    """
    seen: dict[str, None] = {}
    labels, count = LabelKind(), 0
    no_key: int | None = None
    for count, record in enumerate(records, start=1):
        values = record if isinstance(record, Mapping) else {}
        if len(seen) < _MOST_COLUMNS:
            seen.update(dict.fromkeys(map(str, values)))
        if columns.key is not None:
            key = values.get(columns.key)
            if key is not None:
                keys.add(count - 1, key)
            elif no_key is None:
                no_key = count - 1
        label = None if columns.label is None else values.get(columns.label)
        if isinstance(label, (Mapping, list)):
            raise InvalidError(
                f"--label: {columns.label!r} holds no class and no number in record {count - 1}",
                "Name a column with one value for each record",
            )
        if label is not None:
            labels.add(label)
    if not count:
        raise InputError(name, "holds no records")
    for option, column in columns.named:
        if column not in seen:
            raise _no_column(option, column, list(seen))
    if no_key is not None:
        raise InvalidError(
            f"--key: record {no_key} has no value of {columns.key!r}",
            "Name a column that every record has, or leave it out",
        )
    if columns.label is not None and not labels.count:
        raise InvalidError(
            f"--label: {columns.label!r} is empty in every record", "Name the column with the truth"
        )
    return InputSurvey(count, labels)


def _no_column(option: str, column: str, seen: Sequence[str]) -> InvalidError:
    close = nearest(column, seen)
    some = ", ".join(seen[:_SHOWN_COLUMNS]) + (" …" if len(seen) > _SHOWN_COLUMNS else "")
    hint = f"Did you mean {close!r}?" if close else f"There are {some}" if seen else None
    return InvalidError(f"{option}: no record has a column {column!r}", hint or "Leave it out")


class KeyedRecords:
    """The places of records by their key, and the outputs with it, in a file: memory stays bounded.

    Use it with ``with``; without a key it does nothing.
    """

    def __init__(self, path: Path, key: str | None) -> None:
        self._key = key
        self._path = path
        self._opened: sqlite3.Connection | None = None

    def __enter__(self) -> KeyedRecords:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            self._opened.close()

    @property
    def _database(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = sqlite3.connect(self._path, isolation_level=None)
            # It is one transaction, and nothing of it has to survive a crash.
            self._opened.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                "CREATE TABLE records (key TEXT PRIMARY KEY, place INTEGER, first TEXT, other TEXT)"
                " WITHOUT ROWID; BEGIN"
            )
        return self._opened

    def add(self, place: int, key: Any) -> None:
        """Add the key of a record; raises :class:`InvalidError` where another has it."""
        try:
            self._database.execute(
                "INSERT INTO records (key, place) VALUES (?, ?)", (_text(key), place)
            )
        except sqlite3.IntegrityError:
            raise InvalidError(
                f"--key: {self._key!r} is not unique: record {place} has {_text(key)} again",
                "Name a column whose values differ",
            ) from None

    def matched(
        self, first: Iterator[Any], other: Iterator[Any], names: Sequence[str]
    ) -> Iterator[tuple[int, Any, Any]]:
        """Yield the outputs of each record, matched by the key that they hold; ``ABSENT`` for none.

        ``names`` are those of the two models. Raises :class:`InvalidError` for outputs without the key,
        and for several with the same one.
        """
        for column, outputs, name in zip(("first", "other"), (first, other), names, strict=True):
            for output in outputs:
                self._match(column, output, name)
        rows = self._database.execute(
            "SELECT place, first, other FROM records"
            " WHERE first IS NOT NULL OR other IS NOT NULL ORDER BY place"
        )
        for place, *texts in rows:
            one, two = (ABSENT if text is None else json.loads(text) for text in texts)
            yield place, one, two

    def _match(self, column: str, output: Any, name: str) -> None:
        key = output.get(self._key) if isinstance(output, Mapping) else None
        if key is None:
            raise InvalidError(
                f"{name} gives outputs without {self._key!r}, and not one for each record",
                "Have its outputs name the record that they belong to",
            )
        found = self._database.execute(
            f"UPDATE records SET {column} = ? WHERE key = ? AND {column} IS NULL",  # noqa: S608 - ours
            (json.dumps(output), _text(key)),
        )
        if not found.rowcount:
            raise InvalidError(
                f"{name} gives more than one output for {self._key} {_text(key)}, or one for no record",
                "Have it give one output for each record",
            )


def _text(key: Any) -> str:
    return json.dumps(key, ensure_ascii=False)
