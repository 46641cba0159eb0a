"""What was asked for: all that a supervisor needs to know of its job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.models import Model, Snapshot


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a job stops early; None: nowhere. ``max_errors`` is the request's ``{count|percent: n}``."""

    max_errors: Mapping[str, float] | None = None
    records: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """Where the result goes: a name in the job folder and, if asked for, a path of the user's."""

    name: str
    format: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One job as it was submitted; written to ``plan.json`` before the supervisor starts.

    ``reference`` is the model under test of a monitor (spec 1.6). ``check_schemas`` is one of
    ``in``, ``out``, ``both`` or None.
    """

    id: str
    kind: JobKind
    model: Model
    snapshot: Snapshot
    inputs: tuple[JobInput, ...]
    output: Output
    created: float
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    check_schemas: str | None = None
    reference: Snapshot | None = None
    reference_model: Model | None = None
