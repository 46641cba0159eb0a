"""What clients are told of a snapshot."""

from __future__ import annotations

from typing import Any

from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.served_model import ModelDescription, SlotSchema
from modelop_jupyter.deployments.staging import ModelSlots
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.json_schemas import is_json_schema
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
        input_schema=_schema(taken),
        output_schema=_schema(given),
        example=plan.example,
    )


def _schema(found: tuple[Asset, Any] | None) -> SlotSchema | None:
    if found is None:
        return None
    asset, definition = found
    return SlotSchema(definition, is_json=is_json_schema(definition, asset.name))
