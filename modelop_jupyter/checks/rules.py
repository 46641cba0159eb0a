"""Whether the model keeps the rules of the runtime: import, init, records, outputs, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelop_jupyter.checks.sample_runs import SampleRun
from modelop_jupyter.display.metrics.graphs import why_no_graph
from modelop_jupyter.domain.checks import CheckTopic, Finding, TopicResult
from modelop_jupyter.domain.jobs import JobError, RecordError
from modelop_jupyter.domain.results.error_groups import ErrorGroup, groups_of

_WARNING_HINT = (
    "The runtime makes a UserWarning an error once the model works: mend what it warns of, or"
    " silence this one with warnings.filterwarnings"
)
_HINTS = {
    "input encoding": "Mend the record, or name the format of the file with --format",
    "input schema": "Mend the record, or the schema of the input",
    "model": "Mend the function, or what the record holds; 'kernel start' opens a kernel to try it in",
    "output encoding": "Give a value that JSON has: None in the place of NaN, int() of a NumPy number",
    "output schema": "Mend what the function yields, or the schema of the output",
}


def rules(run: SampleRun, records: int, more: Iterable[Finding] = ()) -> TopicResult:
    """Say what went wrong in the run of the sample in its given order.

    ``more`` are the findings of the metrics function, if that was run.
    """
    summary = f"imported, initialised, and {records} records scored"
    findings = list(dict.fromkeys([*_findings(run), *more]))
    return TopicResult(CheckTopic.RULES, summary, tuple(findings))


def metrics_findings(run: SampleRun) -> Iterator[Finding]:
    """Yield what is wrong with the metrics function, or with what it returned."""
    if run.error is not None:
        yield of_error(run.error)
        return
    if not isinstance(run.metrics, dict) or not run.metrics:
        yield Finding(
            "no_metrics",
            "warned",
            "The metrics function gives no dictionary of metrics",
            "Yield one dictionary, such as {'auc': 0.91}",
        )
        return
    for name, value in run.metrics.items():
        reason = why_no_graph(value)
        if reason is not None:
            yield Finding(
                "metric_not_drawn",
                "warned",
                f"The metric {name} is not drawn: {reason}",
                "See the gallery of charts for the shapes that are",
            )


def _findings(run: SampleRun) -> Iterator[Finding]:
    if run.error is not None:
        yield of_error(run.error)
    seen: set[int] = set()
    problems: list[RecordError] = list(run.rejected)
    for call in run.calls:
        if call.problem is not None and call.record not in seen:
            seen.add(call.record)
            problems.append(call.problem)
    for group in groups_of(problems):
        yield _of_group(group)
    if run.calls and not any(call.outputs or call.problem for call in run.calls):
        yield Finding(
            "no_output",
            "warned",
            "No record gets an output: the score function yields or returns nothing",
            "Yield or return one value for each record that shall have one",
        )
    for warning in dict.fromkeys(run.warnings):
        yield Finding(
            "warning",
            "warned",
            f"It warns while it is imported or initialised: {warning}",
            _WARNING_HINT,
        )


def of_error(error: JobError) -> Finding:
    """Return the finding for what ended a run."""
    details = error.details
    line = details.get("line")
    return Finding(
        error.code,
        "failed",
        error.message,
        error.hint or "Mend it, and check again",
        file=details.get("file"),
        line=line if isinstance(line, int) else None,
        evidence=details.get("traceback"),
    )


def _of_group(group: ErrorGroup) -> Finding:
    is_warning = bool(group.exception and group.exception.endswith("Warning"))
    what = f"{group.exception}: {group.message}" if group.exception else group.message
    who = f"Record {group.first}" if group.count == 1 else f"{group.count} records"
    verb = "fails" if group.count == 1 else "fail"
    if group.stage != "model":
        verb = "is rejected" if group.count == 1 else "are rejected"
        what = f"{group.stage}, {what}"
    return Finding(
        "warning_is_error" if is_warning else group.stage.replace(" ", "_"),
        "failed",
        f"{who} {verb}: {what}",
        _WARNING_HINT if is_warning else _HINTS.get(group.stage, "Mend it, and check again"),
        file=group.file,
        line=group.line,
        record=group.first,
    )


def records_of(runs: Sequence[SampleRun]) -> int:
    """Return how many records the first run has scored."""
    return len({call.record for call in runs[0].calls}) if runs else 0
