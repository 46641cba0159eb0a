"""Which jobs a list shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from modelop_jupyter.domain.job_states import StateKind
    from modelop_jupyter.domain.jobs import JobKind, JobStatus


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What the listed jobs have in common; an empty field selects all.

    ``match`` is a part of the model's name, the input's name or the output, or the beginning of the
    id. ``since`` is the earliest time of submission, ``before`` the time before which it was, and
    ``by`` the user who submitted it. ``models`` are names of which the job has one; None for any.
    """

    model: str | None = None
    kinds: Collection[JobKind] = ()
    statuses: Collection[JobStatus] = ()
    states: Collection[StateKind] = ()
    match: str = ""
    since: datetime | None = None
    by: str | None = None
    before: datetime | None = None
    models: Collection[str] | None = None


class JobColumn(str, Enum):
    """What a list of jobs is sorted by."""

    CREATED = "created"
    MODEL = "model"
    KIND = "kind"
    STATE = "state"
    DURATION = "duration"
    RECORDS = "records"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class JobOrder:
    """The order of a list of jobs; the newest come first among equal ones."""

    column: JobColumn = JobColumn.CREATED
    is_descending: bool = True


ALL_JOBS = JobFilter()
NEWEST_FIRST = JobOrder()
