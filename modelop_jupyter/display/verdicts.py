"""Verdicts: passed or failed in one line, and a row for each rule."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Note, Span, Table
from modelop_jupyter.domain.verdicts import Verdict, all_passed


def verdicts(found: Sequence[Verdict]) -> list[Block]:
    """Show what the rules say; nothing where there are none."""
    if not found:
        return []
    return [_line(found), _table(found)]


def _line(found: Sequence[Verdict]) -> Note:
    if all_passed(found):
        return Note(f"Verdict: passed, by {words.plural(len(found), 'rule')}.", "good")
    failed = sum(each.passed is False for each in found)
    unknown = sum(each.passed is None for each in found)
    parts = [f"failed by {failed} of {words.plural(len(found), 'rule')}"] if failed else []
    parts += [f"{words.plural(unknown, 'rule')} not applied"] if unknown else []
    return Note(f"Verdict: {', '.join(parts)}.", "bad")


def _table(found: Sequence[Verdict]) -> Table:
    spans = {
        True: Span("passed", "good"),
        False: Span("failed", "bad"),
        None: Span("not applied", "warn"),
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
