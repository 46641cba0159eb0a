"""The views of what is waited for: a running job, with its time as the notebook may be saved, and queries."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from modelop_jupyter.display import engines, environments, formatting
from modelop_jupyter.display.blocks import Bar, Block, Blocks, Facts, Heading, Note, Span, Text
from modelop_jupyter.display.jobs import counts, usage_parts
from modelop_jupyter.domain.checks import CheckStep
from modelop_jupyter.domain.deployments import DeployStep
from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.queries import ReadingStep
from modelop_jupyter.domain.results.challenges import ChallengeStep

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import JobUpdate, Step


def update(value: JobUpdate) -> Blocks:
    """Show a running job: one line, a bar if the total is known, and the model's current output.

    The notebook may be saved with this view: it says its time and how to see the end of the job.
    """
    short = value.record.short_id
    blocks: list[Block] = [Heading(*line(value))]
    if value.phase == "running" and value.total_bytes:
        blocks.append(Bar(min(1.0, value.bytes / value.total_bytes)))
    if value.cluster is not None and (address := value.cluster.dashboard):
        blocks.append(Facts((("dashboard", Span(address, address=address)),)))
    if value.tail:
        blocks.append(Text("", value.tail, is_open=True))
    now = formatting.moment(datetime.now(timezone.utc))
    blocks.append(Note(f"As of {now}; '%modelop job show {short}' shows its current state."))
    return blocks


def reading(value: ReadingStep) -> Blocks:
    """Show how far a query is read."""
    return [Heading(f"input {value.name}", Span("reading", "busy"), _rows_read(value))]


def checking(value: CheckStep) -> Blocks:
    """Show how far a check is."""
    return [Heading(f"check of {value.name}", Span("running", "busy"), _runs(value))]


def challenging(value: ChallengeStep) -> Blocks:
    """Show how far both models of a challenge are."""
    return [
        Heading(f"challenge of {value.name}", Span("running", "busy"), _both(value)),
        Bar(min(value.champion, value.challenger) / max(value.total, 1)),
    ]


def deploying(value: DeployStep) -> Blocks:
    """Show what deploying a snapshot waits for."""
    return [Heading(f"deploy {value.name}", Span(value.step, "busy"), _waited(value))]


def _waited(value: DeployStep) -> str:
    return formatting.duration(int(value.seconds)) if value.seconds >= 1 else ""


def _both(value: ChallengeStep) -> str:
    done = " and ".join(formatting.number(count) for count in (value.champion, value.challenger))
    return f"{done} of {formatting.plural(value.total, 'record')} scored"


def _runs(value: CheckStep) -> str:
    if value.total is None:
        return f"run {value.done}"
    return f"{value.done} of {value.total} runs done"


def sentence(value: Step) -> str:
    """Return a step in one line."""
    if isinstance(value, ReadingStep):
        return f"reading {value.name}: {_rows_read(value)}"
    if isinstance(value, CheckStep):
        return f"checking {value.name}: {_runs(value)}"
    if isinstance(value, ChallengeStep):
        return f"challenging {value.name}: {_both(value)}"
    if isinstance(value, DeployStep):
        return f"deploying {value.name}: " + ", ".join(filter(None, (value.step, _waited(value))))
    return environments.sentence(value)


def stage(value: Step) -> str:
    """Return what stays the same while a step only advances."""
    return value.step if isinstance(value, (BuildStep, DeployStep)) else value.name


def _rows_read(value: ReadingStep) -> str:
    text = f"{formatting.number(value.rows)} rows"
    if value.seconds < 1:
        return text
    rate = formatting.number(round(value.rows / value.seconds))
    return f"{text}, {rate}/s, {formatting.duration(int(value.seconds))}"


def line(value: JobUpdate) -> tuple[str, Span, str]:
    """Return title, state and details of the progress line."""
    record = value.record
    title = f"{record.kind.value} {record.snapshot_ref}"
    phase = Span(value.state.text, value.state.tone)
    if value.phase == "environment":
        detail = environments.sentence(value.step) if value.step else ""
        return title, phase, detail
    if value.phase != "running":
        return title, phase, f"job {record.short_id}"
    parts = [progress(value)] if value.counts.records_in else []
    if value.chunks is not None:
        parts.append(f"{value.chunks.done}/{formatting.plural(value.chunks.total, 'chunk')}")
    if value.total_bytes:
        parts.append(f"{min(100, 100 * value.bytes // value.total_bytes)} %")
    if value.rate:
        parts.append(f"{formatting.number(round(value.rate))}/s")
    if value.seconds_left is not None and value.seconds_left >= 1:
        parts.append(f"{formatting.duration(round(value.seconds_left))} left")
    if value.usage is not None:
        parts.extend(usage_parts(value.usage))
    if value.cluster is not None:
        parts.append(engines.size(value.cluster))
    return title, phase, ", ".join(parts)


def progress(value: JobUpdate) -> str:
    """Return the counts and the total: that of a limit, or an estimate, if there is one."""
    text = counts(value.counts)
    if value.total is None or value.total <= value.counts.records_in:
        return text
    first, comma, rest = text.partition(" in")
    is_limit = value.total == value.record.most_records
    total = (
        formatting.number(value.total) if is_limit else f"about {formatting.rounded(value.total)}"
    )
    return f"{first} of {total} in{rest}" if comma else text
