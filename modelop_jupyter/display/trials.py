"""The card of a trial before a big run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Facts,
    Heading,
    Note,
    Span,
    Table,
    code,
)

if TYPE_CHECKING:
    from modelop_jupyter.domain.trials import EngineEstimate, Trial

_QUICK_SECONDS = 0.0005
_MANY_RECORDS = 1500


def trial(value: Trial) -> Blocks:
    """Show what a trial has shown, the estimates, and the lines that go on."""
    where = "spread over the input" if value.is_spread else "the first ones of the input"
    bad = sum(value.bad.values())
    badge = Span(f"{formatting.number(bad)} bad", "warn") if bad else Span("all good", "good")
    records = formatting.plural(value.records, "record")
    return [
        Heading(f"trial of {value.model}", badge, f"{records}, {where}; job {value.job[:8]}"),
        _facts(value),
        Table(
            headers=("engine", "runners", "all records", "same bytes"),
            rows=tuple(
                (one.engine, str(one.runners or ""), _estimate(one), _same(one))
                for one in value.engines
            ),
            numeric=frozenset({1}),
        ),
        *_commands(value),
        *_notes(value),
    ]


def _facts(value: Trial) -> Facts:
    facts: list[tuple[str, Cell]] = [
        ("per record", formatting.short_time(value.record_seconds)),
        ("until the first", formatting.duration(value.start_seconds)),
    ]
    if value.memory is not None:
        facts.append(("memory of a runner", formatting.size(value.memory)))
    if value.total is not None:
        facts.append(("records in all", f"about {formatting.rounded(value.total)}"))
    for kind, count in value.bad.items():
        share = 100 * count / max(1, value.records)
        facts.append((kind, Span(f"{formatting.number(count)} ({share:.1f} %)", "warn")))
    return Facts(tuple(facts))


def _commands(value: Trial) -> Iterator[Block]:
    """Yield the lines that go on with all records."""
    commands = [one.command for one in value.engines if one.command]
    if commands:
        yield Facts(tuple(("run all" if n == 0 else "", code(c)) for n, c in enumerate(commands)))


def _notes(value: Trial) -> Iterator[Block]:
    if value.record_seconds < _QUICK_SECONDS and value.records < _MANY_RECORDS:
        text = (
            "A job is slower at its beginning: with such quick records, '--try 5000' gives a better"
            " estimate."
        )
        yield Note(text)
    if any(one.is_same is False for one in value.engines):
        text = (
            "An engine's output differs from this machine's: compare the two jobs before a big run."
        )
        yield Note(text, "bad")


def _estimate(value: EngineEstimate) -> Cell:
    if value.error:
        return Span(value.error, "bad")
    return "not known" if value.seconds is None else f"about {formatting.duration(value.seconds)}"


def _same(value: EngineEstimate) -> Cell:
    if value.is_same is None:
        return ""
    nodes = f", {formatting.plural(value.nodes, 'node')}" if value.nodes else ""
    return Span(f"yes{nodes}", "good") if value.is_same else Span("no", "bad")
