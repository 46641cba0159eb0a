"""Two snapshots side by side."""

from __future__ import annotations

from modelop_jupyter.display.blocks import Block, Blocks, Heading, Note, Text
from modelop_jupyter.display.comparisons import aspects, changes, packages
from modelop_jupyter.domain.model_diffs import ModelDiff


def model_diff(value: ModelDiff) -> Blocks:
    """Show in one sentence what differs, then each of it; of equal ones the sentence alone."""
    names = [value.before, value.after]
    blocks: list[Block] = [
        Heading(f"{value.before} and {value.after}"),
        Note(value.sentence, "plain"),
    ]
    if value.is_equal:
        return blocks
    blocks.append(aspects(value.aspects, names, "what they are made of"))
    blocks.extend(changes(value.changes))
    blocks.extend(packages(value.packages, *names))
    blocks.extend(
        Text(each.path, each.text, is_open=True, is_diff=True) for each in value.assets if each.text
    )
    return blocks
