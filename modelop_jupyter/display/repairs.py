"""What a repair of the home took up again."""

from __future__ import annotations

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Blocks, Facts, Heading, Note, Span, Table, code
from modelop_jupyter.domain.repairs import Repair

_SHORT = len("sha256:") + 12


def repair(value: Repair) -> Blocks:
    """Show what is on the list again, what could not be taken up, and what content is missing."""
    taken = len(value.models) + len(value.snapshots) + len(value.jobs)
    badge = Span("repaired", "good") if taken else Span("nothing to take up", "muted")
    blocks: list[Block] = [
        Heading("repair", badge),
        Facts(
            (
                ("models", _listed(value.models)),
                ("snapshots", _listed(value.snapshots)),
                ("jobs", words.number(len(value.jobs))),
            )
        ),
    ]
    if value.left_out:
        rows = tuple((code(each.name), each.reason) for each in value.left_out)
        blocks.append(Table(("job folder", "why"), rows, title="Could not be taken up"))
    if value.missing:
        gone = tuple((each.owner, each.path, code(each.digest[:_SHORT])) for each in value.missing)
        blocks.append(Table(("of", "file", "content"), gone, title="Content that is missing"))
        blocks.append(
            Note("Register the model again, with these files, to have them back.", "warn")
        )
    if value.unclaimed:
        blocks.append(
            Note(
                f"Stored files that belong to no model or snapshot on the list: {value.unclaimed}."
                " Nothing tells what they were called."
            )
        )
    return blocks


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
