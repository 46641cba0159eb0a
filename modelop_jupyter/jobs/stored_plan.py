"""Read the plan of a job: from its folder or, where that is damaged, from the registry."""

from __future__ import annotations

from dataclasses import replace

from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import DamagedJobError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.registry import Registry


def plan_of(record: JobRecord, folder: JobFolder, registry: Registry) -> Plan:
    """Return the plan of a job.

    Raises :class:`DamagedJobError` where neither folder nor registry have it: early releases did
    not record where the output goes.
    """
    flaw = flaw_of_plan(folder)
    if flaw is None:
        return folder.require(Plan)
    options = record.options
    if options.output is None:
        raise DamagedJobError(flaw.job, flaw.file, flaw.reason, "Submit the job again")
    under_test = ModelRef.parse(options.reference) if options.reference else None
    plan = Plan(
        id=record.id,
        kind=JobKind(record.kind),
        model=registry.get_model(record.model),
        snapshot=registry.get_snapshot(record.model, record.snapshot),
        inputs=record.inputs,
        output=options.output,
        created=record.created.timestamp(),
        parameters=record.parameters,
        limits=options.limits,
        check_schemas=options.schemas,
        workers=options.workers,
        origin=options.origin,
        can_resume=options.can_resume,
        expectations=options.expectations,
        other_outputs=options.other_outputs,
        created_by=record.created_by,
    )
    if under_test is None:
        return plan
    return replace(
        plan,
        reference=registry.get_snapshot(under_test.name, under_test.number or 0),
        reference_model=registry.get_model(under_test.name),
    )


def flaw_of_plan(folder: JobFolder) -> DamagedJobError | None:
    """Return what is wrong with a folder's plan, None where it is as it was written."""
    try:
        folder.require(Plan)
    except DamagedJobError as error:
        return error
    return None
