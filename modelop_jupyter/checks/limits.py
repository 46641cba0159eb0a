"""How long records and ``init`` take, and how large the model is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelop_jupyter.checks.sample_runs import SampleRun
from modelop_jupyter.display.formatting import short_time, size
from modelop_jupyter.domain.checks import CheckTopic, Finding, TopicResult

# ModelOp's runtime waits so long for the answer to a record (spec 2.9).
RECORD_SECONDS = 5.0


def limits(run: SampleRun, assets: int, environment: int | None) -> TopicResult:
    """Compare with the runtime's limits; ``assets`` and ``environment`` are sizes in bytes."""
    seconds = sorted(call.seconds for call in run.calls)
    facts = [*_times(seconds), *_sizes(run, assets, environment)]
    findings = []
    slowest = max(run.calls, key=lambda call: call.seconds, default=None)
    if slowest is not None and slowest.seconds > RECORD_SECONDS:
        findings.append(
            Finding(
                "slow_record",
                "failed",
                f"Record {slowest.record} takes {slowest.seconds:.1f} s;"
                f" the runtime waits {RECORD_SECONDS:g} s",
                "Load what it needs in init, and do less for each record",
                record=slowest.record,
            )
        )
    return TopicResult(CheckTopic.LIMITS, ", ".join(facts), tuple(findings))


def _times(seconds: Sequence[float]) -> Iterator[str]:
    if seconds:
        yield f"{short_time(_quantile(seconds, 0.5))} a record (p95 {short_time(_quantile(seconds, 0.95))})"


def _sizes(run: SampleRun, assets: int, environment: int | None) -> Iterator[str]:
    if run.ready_seconds is not None:
        yield f"ready after {short_time(run.ready_seconds)}"
    if run.memory:
        yield f"{size(run.memory)} of memory"
    yield f"assets {size(assets)}"
    if environment:
        yield f"environment {size(environment)}"


def _quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
