"""Stage a replica: a job folder whose runner answers requests instead of reading inputs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from modelop_jupyter import files
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.jobs import staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import CodecOffer, RequestInput, SlotOutput
from modelop_jupyter.jobs.request import write_request
from modelop_jupyter.models import documents, remote_assets
from modelop_jupyter.models.source import BlobReader, tags_of


def stage_replica(
    plan: DeploymentPlan,
    folder: JobFolder,
    blobs: staging.Blobs,
    *,
    codec: CodecOffer | None = None,
) -> None:
    """Make the folder of a replica: its own copy of the assets, and what its runner has to do.

    Each input slot of the model takes records; without any slot that is slot 0.
    """
    state = plan.snapshot.state
    folder.create()
    remote_assets.fetch_missing(state, blobs)
    staging.lay_out(folder.work, state, blobs)
    created = datetime.fromtimestamp(plan.created, timezone.utc)
    document = documents.deployed_model(
        plan.id, plan.model, plan.snapshot, blobs.read, created=created
    )
    files.write_text(folder.root / "job.json", json.dumps(document, ensure_ascii=False))
    slots = slots_of(state, blobs)
    request = staging.request_of(_as_batch(plan), folder, blobs)
    write_request(
        folder,
        replace(
            request,
            kind="deployment",
            inputs=tuple(map(_input, slots.inputs)),
            # Nothing is written there: a record's output goes back to the server.
            other_outputs=tuple(
                SlotOutput(slot, f"outputs/{slot}.part", "json", ",") for slot in slots.outputs[1:]
            ),
            codec=codec,
        ),
    )


@dataclass(frozen=True, slots=True)
class ModelSlots:
    """The slots of a deployed model; records of those in ``sets`` are scored together (spec 2.1)."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    sets: tuple[int, ...]


def slots_of(state: ModelState, blobs: BlobReader) -> ModelSlots:
    """Return the slots of a model; one without any takes records at slot 0, and answers from slot 1."""
    slots = tags_of(state, blobs).slots
    return ModelSlots(
        inputs=tuple(slot.number for slot in slots if slot.is_input) or (0,),
        outputs=tuple(slot.number for slot in slots if not slot.is_input) or (1,),
        sets=tuple(slot.number for slot in slots if slot.is_input and slot.recordsets),
    )


def _input(slot: int) -> RequestInput:
    return RequestInput(f"slot {slot}", path="-", format="json", slot=slot)


def _as_batch(plan: DeploymentPlan) -> Plan:
    """Return the batch without inputs whose rules hold for the records of requests, too."""
    return Plan(
        id=plan.id,
        kind=JobKind.BATCH,
        model=plan.model,
        snapshot=plan.snapshot,
        inputs=(),
        output=OutputTarget("answers.json", "json"),
        created=plan.created,
        check_schemas=plan.options.schemas,
    )
