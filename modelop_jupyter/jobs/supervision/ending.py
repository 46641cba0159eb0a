"""From what the runners left to the job's end: output in place, counts, error, verdicts.

An output gets its final name only when it is complete; what a job left unfinished is called
``partial-NAME``.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import Counts, JobError, JobKind, JobResult, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.results.verdicts import Verdict
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import (
    ColumnsError,
    DamagedJobError,
    InvalidError,
    ModelOpError,
    OutputError,
    StorageError,
)
from modelop_jupyter.formats import FORMATS, JSON_LINES, Writable
from modelop_jupyter.formats.compression import Compression, compression_named
from modelop_jupyter.jobs import job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import OutputParts, Progress, RunnerResult
from modelop_jupyter.jobs.resume import input_changes, merge_rescored
from modelop_jupyter.jobs.sharding import chunks, stored_outputs
from modelop_jupyter.jobs.supervision.runner_group import RunnerGroup, StopReason
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.safe_open import target_below
from modelop_jupyter.storage import is_address, upload

if TYPE_CHECKING:
    from modelop_jupyter.jobs.nodes.task_group import TaskGroup

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class End:
    """How the runners' work came out; ``output`` is the path of the result."""

    status: JobStatus
    result: JobResult
    counts: Counts
    output: str | None = None
    is_partial: bool = False
    reason: str | None = None
    error: JobError | None = None


def end_of(
    plan: Plan, folder: JobFolder, group: RunnerGroup | TaskGroup, stop: StopReason | None
) -> End:
    """Put together what the runners left, and give the output its name if it is complete."""
    if stop is StopReason.TIMEOUT:
        return end_early(plan, folder, job_errors.of_lateness(plan.limits.seconds or 0))
    if group.error is not None:
        folder.make_room()
        return end_early(plan, folder, group.error)
    if stop is StopReason.MAX_ERRORS:
        return dataclasses.replace(end_early(plan, folder, None), status=JobStatus.COMPLETE)
    # Their records are in the folders of chunks, which are gone when the result is put together.
    deaths = group.deaths
    try:
        result = _result(plan, folder, group)
    except (ColumnsError, StorageError) as error:
        return end_early(plan, folder, job_errors.of_refusal(error))
    end = End(
        JobStatus(result.status),
        JobResult(result.result),
        result.counts.as_counts,
        reason=result.reason,
        error=job_errors.of_model(result.error, folder),
    )
    if end.status is not JobStatus.COMPLETE or result.has_too_many_errors:
        partial = _partial_output(plan, folder)
        return dataclasses.replace(end, output=partial, is_partial=partial is not None)
    change = input_changes.describe_size_change(plan.inputs, input_changes.read_states(folder))
    if change is not None:
        early = end_early(plan, folder, job_errors.of_changed_input(change))
        return dataclasses.replace(early, counts=end.counts)
    return _with_outputs(plan, folder, _with_crashes(end, folder, deaths))


def end_early(plan: Plan, folder: JobFolder, error: JobError | None) -> End:
    """Return the end of a job that was stopped; what it has so far is kept as a partial output."""
    partial = gather_partial(plan, folder)
    return End(
        JobStatus.ERROR,
        JobResult.FAILURE,
        counts_so_far(folder),
        output=partial,
        is_partial=partial is not None,
        error=error,
    )


def gather_partial(plan: Plan, folder: JobFolder) -> str | None:
    """Name what a job left unfinished, of all its workers; their own folders stay for a retry.

    Returns the path of the partial output, None where there is none, or no room to put it together.
    """
    if folder.workers:
        try:
            chunks.merge_outputs(plan, folder, is_partial=True)
        except (OSError, DamagedJobError):
            return None
    return _partial_output(plan, folder)


def _partial_output(plan: Plan, folder: JobFolder) -> str | None:
    if plan.output.prefix is not None:
        left = folder.read_if_whole(OutputParts)
        return plan.output.prefix if left is not None and left.parts else None
    for output in plan.other_outputs:
        keep_partial(output, folder)
    return keep_partial(plan.output, folder)


def counts_so_far(folder: JobFolder) -> Counts:
    """Return the counts of the last progress."""
    progress = folder.last_event(Progress)
    return Counts() if progress is None else progress.counts


def _result(plan: Plan, folder: JobFolder, group: RunnerGroup | TaskGroup) -> RunnerResult:
    """Return the end marker of the only runner, or of all together, with their outputs as one."""
    if group.progress is None:
        if plan.chunks_prefix is not None:
            # A supervisor that was killed before it had removed them has left the rest to this one.
            stored_outputs.clear(plan.chunks_prefix, folder)
        return group.results[0]
    result = chunks.merge_results(group.results)
    chunks.merge_outputs(plan, folder)
    if result.status == "COMPLETE" and plan.output.prefix is not None:
        stored_outputs.settle(plan.output.prefix, folder.require(OutputParts))
    folder.write(result)
    if result.status == "COMPLETE":
        if plan.chunks_prefix is not None:
            stored_outputs.clear(plan.chunks_prefix, folder)
        chunks.remove_chunks(folder)
    group.progress.finish(result)
    return result


def _with_crashes(end: End, folder: JobFolder, deaths: Mapping[int, int]) -> End:
    """Make a job an ERROR in which the model's process died, as for ModelOp (spec 13.12)."""
    if not deaths:
        return end
    error = job_errors.of_skipped(deaths, end.counts, folder)
    return dataclasses.replace(end, status=JobStatus.ERROR, error=error, reason=None)


def _with_outputs(plan: Plan, folder: JobFolder, end: End) -> End:
    """Give the outputs their final names; the end is a failure where one is lost or has no place."""
    if plan.output.prefix is not None:
        return _with_parts(plan.output.prefix, folder, end)
    part = folder.outputs / f"{plan.output.name}.part"
    if end.counts.records_out and not part.exists():
        return _failed_output(end, job_errors.of_lost_output(part))
    try:
        end = _with_rescored(plan, folder, end)
        for output in plan.other_outputs:
            path = deliver(output, folder)
            if path is not None:
                folder.log("info", f"the records of output slot {output.slot} are in {path}")
        return dataclasses.replace(end, output=deliver(plan.output, folder))
    except OutputError as error:
        failed = _failed_output(end, job_errors.of_refusal(error))
        return dataclasses.replace(failed, output=error.kept)


def _with_parts(prefix: str, folder: JobFolder, end: End) -> End:
    """Say where the objects are that are the output; each has had its name since its chunk was done."""
    end = dataclasses.replace(end, output=prefix)
    parts = folder.require(OutputParts).parts
    if sum(part.records for part in parts) != end.counts.records_out:
        return _failed_output(end, job_errors.of_lost_output(prefix))
    return end


def _failed_output(end: End, error: JobError) -> End:
    return dataclasses.replace(
        end, status=JobStatus.ERROR, result=JobResult.FAILURE, reason=None, error=error
    )


def _with_rescored(plan: Plan, folder: JobFolder, end: End) -> End:
    """Put records that were scored again in their places in the output of the job before."""
    if plan.origin is None or plan.origin.verb != "failed":
        return end
    counts = merge_rescored.merge(plan, JobFolder(folder.root.parent / plan.origin.job), folder)
    folder.write(dataclasses.replace(folder.require(RunnerResult), counts=counts))
    return dataclasses.replace(end, counts=counts.as_counts)


def verdicts_of(end: End, plan: Plan, folder: JobFolder, blobs: BlobStore) -> tuple[Verdict, ...]:
    """Judge a metrics result by the model's thresholds and the job's expectations.

    The thresholds are those of the snapshot, or of the model under test where a monitor has none.
    A job that came to no result has no verdicts.
    """
    has_result = end.status is JobStatus.COMPLETE and end.result is JobResult.SUCCESS
    if plan.kind is not JobKind.METRICS or not has_result:
        return ()
    from modelop_jupyter.decisions.dmn import judge_by_tables
    from modelop_jupyter.decisions.expectations import judge_expectations

    result = folder.read(RunnerResult)
    metrics = None if result is None else result.metrics
    verdicts: list[Verdict] = []
    for snapshot in (plan.snapshot, plan.reference):
        role = AssetRole.TEST_RESULT_COMPARATOR
        tables = [] if snapshot is None else snapshot.state.with_role(role)
        for asset in tables:
            verdicts.extend(judge_by_tables(metrics, blobs.read(asset.digest), asset=asset.path))
        if tables:
            break
    if plan.expectations is not None:
        verdicts.extend(judge_expectations(plan.expectations, metrics))
    return tuple(verdicts)


def deliver(output: OutputTarget, folder: JobFolder) -> str | None:
    """Give what the runner wrote its name and format, and copy it to the user's path.

    Returns the path of the output, None where nothing was written. Raises :class:`OutputError`, with
    the path where the job holds it instead.
    """
    part = folder.outputs / f"{output.name}.part"
    if not part.exists():
        return None
    final = folder.outputs / output.name
    format, compression = FORMATS[output.format], compression_named(output.name)
    if format.runner_format is None and isinstance(format, Writable):
        lines = folder.outputs / f"{output.name}.jsonl"
        files.rename(part, lines)
        try:
            format.write(JSON_LINES.read(lines), part)
        except (InvalidError, OSError) as error:
            raise OutputError(str(output.target or final), str(error), str(lines)) from None
        lines.unlink()
    elif compression is not None:
        try:
            _compress(part, compression)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(str(output.target or final), reason, str(part)) from None
    _sync(part)
    files.rename(part, final)
    if output.target is None:
        return str(final)
    if is_address(output.target):
        _upload(final, output.target, job=folder.root.name[:8])
        return output.target
    target = Path(output.target)
    try:
        _copy(final, target, mark=folder.root.name[:8], within=output.within)
    except OSError as error:
        raise OutputError(str(target), error.strerror or str(error), str(final)) from None
    return str(target)


def _upload(path: Path, address: str, *, job: str) -> None:
    """Write an output as one object; raises :class:`OutputError`, with the way to do so again."""
    try:
        upload(path, address)
    except (ModelOpError, OSError) as error:
        raise stored_outputs.failed_upload(error, path, address, job=job) from None


def keep_partial(output: OutputTarget, folder: JobFolder) -> str | None:
    """Rename an unfinished output to ``partial-NAME``; returns its path, None where there is none."""
    part = folder.outputs / f"{output.name}.part"
    if not part.exists():
        return None
    partial = folder.outputs / f"partial-{output.name}"
    files.rename(part, partial)
    return str(partial)


def _compress(path: Path, compression: Compression) -> None:
    """Compress a file in place."""
    with (
        path.open("rb") as source,
        files.replace_file(path) as file,
        compression.writer(file) as target,
    ):
        shutil.copyfileobj(source, target)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy(source: Path, target: Path, *, mark: str, within: str | None) -> None:
    """Copy a file completely or not at all; a pipe gets what there is."""
    with source.open("rb") as reader:
        if within is None:
            with files.write_to_user_path(target, owner=mark) as writer:
                shutil.copyfileobj(reader, writer, _BLOCK)
            return
        with (
            target_below(Path(within), target) as place,
            files.replace_file(place, mode=None, owner=mark) as writer,
        ):
            shutil.copyfileobj(reader, writer, _BLOCK)
