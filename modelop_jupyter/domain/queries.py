"""Queries of databases as inputs of jobs: what is on record of them, and how far one is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueryRead:
    """Where the rows of an input came from.

    ``address`` has no credentials, ``key`` is the column that the rows are in the order of.
    """

    address: str
    text: str
    rows: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ReadingStep:
    """How many rows of the query of an input are read, after how many seconds."""

    name: str
    rows: int
    seconds: float
