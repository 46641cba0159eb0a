"""The card of a check: what passed, what warned and what failed, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Facts,
    Heading,
    Note,
    Remedies,
    Span,
    Table,
    Text,
    Tone,
)
from modelop_jupyter.domain.checks import (
    CheckCounts,
    CheckReport,
    Finding,
    KeptCheck,
    TopicResult,
    TopicState,
)
from modelop_jupyter.remedies import Remedy

_TONES: Mapping[TopicState, Tone] = {
    "passed": "good",
    "warned": "warn",
    "failed": "bad",
    "not checked": "muted",
}


def report(value: CheckReport) -> Blocks:
    """Show the topics, and below them each finding with its hint and what mends it."""
    return [
        Heading(
            f"check of {value.ref}",
            _badge(value.counts),
            f"{formatting.plural(value.records, 'record')} of {value.sample}, scored several times in"
            f" {formatting.duration(value.seconds)}",
        ),
        Facts(tuple((topic.topic.value, _state(topic)) for topic in value.topics)),
        *(
            Note(f"Not looked at: {topic.not_looked_at}.")
            for topic in value.topics
            if topic.not_looked_at
        ),
        *(Note(f"Written: {path}") for path in value.written),
        *(block for topic in value.topics for one in topic.findings for block in _finding(one)),
    ]


def in_one_line(value: KeptCheck) -> Span:
    """Return what the last check of a model found, when, of which snapshot, and whether it still holds."""
    counts = value.report.counts
    numbers = ((counts.failed, "failed"), (counts.warned, "warned"), (counts.passed, "passed"))
    found = ", ".join(f"{number} {word}" for number, word in numbers if number)
    since = "; the model has changed since" if value.is_outdated else ""
    when = formatting.moment(value.report.checked)
    tone: Tone = "warn" if value.is_outdated else _badge(counts).tone
    return Span(f"{found} ({value.report.ref}, {when}){since}", tone)


def kept(value: KeptCheck) -> Blocks:
    """Show the whole of a model's last check, folded, and the line that checks it again."""
    card = Table(
        headers=("result", "topic", "where", "what"),
        rows=tuple(row for topic in value.report.topics for row in _rows(topic)),
        title=f"check of {value.report.ref}",
        is_folded=True,
        is_whole=True,
    )
    if not value.report.command:
        return [card]
    return [card, Remedies((Remedy("Check it again", (value.report.command,)),))]


def _rows(topic: TopicResult) -> Iterator[tuple[Cell, ...]]:
    name = topic.topic.value
    if not topic.findings:
        yield Span(topic.state, _TONES[topic.state]), name, "", topic.summary
    for one in topic.findings:
        level = Span(one.level, _TONES[one.level])
        yield level, name, _where(one), f"{one.message}. {one.hint}."
    if topic.not_looked_at:
        yield Span("not checked", _TONES["not checked"]), name, "", topic.not_looked_at


def _badge(counts: CheckCounts) -> Span:
    if counts.failed:
        return Span(f"{counts.failed} failed", "bad")
    warned = counts.warned
    return Span(formatting.plural(warned, "warning"), "warn") if warned else Span("passed", "good")


def _state(topic: TopicResult) -> Span:
    text: str = topic.state
    if topic.state in ("passed", "not checked") or not topic.findings:
        text += f": {topic.summary}"
    elif len(topic.findings) > 1:
        text += f": {len(topic.findings)} findings"
    return Span(text, _TONES[topic.state])


def _finding(finding: Finding) -> Iterator[Block]:
    where = _where(finding)
    tone: Tone = "bad" if finding.level == "failed" else "warn"
    yield Note(f"{where}{': ' if where else ''}{finding.message}. {finding.hint}.", tone)
    if finding.evidence:
        yield Text("What was seen", finding.evidence, is_open=finding.level == "warned")
    if finding.remedies:
        yield Remedies(finding.remedies)


def _where(finding: Finding) -> str:
    return f"{finding.file}, line {finding.line}" if finding.file and finding.line else ""
