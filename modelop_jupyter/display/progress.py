"""A job while it runs: one line that stays true in a notebook saved in the middle of it."""

from __future__ import annotations

from datetime import datetime, timezone

from modelop_jupyter.display import environments, words
from modelop_jupyter.display.blocks import Bar, Block, Blocks, Heading, Note, Span, Text
from modelop_jupyter.display.jobs import counts
from modelop_jupyter.domain.reports import JobUpdate


def update(value: JobUpdate) -> Blocks:
    """Show a job while it runs: one line, a bar where it is known how far it is, what is printed now.

    A notebook may be saved with it: so it says of when it is, and how to see more.
    """
    short = value.record.short_id
    blocks: list[Block] = [Heading(*line(value))]
    if value.phase == "running" and value.total_bytes:
        blocks.append(Bar(min(1.0, value.bytes / value.total_bytes)))
    if value.tail:
        blocks.append(Text("", value.tail, is_open=True))
    now = words.moment(datetime.now(timezone.utc))
    blocks.append(Note(f"As of {now}; '%modelop job show {short}' tells how it stands later."))
    return blocks


def line(value: JobUpdate) -> tuple[str, Span, str]:
    """Return what, how it stands, and the details of the one live line."""
    record = value.record
    title = f"{record.kind.value} {record.snapshot_ref}"
    if value.phase == "environment":
        detail = environments.sentence(value.step) if value.step else ""
        return title, Span("environment", "busy"), detail
    if value.phase != "running":
        return title, Span(value.phase, "busy"), f"job {record.short_id}"
    parts = [progress(value)] if value.counts.records_in else []
    if value.total_bytes:
        parts.append(f"{min(100, 100 * value.bytes // value.total_bytes)} %")
    if value.rate:
        parts.append(f"{words.number(round(value.rate))}/s")
    if value.seconds_left is not None and value.seconds_left >= 1:
        parts.append(f"{words.duration(round(value.seconds_left))} left")
    if value.memory:
        parts.append(words.size(value.memory))
    return title, Span("running", "busy"), ", ".join(parts)


def progress(value: JobUpdate) -> str:
    """Return the counts, and of how many records in all, as far as bytes tell."""
    told = counts(value.counts)
    if value.total is None or value.total <= value.counts.records_in:
        return told
    first, comma, rest = told.partition(" in")
    return f"{first} of about {words.rounded(value.total)} in{rest}" if comma else told
