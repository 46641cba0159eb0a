"""The plan of a deployment: what its server needs to know of the snapshot that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from modelop_jupyter.domain.models import Model, Snapshot


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """A snapshot that answers requests.

    ``python`` is the interpreter of its environment. ``check_schemas`` is one of ``in``, ``out``,
    ``both`` or None, as for a batch. ``created`` is in seconds since the epoch.
    """

    FILE: ClassVar = "plan.json"

    id: str
    model: Model
    snapshot: Snapshot
    python: str
    created: float
    replicas: int = 1
    check_schemas: str | None = None
