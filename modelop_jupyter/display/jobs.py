"""Views of jobs: a summary, the list, errors, the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelop_jupyter.display import engines, formatting, proofs
from modelop_jupyter.display.blocks import (
    MAX_ROWS,
    Block,
    Blocks,
    Cell,
    Chart,
    Facts,
    Heading,
    Note,
    Remedies,
    ReportButton,
    Series,
    Span,
    Table,
    Text,
    code,
)
from modelop_jupyter.display.verdicts import verdicts
from modelop_jupyter.domain.jobs import (
    Counts,
    JobError,
    JobInput,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
    RecordError,
)
from modelop_jupyter.remedies import Remedy

if TYPE_CHECKING:
    from modelop_jupyter.domain.engines import EngineState
    from modelop_jupyter.domain.queries import QueryRead
    from modelop_jupyter.domain.reports import (
        Difference,
        Document,
        ErrorGroups,
        JobErrors,
        JobLog,
        JobSummary,
        NotebookChange,
    )
    from modelop_jupyter.domain.results.error_groups import ErrorGroup
    from modelop_jupyter.domain.results.histograms import Distribution
    from modelop_jupyter.domain.usage import ResourceUsage

_MAX_COLUMNS = 8
_MAX_GROUPS = 8
_MAX_HISTOGRAMS = 6
# Less than this of a core or GPU is not worth a word.
_LEAST_SHOWN = 0.05
_LONGEST_QUERY = 200
_DIGEST = 12
_PRINTED_LINES = 20
_ORIGINS = {"retry": "resumed", "failed": "its bad records scored again", "rerun": "run again"}


def badge(record: JobRecord) -> Span:
    """Return a job's state in plain words, with its colour."""
    return Span(record.state.text, record.state.tone)


def _notebook_change(change: NotebookChange, model: str) -> Iterator[Block]:
    """Say in one line that the job ran an older state, with what differs and the line that takes it."""
    yield Note(f"{change.sentence}, which this job ran.", "warn")
    yield Text("What differs", change.diff, is_diff=True)
    yield Remedies((Remedy("Take the edits: register again", (("register", model),)),))


def summary(value: JobSummary) -> Blocks:
    """Show a job's status or end, its first failures and first results."""
    record = value.record
    blocks = _head(
        record,
        _environment(value),
        disk=_disk(value),
        cluster=value.cluster,
        parts=value.parts,
    )
    if value.notebook_change is not None:
        blocks.extend(_notebook_change(value.notebook_change, record.model))
    # What a call without records raised is the job's own error, and told above.
    if not (record.error and record.kind is not JobKind.BATCH):
        blocks.extend(_errors(value.errors, record.counts))
    if sum(group.count for group in value.groups) > len(value.errors):
        blocks.append(_groups(value.groups[:_MAX_GROUPS]))
    if any((error.exception or "").endswith("Warning") for error in value.errors):
        blocks.append(
            Note(
                "A UserWarning fails its record, as in ModelOp's runtime. The line that turns it off"
                f" is in the log: %modelop job log {record.short_id}"
            )
        )
    if value.remedies:
        blocks.append(Remedies(value.remedies))
    # A job without a size is in no registry.
    if (record.error or value.errors) and value.size is not None:
        blocks.append(ReportButton(record.id))
    blocks.extend(verdicts(record.verdicts))
    is_well = record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS
    if is_well and value.metrics is None:
        blocks.append(Note("The metrics function returned nothing.", "warn"))
    if value.metrics is not None:
        from modelop_jupyter.display import metrics

        for view in metrics.views(value.metrics):
            blocks.extend(view.blocks)
    if value.sample:
        blocks.append(sample_table(value.sample, total=record.counts.records_out))
    blocks.extend(histograms(value.spread))
    if value.artefacts:
        blocks.append(Text("left in outputDir/", "\n".join(value.artefacts), is_open=True))
        folder = value.artefacts[0].rpartition("/outputDir/")[0] + "/outputDir"
        blocks.append(
            Note(f"'%modelop asset add {record.model} \"{folder}/*\"' adds them as assets.")
        )
    if value.differences is not None:
        blocks.extend(differences(value.differences))
    if value.hint:
        blocks.append(Note(value.hint))
    if value.log:
        failed = record.status is JobStatus.ERROR and not _traceback(record)
        blocks.append(Text("end of the log", value.log, is_open=failed))
    return blocks


def record(value: JobRecord) -> Blocks:
    """Show a job from its registry row alone."""
    blocks = _head(value, _known(value))
    if value.status is JobStatus.CANCELLED:
        blocks.append(Remedies((Remedy("Retry", (("job", "retry", value.short_id),)),)))
    return blocks


def _disk(value: JobSummary) -> str:
    """Return the size of an ended job; that of a running one is not meaningful yet."""
    if value.size is None or not value.record.status.is_done:
        return ""
    return formatting.size(value.size) + (", pinned" if value.is_pinned else "")


def _head(
    record: JobRecord,
    environment: str,
    *,
    disk: str = "",
    cluster: EngineState | None = None,
    parts: int | None = None,
) -> list[Block]:
    name = f"{record.kind.value} {record.snapshot_ref}"
    blocks: list[Block] = [Heading(name, badge(record), f"job {record.short_id}")]
    if record.error:
        blocks.extend(_error(record.error))
    blocks.append(Facts(tuple(_facts(record, environment, disk, cluster, parts))))
    if record.proof:
        blocks.extend(proofs.warnings(record.proof, record.snapshot_ref))
    if not record.status.is_done:
        blocks.append(
            Note(
                f"It runs in the background: '%modelop job attach {record.short_id}' follows it,"
                f" '%modelop job show {record.short_id}' shows its state,"
                f" '%modelop job cancel {record.short_id}' stops it."
            )
        )
    return blocks


def _modelop_words(record: JobRecord) -> str:
    """Return ModelOp's own two words."""
    is_known = record.result is not JobResult.UNKNOWN
    return f"{record.status.value} {record.result.value}" if is_known else record.status.value


def _facts(
    record: JobRecord, environment: str, disk: str, cluster: EngineState | None, parts: int | None
) -> Iterator[tuple[str, Cell]]:
    if record.counts.records_in or record.kind is JobKind.BATCH:
        yield "records", counts(record.counts)
    if record.started and record.ended:
        seconds = (record.ended - record.started).total_seconds()
        yield "took", formatting.duration(seconds) + _rate(record.counts.records_in, seconds)
    if record.inputs:
        yield "input", ", ".join(map(_input, record.inputs))
    yield from (_query(data.query) for data in record.inputs if data.query)
    if record.output:
        yield "output", code(record.output)
    if parts is not None:
        yield "parts", f"{parts:,} objects, one for each chunk"
    if record.options.engine:
        yield "engine", engines.line(record.options.engine, cluster)
        # A cluster that was made for the job has ended with it.
        if cluster and cluster.dashboard and not record.status.is_done:
            yield "dashboard", Span(cluster.dashboard, address=cluster.dashboard)
    if record.created_by:
        yield "submitted", formatting.moment_by(record.created, record.created_by)
    if record.options.notify:
        yield "tells", record.options.notify
    if environment:
        yield "environment", environment
    if record.proof:
        yield "proof", proofs.line(record.proof)
    if record.options.usage:
        yield "used", _used(record.options.usage)
    if disk:
        yield "on disk", disk
    yield "ModelOp status", _modelop_words(record)
    origin = record.options.origin
    if origin is not None:
        yield "based on", f"job {origin.job[:8]} ({_ORIGINS[origin.verb]})"


def _input(data: JobInput) -> str:
    """Return the name of an input with the beginning of its digest, once that is known."""
    if data.digest is None:
        return data.name
    return f"{data.name} (sha256 {data.digest.partition(':')[2][:_DIGEST]})"


def _used(usage: ResourceUsage) -> str:
    """Return the most that a job took, and the CPU time of all of it."""
    parts = [f"at most {', '.join(usage_parts(usage))}"]
    if usage.cpu_seconds:
        parts.append(f"{formatting.duration(usage.cpu_seconds)} of CPU time")
    return "; ".join(parts)


def usage_parts(usage: ResourceUsage) -> Iterator[str]:
    """Yield what a job takes of memory, cores and GPUs; what it does not use is left out."""
    if usage.memory:
        yield formatting.size(usage.memory)
    if usage.cores is not None and usage.cores >= _LEAST_SHOWN:
        yield f"{usage.cores:.1f} cores"
    if usage.gpus is not None and (usage.gpus >= _LEAST_SHOWN or usage.gpu_memory):
        memory = f", {formatting.size(usage.gpu_memory)}" if usage.gpu_memory else ""
        yield f"{usage.gpus:.1f} GPUs{memory}"


def _query(query: QueryRead) -> tuple[str, Cell]:
    """Return what was asked of which database, in one line."""
    text = " ".join(query.text.split())
    if len(text) > _LONGEST_QUERY:
        text = f"{text[:_LONGEST_QUERY]}…"
    order = f", in the order of {query.key}" if query.key else ""
    rows = formatting.number(query.rows)
    return "query", f"{text} ({rows} rows of {query.address}{order})"


def _rate(records: int, seconds: float) -> str:
    # Of a few records it tells how long the process took to start.
    return (
        f", {formatting.rounded(round(records / seconds))} records/s"
        if records >= 1000 and seconds
        else ""
    )


def _error(error: JobError) -> list[Block]:
    blocks: list[Block] = [Note(error.message, "bad")]
    if error.hint:
        blocks.append(Note(error.hint))
    if traceback := error.details.get("traceback"):
        blocks.append(Text("traceback", str(traceback).rstrip(), is_open=True))
    return blocks


def _traceback(record: JobRecord) -> bool:
    return bool(record.error and record.error.details.get("traceback"))


def counts(value: Counts) -> str:
    """Return ``569 in, 567 scored, 2 failed, 567 out``; counts of 0 are left out."""
    parts = [f"{formatting.number(value.records_in)} in"]
    if value.scored:
        parts.append(f"{formatting.number(value.scored)} scored")
    if value.rejected:
        parts.append(f"{formatting.number(value.rejected)} rejected")
    if value.failed:
        parts.append(f"{formatting.number(value.failed)} failed")
    parts.append(f"{formatting.number(value.records_out)} out")
    if value.retries:
        tries = "try" if value.retries == 1 else "tries"
        further = f"{formatting.number(value.retries)} further {tries}"
        parts.append(f"{formatting.number(value.retried or 0)} retried ({further})")
    return ", ".join(parts)


def _known(record: JobRecord) -> str:
    """Return what the registry row says of the environment."""
    if record.environment is None:
        return ""
    short = record.environment[:12]
    return f"{short}, {formatting.plural(record.packages, 'package')}" if record.packages else short


def _environment(value: JobSummary) -> str:
    record, environment = value.record, value.environment
    if environment is None:
        return _known(record)
    count = formatting.plural(len(environment.packages), "package")
    return f"{environment.fingerprint[:12]}, Python {environment.interpreter.version}, {count}"


def _errors(errors: Sequence[RecordError], counted: Counts) -> list[Block]:
    if not errors:
        return []
    total = max(len(errors), counted.rejected + counted.failed)
    blocks: list[Block] = [_error_table(errors, total=total)]
    first = next((error for error in errors if error.traceback), None)
    if first is not None and first.traceback:
        title = f"traceback of record {first.index}"
        blocks.append(Text(title, first.traceback.rstrip(), is_open=True))
    loud = next((error for error in errors if error.printed), None)
    if loud is not None and loud.printed:
        title = f"record {loud.index} printed"
        blocks.append(Text(title, _end_of(loud.printed), is_open=True))
    return blocks


def _end_of(text: str) -> str:
    """Return the last lines of what a record printed."""
    lines = text.rstrip().splitlines()
    left_out = len(lines) - _PRINTED_LINES
    return "\n".join([f"… {left_out} lines before", *lines[left_out:]] if left_out > 0 else lines)


def _error_table(errors: Sequence[RecordError], *, total: int) -> Table:
    return Table(
        headers=("record", "stage", "reason"),
        rows=tuple(
            (
                _record_name(error),
                error.stage,
                error.reason,
            )
            for error in errors
        ),
        title="rejected or failed records",
        total=total,
        numeric=frozenset({0}),
    )


def _record_name(error: RecordError) -> str:
    name = str(error.index) if error.slot == 0 else f"{error.index} of slot {error.slot}"
    return f"{name} in {error.file}" if error.file else name


def error_groups(value: ErrorGroups) -> Blocks:
    """Show the bad records counted by kind."""
    if not value.groups:
        return [Note(f"Job {value.record.short_id} rejected no record and none failed.", "good")]
    return [_groups(value.groups)]


def _groups(groups: Sequence[ErrorGroup]) -> Table:
    return Table(
        headers=("records", "stage", "line", "reason", "first"),
        rows=tuple(
            (
                formatting.number(group.count),
                group.stage,
                f"{group.file}:{group.line}" if group.file else "",
                f"{group.exception}: {group.message}" if group.exception else group.message,
                str(group.first),
            )
            for group in groups
        ),
        title="rejected or failed records by reason",
        numeric=frozenset({0, 4}),
    )


def histograms(fields: Sequence[Distribution]) -> list[Block]:
    """Show histograms of the fields that vary most, in their order; the others as a folded table."""
    chosen = sorted(fields, key=lambda field: field.variation, reverse=True)[:_MAX_HISTOGRAMS]
    blocks: list[Block] = [histogram(field) for field in fields if field in chosen]
    rest = [field for field in fields if field not in chosen]
    if rest:
        rows = tuple(
            (field.field, *(f"{number:.4g}" for number in (field.low, field.mean, field.high)))
            for field in rest
        )
        headers = ("field", "lowest", "mean", "highest")
        title = f"{formatting.plural(len(rest), 'more number field')} of the output"
        blocks.append(
            Table(headers, rows, title=title, numeric=frozenset({1, 2, 3}), is_folded=True)
        )
    return blocks


def histogram(value: Distribution) -> Chart:
    """Return the bars of a distribution."""
    return Chart(
        "bar",
        value.field,
        (Series("records", tuple(value.bars)),),
        x=f"{formatting.number(value.sampled)} sampled, mean {value.mean:.4g}",
        scale="names",
        is_small=True,
    )


def differences(rows: Sequence[Difference]) -> list[Block]:
    """Show in what a rerun differs from the job that it repeats."""
    if not rows:
        return [Note("Nothing differs from the first run: same plan, input and output.", "good")]
    return [
        Table(
            headers=("what", "first run", "this run"),
            rows=tuple((row.what, row.first, row.now) for row in rows),
            title="differs from the first run",
        )
    ]


def errors(value: JobErrors) -> Blocks:
    """Show every record that was rejected or failed."""
    if not value.errors:
        return [Note(f"Job {value.record.short_id} rejected no record and none failed.", "good")]
    record, first = value.record, value.errors[0]
    lines = [
        f"%%modelop run {record.model} --record {record.short_id}:{error.index}"
        for error in value.errors[:MAX_ROWS]
    ]
    kept = [error for error in value.errors if error.record is not None]
    return [
        *_errors(value.errors, record.counts),
        *(
            Text(f"record {error.index}", str(error.record), is_open=True)
            for error in kept[:MAX_ROWS]
        ),
        Text(
            "to open one in the model's kernel, start a cell with", "\n".join(lines), is_open=True
        ),
        Note(
            f"There, 'model' is the model's module after init, and 'record' is record {first.index}."
        ),
    ]


def log(value: JobLog) -> Blocks:
    """Show a job's log, or what was asked for of it."""
    return [Note(value.note)] if value.note else [Text("", value.text, is_open=True)]


def document(value: Document) -> Blocks:
    """Show a document in ModelOp's JSON, or where it was written."""
    import json

    hint = [Note(value.hint)] if value.hint else []
    if value.path is not None:
        return [Note(f"Wrote {value.title} to {value.path}.", "good"), *hint]
    return [Text("", json.dumps(value.document, indent=2, ensure_ascii=False), is_open=True), *hint]


def job_table(rows: Sequence[JobRecord]) -> Table:
    """Show jobs in the given order."""
    # A column of its own only where a job ran elsewhere than here.
    has_engines = any(job.options.engine for job in rows)
    # The same of users: most registries have one.
    by = len({job.created_by for job in rows}) > 1
    records = 4 + has_engines
    took = records + 2 + by
    return Table(
        headers=(
            *("job", "kind", "model", *(("engine",) if has_engines else ())),
            *("status", "records", "began", *(("by",) if by else ()), "took"),
        ),
        rows=tuple(
            (
                code(job.short_id),
                job.kind.value,
                job.snapshot_ref,
                *((job.options.engine or "",) if has_engines else ()),
                badge(job),
                formatting.number(job.counts.records_in) if job.counts.records_in else "",
                formatting.moment(job.created),
                *((job.created_by or "",) if by else ()),
                formatting.duration((job.ended - job.started).total_seconds())
                if job.started and job.ended
                else "",
            )
            for job in rows
        ),
        title="jobs",
        numeric=frozenset({records, took}),
        optional=frozenset({took}),
    )


def sample_table(records: Sequence[Any], *, total: int) -> Table:
    """Show the first output records; a dict's keys are columns."""
    if all(isinstance(record, Mapping) and record for record in records):
        keys = list(dict.fromkeys(key for record in records for key in record))
        headers, hidden = keys[:_MAX_COLUMNS], len(keys) - _MAX_COLUMNS
        rows = [[formatting.value(record.get(key, "")) for key in headers] for record in records]
        if hidden > 0:
            headers = [*headers, f"and {hidden} more"]
            rows = [[*row, "…"] for row in rows]
    else:
        headers, rows = ["value"], [[formatting.value(record)] for record in records]
    return Table(
        headers=tuple(map(str, headers)),
        rows=tuple(tuple(row) for row in rows),
        title="first output records",
        total=total,
        is_data=True,
    )
