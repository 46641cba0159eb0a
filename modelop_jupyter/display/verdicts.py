"""Verdicts: passed or failed in one line, and a row for each rule."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Note, Span, Table
from modelop_jupyter.domain.verdicts import Verdict, overall


def verdicts(found: Sequence[Verdict]) -> list[Block]:
    """Show what the rules say; nothing where there are none."""
    if not found:
        return []
    return [_line(found), _table(found)]


def _line(found: Sequence[Verdict]) -> Note:
    answer = overall(found)
    if answer is True:
        return Note(f"Verdict: passed, by {words.plural(len(found), 'rule')}.", "good")
    failed = sum(each.passed is False for each in found)
    undecided = sum(each.passed is None for each in found)
    parts = [f"failed by {failed} of {words.plural(len(found), 'rule')}"] if failed else []
    parts += [f"{words.plural(undecided, 'rule')} not decided"] if undecided else []
    return Note(f"Verdict: {', '.join(parts)}.", "bad" if answer is False else "warn")


def _table(found: Sequence[Verdict]) -> Table:
    spans = {
        True: Span("passed", "good"),
        False: Span("failed", "bad"),
        None: Span("not decided", "warn"),
    }
    has_category = any(each.category for each in found)
    return Table(
        headers=("verdict", "rule", "reason", *(["category"] if has_category else [])),
        rows=tuple(
            (
                spans[each.passed],
                f"{each.rule} ({each.source})"
                if each.source and each.source != each.rule
                else each.rule,
                each.reason,
                *([each.category] if has_category else []),
            )
            for each in found
        ),
        title="verdicts",
    )
