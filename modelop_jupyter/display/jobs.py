"""Jobs: a live line while one runs, a summary when it has ended, the list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelop_jupyter.display import metrics, proofs, words
from modelop_jupyter.display.blocks import (
    MAX_ROWS,
    Block,
    Blocks,
    Cell,
    Chart,
    Facts,
    Heading,
    Note,
    Series,
    Span,
    Table,
    Text,
    Tone,
    code,
)
from modelop_jupyter.display.verdicts import verdicts
from modelop_jupyter.domain.distributions import Distribution
from modelop_jupyter.domain.failures import ErrorGroup
from modelop_jupyter.domain.jobs import (
    Counts,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
    RecordError,
)
from modelop_jupyter.domain.reports import (
    Difference,
    Document,
    ErrorGroups,
    JobErrors,
    JobLog,
    JobSummary,
)

_MAX_COLUMNS = 8
_MAX_GROUPS = 8
_MAX_HISTOGRAMS = 6
_ORIGINS = {"retry": "gone on with", "failed": "its bad records again", "rerun": "run again"}


def badge(record: JobRecord) -> Span:
    """Return a job's status and result: ModelOp's own two words."""
    tone: Tone = "busy"
    if record.status is JobStatus.COMPLETE:
        tone = "good" if record.result is JobResult.SUCCESS else "bad"
    elif record.status is JobStatus.ERROR:
        tone = "bad"
    elif record.status is JobStatus.CANCELLED:
        tone = "warn"
    text = record.status.value
    if record.result is not JobResult.UNKNOWN:
        text = f"{text} {record.result.value}"
    # The job itself went well; what it found did not.
    if record.has_passed is False:
        return Span(f"{text}, verdict failed", "bad")
    if record.has_passed is None:
        return Span(f"{text}, verdict not decided", "warn")
    return Span(text, tone)


def summary(value: JobSummary) -> Blocks:
    """Show how a job stands or ended, its first failures and first results."""
    record = value.record
    blocks = _head(record, _environment(value), disk=_disk(value))
    # What a call without records raised is the job's own error, and told above.
    if not (record.error and record.kind is not JobKind.BATCH):
        blocks.extend(_errors(value.errors, record.counts))
    if sum(group.count for group in value.groups) > len(value.errors):
        blocks.append(_groups(value.groups[:_MAX_GROUPS]))
    blocks.extend(verdicts(record.verdicts))
    is_well = record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS
    if is_well and value.metrics is None:
        blocks.append(Note("The metrics function returned nothing.", "warn"))
    if value.metrics is not None:
        for view in metrics.views(value.metrics):
            blocks.extend(view.blocks)
    if value.sample:
        blocks.append(sample_table(value.sample, total=record.counts.records_out))
    blocks.extend(histograms(value.spread))
    if value.artefacts:
        blocks.append(Text("left in outputDir/", "\n".join(value.artefacts), is_open=True))
        folder = value.artefacts[0].rpartition("/outputDir/")[0] + "/outputDir"
        blocks.append(
            Note(f"'%modelop asset add {record.model} \"{folder}/*\"' takes them as assets.")
        )
    if value.differences is not None:
        blocks.extend(differences(value.differences))
    if value.hint:
        blocks.append(Note(value.hint))
    if value.log:
        failed = record.status is JobStatus.ERROR and not _traceback(record)
        blocks.append(Text("log, last lines", value.log, is_open=failed))
    return blocks


def record(value: JobRecord) -> Blocks:
    """Show a job by what the registry knows of it."""
    return _head(value, _known(value))


def _disk(value: JobSummary) -> str:
    """Say what an ended job takes on disk; that of a running one says nothing yet."""
    if value.size is None or not value.record.status.is_done:
        return ""
    return words.size(value.size) + (", pinned" if value.is_pinned else "")


def _head(record: JobRecord, environment: str, *, disk: str = "") -> list[Block]:
    facts: list[tuple[str, Cell]] = []
    if record.counts.records_in or record.kind.value == "batch":
        facts.append(("records", counts(record.counts)))
    if record.started and record.ended:
        seconds = (record.ended - record.started).total_seconds()
        facts.append(("took", words.duration(seconds) + _rate(record.counts.records_in, seconds)))
    if record.inputs:
        facts.append(("input", ", ".join(each.name for each in record.inputs)))
    if record.output:
        facts.append(("output", code(record.output)))
    if environment:
        facts.append(("environment", environment))
    if record.proof:
        facts.append(("proof", proofs.line(record.proof)))
    if disk:
        facts.append(("on disk", disk))
    origin = record.options.get("origin")
    if origin:
        facts.append(("made of", f"job {origin['job'][:8]} ({_ORIGINS[origin['verb']]})"))
    blocks: list[Block] = [
        Heading(
            f"{record.kind.value} {record.snapshot_ref}", badge(record), f"job {record.short_id}"
        )
    ]
    if record.error:
        blocks.extend(_error(record.error))
    blocks.append(Facts(tuple(facts)))
    if record.proof:
        blocks.extend(proofs.warnings(record.proof, record.snapshot_ref))
    if record.status is JobStatus.CANCELLED:
        blocks.append(Note(f"'%modelop job retry {record.short_id}' goes on where it stood."))
    if not record.status.is_done:
        blocks.append(
            Note(
                f"It goes on by itself: '%modelop job attach {record.short_id}' watches it,"
                f" '%modelop job show {record.short_id}' shows how it stands,"
                f" '%modelop job cancel {record.short_id}' stops it."
            )
        )
    return blocks


def _rate(records: int, seconds: float) -> str:
    # Of a few records it tells how long the process took to start.
    return (
        f", {words.rounded(round(records / seconds))} records/s"
        if records >= 1000 and seconds
        else ""
    )


def _error(error: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = [Note(str(error["message"]), "bad")]
    if error.get("hint"):
        blocks.append(Note(str(error["hint"])))
    if error.get("traceback"):
        blocks.append(Text("traceback", str(error["traceback"]).rstrip(), is_open=True))
    return blocks


def _traceback(record: JobRecord) -> bool:
    return bool(record.error and record.error.get("traceback"))


def counts(value: Counts) -> str:
    """Return ``569 in, 567 scored, 2 failed, 567 out``; nothing is said of what did not happen."""
    parts = [f"{words.number(value.records_in)} in"]
    if value.scored:
        parts.append(f"{words.number(value.scored)} scored")
    if value.rejected:
        parts.append(f"{words.number(value.rejected)} rejected")
    if value.failed:
        parts.append(f"{words.number(value.failed)} failed")
    return ", ".join([*parts, f"{words.number(value.records_out)} out"])


def _known(record: JobRecord) -> str:
    """Return what the record alone tells of the environment."""
    if record.environment is None:
        return ""
    short = record.environment[:12]
    return f"{short}, {words.plural(record.packages, 'package')}" if record.packages else short


def _environment(value: JobSummary) -> str:
    record, found = value.record, value.environment
    if found is None:
        return _known(record)
    count = words.plural(len(found.packages), "package")
    return f"{found.fingerprint[:12]}, Python {found.interpreter.version}, {count}"


def _errors(found: Sequence[RecordError], counted: Counts) -> list[Block]:
    if not found:
        return []
    total = max(len(found), counted.rejected + counted.failed)
    blocks: list[Block] = [_error_table(found, total=total)]
    first = next((each for each in found if each.traceback), None)
    if first is not None and first.traceback:
        title = f"traceback of record {first.index}"
        blocks.append(Text(title, first.traceback.rstrip(), is_open=True))
    return blocks


def _error_table(found: Sequence[RecordError], *, total: int) -> Table:
    return Table(
        headers=("record", "stage", "reason"),
        rows=tuple(
            (
                str(each.index) if each.slot == 0 else f"{each.index} of slot {each.slot}",
                each.stage,
                f"{each.exception}: {each.message}" if each.exception else each.message,
            )
            for each in found
        ),
        title="rejected or failed records",
        total=total,
        numeric=frozenset({0}),
    )


def error_groups(value: ErrorGroups) -> Blocks:
    """Show the bad records counted by what is wrong with them."""
    if not value.groups:
        return [Note(f"Job {value.record.short_id} rejected no record and none failed.", "good")]
    return [_groups(value.groups)]


def _groups(groups: Sequence[ErrorGroup]) -> Table:
    return Table(
        headers=("records", "stage", "line", "reason", "first"),
        rows=tuple(
            (
                words.number(each.count),
                each.stage,
                f"{each.file}:{each.line}" if each.file else "",
                f"{each.exception}: {each.message}" if each.exception else each.message,
                str(each.first),
            )
            for each in groups
        ),
        title="rejected or failed records, counted",
        numeric=frozenset({0, 4}),
    )


def histograms(found: Sequence[Distribution]) -> list[Block]:
    """Draw the fields that vary most, in their order; the others are rows of a folded table."""
    chosen = sorted(found, key=lambda each: each.variation, reverse=True)[:_MAX_HISTOGRAMS]
    blocks: list[Block] = [_histogram(each) for each in found if each in chosen]
    rest = [each for each in found if each not in chosen]
    if rest:
        rows = tuple(
            (each.field, *(f"{number:.4g}" for number in (each.low, each.mean, each.high)))
            for each in rest
        )
        headers = ("field", "lowest", "mean", "highest")
        title = f"{words.plural(len(rest), 'more number field')} of the output"
        blocks.append(
            Table(headers, rows, title=title, numeric=frozenset({1, 2, 3}), is_folded=True)
        )
    return blocks


def _histogram(value: Distribution) -> Chart:
    return Chart(
        "bar",
        value.field,
        (Series("records", tuple(value.bars)),),
        x=f"{words.number(value.sampled)} sampled, mean {value.mean:.4g}",
        scale="names",
        is_small=True,
    )


def differences(found: Sequence[Difference]) -> list[Block]:
    """Show in what a rerun differs from the job it repeats."""
    if not found:
        return [Note("Nothing differs from the first run: same plan, input and output.", "good")]
    return [
        Table(
            headers=("what", "first run", "this run"),
            rows=tuple((each.what, each.first, each.now) for each in found),
            title="differs from the first run",
        )
    ]


def errors(value: JobErrors) -> Blocks:
    """Show every record that was rejected or failed."""
    if not value.errors:
        return [Note(f"Job {value.record.short_id} rejected no record and none failed.", "good")]
    record, first = value.record, value.errors[0]
    lines = [
        f"%%modelop run {record.model} --record {record.short_id}:{each.index}"
        for each in value.errors[:MAX_ROWS]
    ]
    kept = [each for each in value.errors if each.record is not None]
    return [
        *_errors(value.errors, record.counts),
        *(Text(f"record {each.index}", str(each.record), is_open=True) for each in kept[:MAX_ROWS]),
        Text(
            "to open one in the model's kernel, begin a cell with", "\n".join(lines), is_open=True
        ),
        Note(f"There 'model' is what ran, with init done, and 'record' is record {first.index}."),
    ]


def log(value: JobLog) -> Blocks:
    """Show a job's whole log."""
    return [Text("", value.text, is_open=True)]


def document(value: Document) -> Blocks:
    """Show JSON of ModelOp's, or where it was written."""
    import json

    hint = [Note(value.hint)] if value.hint else []
    if value.path is not None:
        return [Note(f"Wrote {value.title} to {value.path}.", "good"), *hint]
    return [Text("", json.dumps(value.document, indent=2, ensure_ascii=False), is_open=True), *hint]


def job_table(rows: Sequence[JobRecord]) -> Table:
    """Show jobs, as they come."""
    return Table(
        headers=("job", "kind", "model", "status", "records", "began", "took"),
        rows=tuple(
            (
                code(each.short_id),
                each.kind.value,
                each.snapshot_ref,
                badge(each),
                counts(each.counts) if each.counts.records_in else "",
                words.moment(each.created),
                words.duration((each.ended - each.started).total_seconds())
                if each.started and each.ended
                else "",
            )
            for each in rows
        ),
        title="jobs",
        numeric=frozenset({6}),
    )


def sample_table(records: Sequence[Any], *, total: int) -> Table:
    """Show the first records that came out; a dict's keys are columns."""
    if all(isinstance(each, Mapping) and each for each in records):
        keys = list(dict.fromkeys(key for each in records for key in each))
        headers, hidden = keys[:_MAX_COLUMNS], len(keys) - _MAX_COLUMNS
        rows = [[words.value(each.get(key, "")) for key in headers] for each in records]
        if hidden > 0:
            headers = [*headers, f"and {hidden} more"]
            rows = [[*row, "…"] for row in rows]
    else:
        headers, rows = ["value"], [[words.value(each)] for each in records]
    return Table(
        headers=tuple(map(str, headers)),
        rows=tuple(tuple(row) for row in rows),
        title="first records out",
        total=total,
        is_data=True,
    )
