"""A metrics result judged by the model's thresholds and by what the job was told to expect."""

from __future__ import annotations

from modelop_jupyter.domain.expectations import judged
from modelop_jupyter.domain.jobs import JobKind, JobResult, JobStatus
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.verdicts import Verdict
from modelop_jupyter.jobs.ending import End
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.thresholds import judge


def verdicts_of(end: End, plan: Plan, folder: JobFolder, blobs: BlobStore) -> tuple[Verdict, ...]:
    """Return what every rule says; none for a job that came to no result.

    The thresholds are those of the snapshot, or of the model under test where a monitor has none.
    """
    is_whole = end.status is JobStatus.COMPLETE and end.result is JobResult.SUCCESS
    if plan.kind is not JobKind.METRICS or not is_whole:
        return ()
    result = (folder.read("result.json") or {}).get("metrics")
    found: list[Verdict] = []
    for snapshot in (plan.snapshot, plan.reference):
        tables = (
            [] if snapshot is None else snapshot.state.with_role(AssetRole.TEST_RESULT_COMPARATOR)
        )
        for asset in tables:
            found.extend(judge(result, blobs.read(asset.digest), asset=asset.path))
        if tables:
            break
    if plan.expectations is not None:
        found.extend(judged(plan.expectations, result))
    return tuple(found)
