"""What clients are told of a snapshot."""

from __future__ import annotations

from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.served_model import ModelDescription
from modelop_jupyter.deployments.staging import input_slots, output_slots
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models import schemas
from modelop_jupyter.models.source import BlobReader, tags_of


def describe(plan: DeploymentPlan, blobs: BlobReader) -> ModelDescription:
    """Return the description of a plan's snapshot."""
    state = plan.snapshot.state
    return ModelDescription(
        name=plan.model.name,
        ref=plan.ref,
        text=plan.model.description,
        input_schema=_schema(state, min(input_slots(state, blobs)), blobs),
        output_schema=_schema(state, min(output_slots(state, blobs)), blobs),
        example=plan.example,
    )


def _schema(state: ModelState, slot: int, blobs: BlobReader) -> object:
    """Return the schema that is bound to a slot; None where there is none that can be read."""
    names = {one.number: one.schema for one in tags_of(state, blobs).slots}
    asset = schemas.bound(state, {slot: names.get(slot)}).get(slot)
    if asset is None:
        return None
    try:
        return schemas.definition(asset, blobs.read)
    except InvalidError:
        return None
