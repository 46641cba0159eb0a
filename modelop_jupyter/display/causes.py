"""The view of why two jobs differ."""

from __future__ import annotations

from collections.abc import Iterator

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Blocks, Heading, Note, Table, code
from modelop_jupyter.domain.results.causes import Cause, Causes

_MOST_METRICS = 5


def causes(value: Causes) -> Blocks:
    """Show each group of changes that moves the result, and then those that move nothing."""
    first, other = value.jobs
    what = f"the first {value.sample} records" if value.sample else "the whole dataset"
    detail = (
        f"{formatting.plural(value.runs, 'run')} with {what}, {formatting.duration(value.seconds)}"
    )
    return [
        Heading(f"why {other.short_id} differs from {first.short_id}", None, detail),
        Table(
            headers=("change", "moves"),
            rows=tuple((code("; ".join(one.changes)), _effect(one)) for one in value.causes),
            is_whole=True,
        ),
        *_sentences(value),
    ]


def _sentences(value: Causes) -> Iterator[Block]:
    for cause in value.causes:
        alone = "alone moves" if len(cause.changes) == 1 else "together move"
        yield Note(f"{' and '.join(cause.changes)} {alone} {_effect(cause)}.", "bad")
    if value.others:
        yield Note(f"Everything else moves nothing: {'; '.join(value.others)}.", "good")


def _effect(cause: Cause) -> str:
    if not cause.moved:
        return f"the answer to {formatting.plural(cause.records, 'record')}"
    # What moves most, by its own size, comes first.
    largest = sorted(cause.moved.items(), key=lambda item: -abs(item[1]))
    shown = [f"{name} by {change:+.4g}" for name, change in largest[:_MOST_METRICS]]
    rest = len(largest) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
