"""The plan of a deployment: what its server needs to know of the snapshot that it serves."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.deployments import DeploymentOptions
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.processes import available_cores


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """A snapshot that answers requests.

    ``python`` is the interpreter of its environment, ``created`` is in seconds since the epoch.
    ``example`` is the JSON text of a record to try, None where none is known.
    """

    id: str
    model: Model
    snapshot: Snapshot
    python: str
    created: float
    options: DeploymentOptions
    example: str | None = None

    @property
    def ref(self) -> str:
        return self.snapshot.ref

    @property
    def replicas(self) -> int:
        """How many processes initialise the model."""
        return self.options.replicas or available_cores()
