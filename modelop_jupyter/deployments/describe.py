"""What clients are told of a snapshot."""

from __future__ import annotations

from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.served_model import ModelDescription
from modelop_jupyter.deployments.staging import ModelSlots
from modelop_jupyter.models import schemas
from modelop_jupyter.models.source import BlobReader


def describe(plan: DeploymentPlan, slots: ModelSlots, blobs: BlobReader) -> ModelDescription:
    """Return the description of a plan's snapshot."""
    state = plan.snapshot.state
    taken, given = (
        schemas.of_slot(state, min(side), blobs) for side in (slots.inputs, slots.outputs)
    )
    return ModelDescription(
        name=plan.model.name,
        ref=plan.ref,
        text=plan.model.description,
        input_schema=taken[1] if taken else None,
        output_schema=given[1] if given else None,
        example=plan.example,
    )
