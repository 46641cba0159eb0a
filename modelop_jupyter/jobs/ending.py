"""From what the runners left to the job's end: its output in place, and what is told of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.jobs import Counts, JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import DamagedJobError, OutputError
from modelop_jupyter.jobs import digests, faults, parts, sameness, splicing
from modelop_jupyter.jobs.crew import Crew, Stop
from modelop_jupyter.jobs.delivery import deliver, keep_partial
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan


@dataclass(frozen=True, slots=True)
class End:
    """How the runners' work came out; ``output`` is where it lies."""

    status: JobStatus
    result: JobResult
    counts: Counts
    output: str | None = None
    is_partial: bool = False
    reason: str | None = None
    error: faults.Fault | None = None


def end_of(plan: Plan, folder: JobFolder, crew: Crew, stop: Stop | None) -> End:
    """Put together what the runners left, and give the output its name if it is whole."""
    if stop is Stop.LATE:
        return broken(plan, folder, faults.of_lateness(plan.limits.seconds or 0))
    fault = next((lane.fault for lane in crew.lanes if lane.fault), None)
    if fault is not None:
        folder.make_room()
        return broken(plan, folder, fault)
    if stop is Stop.MAX_ERRORS:
        return dataclasses.replace(broken(plan, folder, None), status=JobStatus.COMPLETE)
    result = _result(plan, folder, crew)
    end = End(
        JobStatus(result["status"]),
        JobResult(result["result"]),
        from_wire(Counts, result["counts"]),
        reason=result["reason"],
        error=faults.of_model(result, folder),
    )
    if end.status is not JobStatus.COMPLETE or result.get("stopped_early") == "max_errors":
        partial = _kept(plan, folder)
        return dataclasses.replace(end, output=partial, is_partial=partial is not None)
    changed = sameness.resized(plan.inputs, digests.known(folder))
    if changed is not None:
        return dataclasses.replace(
            broken(plan, folder, faults.of_changed_input(changed)), counts=end.counts
        )
    return _delivered(plan, folder, _with_deaths(end, folder, crew))


def _spliced(plan: Plan, folder: JobFolder, end: End) -> End:
    """Put records that were scored again in their places in the output of the job before."""
    if plan.origin is None or plan.origin.verb != "failed":
        return end
    counts = splicing.splice(plan, JobFolder(folder.root.parent / plan.origin.job), folder)
    folder.write("result.json", {**(folder.read("result.json") or {}), "counts": counts})
    return dataclasses.replace(end, counts=from_wire(Counts, counts))


def broken(plan: Plan, folder: JobFolder, fault: faults.Fault | None) -> End:
    """Return the end of a job that was stopped; what it has so far is kept, and marked as partial."""
    partial = gather_partial(plan, folder)
    return End(
        JobStatus.ERROR,
        JobResult.FAILURE,
        counts_so_far(folder),
        output=partial,
        is_partial=partial is not None,
        error=fault,
    )


def gather_partial(plan: Plan, folder: JobFolder) -> str | None:
    """Name what a job left unfinished, of all its workers; their own folders stay for a retry.

    On a full disk these are all there is.
    """
    if folder.workers:
        try:
            parts.gather(plan, folder)
        except (OSError, DamagedJobError):
            return None
    return _kept(plan, folder)


def _kept(plan: Plan, folder: JobFolder) -> str | None:
    for each in plan.other_outputs:
        keep_partial(each, folder)
    return keep_partial(plan.output, folder)


def counts_so_far(folder: JobFolder) -> Counts:
    """Return the counts of the last progress."""
    event = folder.last_event("progress")
    return Counts() if event is None else from_wire(Counts, event)


def _result(plan: Plan, folder: JobFolder, crew: Crew) -> Mapping[str, Any]:
    results = [lane.result for lane in crew.lanes if lane.result is not None]
    if crew.forwarding is None:
        return results[0]
    result = parts.merged(results)
    parts.gather(plan, folder)
    folder.write("result.json", result)
    if result["status"] == "COMPLETE":
        parts.dissolve(folder)
    crew.forwarding.finish(result)
    return result


def _with_deaths(end: End, folder: JobFolder, crew: Crew) -> End:
    """A job in which the model's process died is an ERROR, as it would be for ModelOp (13.12)."""
    before, deaths = 0, {}
    for lane in crew.lanes:
        for index, doom in lane.doomed.items():
            if doom.code is not None:
                deaths[before + index] = doom.code
        before += lane.result["counts"]["records_in"] if lane.result else 0
    if not deaths:
        return end
    fault = faults.of_passed_over(deaths, end.counts, folder)
    return dataclasses.replace(end, status=JobStatus.ERROR, error=fault, reason=None)


def _delivered(plan: Plan, folder: JobFolder, end: End) -> End:
    part = folder.outputs / f"{plan.output.name}.part"
    if end.counts.records_out and not part.exists():
        return dataclasses.replace(
            end,
            status=JobStatus.ERROR,
            result=JobResult.FAILURE,
            reason=None,
            error=faults.of_lost_output(part),
        )
    try:
        end = _spliced(plan, folder, end)
        for each in plan.other_outputs:
            place = deliver(each, folder)
            if place is not None:
                folder.log("info", f"the records of output slot {each.slot} are in {place}")
        return dataclasses.replace(end, output=deliver(plan.output, folder))
    except OutputError as error:
        return dataclasses.replace(
            end,
            status=JobStatus.ERROR,
            result=JobResult.FAILURE,
            output=error.kept,
            reason=None,
            error=faults.of_refusal(error),
        )
