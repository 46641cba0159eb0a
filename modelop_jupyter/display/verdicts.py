"""The view of verdicts: passed or failed in one line, and a row for each rule."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Note, Span, Table
from modelop_jupyter.domain.results.verdicts import Verdict, overall


def verdicts(results: Sequence[Verdict]) -> list[Block]:
    """Show the verdicts; no blocks if there are none."""
    if not results:
        return []
    return [_line(results), _table(results)]


def _line(results: Sequence[Verdict]) -> Note:
    answer = overall(results)
    if answer is True:
        return Note(f"Verdict: passed, by {formatting.plural(len(results), 'rule')}.", "good")
    failed = sum(verdict.passed is False for verdict in results)
    undecided = sum(verdict.passed is None for verdict in results)
    parts = [f"failed by {failed} of {formatting.plural(len(results), 'rule')}"] if failed else []
    parts += [f"{formatting.plural(undecided, 'rule')} not decided"] if undecided else []
    return Note(f"Verdict: {', '.join(parts)}.", "bad" if answer is False else "warn")


def _table(results: Sequence[Verdict]) -> Table:
    spans = {
        True: Span("passed", "good"),
        False: Span("failed", "bad"),
        None: Span("not decided", "warn"),
    }
    has_category = any(verdict.category for verdict in results)
    return Table(
        headers=("verdict", "rule", "reason", *(["category"] if has_category else [])),
        rows=tuple(
            (
                spans[verdict.passed],
                f"{verdict.rule} ({verdict.source})"
                if verdict.source and verdict.source != verdict.rule
                else verdict.rule,
                verdict.reason,
                *([verdict.category] if has_category else []),
            )
            for verdict in results
        ),
        title="verdicts",
    )
