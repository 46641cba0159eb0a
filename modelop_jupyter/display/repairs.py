"""The view of ``repair``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting, kernels
from modelop_jupyter.display.blocks import Block, Blocks, Facts, Heading, Note, Span, Table, code

if TYPE_CHECKING:
    from modelop_jupyter.domain.repairs import Repair, Sharing

_SHORT = len("sha256:") + 12


def repair(value: Repair) -> Blocks:
    """Show what was restored, what could not be, and which content is missing."""
    taken = len(value.models) + len(value.snapshots) + len(value.jobs)
    badge = Span("repaired", "good") if taken else Span("nothing to restore", "muted")
    blocks: list[Block] = [
        Heading("repair", badge),
        Facts(
            (
                ("models", _listed(value.models)),
                ("snapshots", _listed(value.snapshots)),
                ("jobs", formatting.number(len(value.jobs))),
            )
        ),
    ]
    if value.left_out:
        rows = tuple((code(item.name), item.reason) for item in value.left_out)
        blocks.append(Table(("job folder", "why"), rows, title="Could not be restored"))
    if value.missing:
        gone = tuple((item.owner, item.path, code(item.digest[:_SHORT])) for item in value.missing)
        blocks.append(Table(("of", "file", "content"), gone, title="Content that is missing"))
        blocks.append(Note("Register the model again, with these files, to restore them.", "warn"))
    if value.sharing:
        blocks += _sharing(value.sharing)
    blocks += kernels.gone(value.kernels)
    if value.unclaimed:
        blocks.append(
            Note(
                f"Stored files that belong to no model or snapshot on the list: {value.unclaimed}."
                " Their names are not known."
            )
        )
    return blocks


def _sharing(value: Sharing) -> Blocks:
    blocks: list[Block] = []
    if value.elsewhere:
        rows = tuple((item.owner, item.path, item.place) for item in value.elsewhere)
        blocks.append(Table(("of", "file", "where"), rows, title="Not in this home"))
    if value.blobs or value.jobs:
        blocks.append(
            Note(
                f"Shared with other homes now: {formatting.plural(value.blobs, 'file')},"
                f" and what {formatting.plural(len(value.jobs), 'job')} left."
            )
        )
    return blocks


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
