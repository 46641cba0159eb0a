"""The card of a check: what passed, what warned and what failed, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Facts,
    Heading,
    Note,
    Remedies,
    Span,
    Text,
    Tone,
)
from modelop_jupyter.domain.checks import CheckReport, Finding, TopicResult, TopicState

_TONES: Mapping[TopicState, Tone] = {
    "passed": "good",
    "warned": "warn",
    "failed": "bad",
    "not checked": "muted",
}


def report(value: CheckReport) -> Blocks:
    """Show the topics, and below them each finding with its hint and what mends it."""
    failed = sum(one.level == "failed" for topic in value.topics for one in topic.findings)
    warned = sum(one.level == "warned" for topic in value.topics for one in topic.findings)
    return [
        Heading(
            f"check of {value.ref}",
            _badge(failed, warned),
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


def _badge(failed: int, warned: int) -> Span:
    if failed:
        return Span(f"{failed} failed", "bad")
    return Span(formatting.plural(warned, "warning"), "warn") if warned else Span("passed", "good")


def _state(topic: TopicResult) -> Span:
    text: str = topic.state
    if topic.state in ("passed", "not checked") or not topic.findings:
        text += f": {topic.summary}"
    elif len(topic.findings) > 1:
        text += f": {len(topic.findings)} findings"
    return Span(text, _TONES[topic.state])


def _finding(finding: Finding) -> Iterator[Block]:
    where = f"{finding.file}, line {finding.line}: " if finding.file and finding.line else ""
    tone: Tone = "bad" if finding.level == "failed" else "warn"
    yield Note(f"{where}{finding.message}. {finding.hint}.", tone)
    if finding.evidence:
        yield Text("What was seen", finding.evidence, is_open=finding.level == "warned")
    if finding.remedies:
        yield Remedies(finding.remedies)
