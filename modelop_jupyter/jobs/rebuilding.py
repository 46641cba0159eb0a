"""A job's plan, from its folder or, where that is damaged, from what the registry has of the job."""

from __future__ import annotations

from dataclasses import replace

from modelop_jupyter.domain.expectations import Expectations
from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import DamagedJobError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Limits, Origin, Output, Plan, Workers
from modelop_jupyter.registry import Registry


def plan_of(record: JobRecord, folder: JobFolder, registry: Registry) -> Plan:
    """Return what was asked for.

    Raises :class:`DamagedJobError` where neither folder nor registry tell it: a release before this
    one did not record where the output goes.
    """
    flaw = flaw_of_plan(folder)
    if flaw is None:
        return from_wire(Plan, folder.read("plan.json"))
    options = record.options
    if "output" not in options:
        raise DamagedJobError(flaw.job, flaw.file, flaw.reason, "Submit the job anew")
    reference = options.get("reference")
    under_test = ModelRef.parse(reference) if reference else None
    plan = Plan(
        id=record.id,
        kind=JobKind(record.kind),
        model=registry.get_model(record.model),
        snapshot=registry.get_snapshot(record.model, record.snapshot),
        inputs=record.inputs,
        output=from_wire(Output, options["output"]),
        created=record.created.timestamp(),
        parameters=record.parameters,
        limits=from_wire(Limits, options.get("limits") or {}),
        check_schemas=options.get("schemas"),
        workers=from_wire(Workers, options.get("workers") or {}),
        origin=from_wire(Origin, options["origin"]) if options.get("origin") else None,
        can_resume=bool(options.get("can_resume")),
        expectations=from_wire(Expectations, options["expect"]) if options.get("expect") else None,
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
        message = folder.read("plan.json")
    except DamagedJobError as error:
        return error
    return folder.damaged("plan.json", "it is gone") if message is None else None
