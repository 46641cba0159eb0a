"""Views of ``export`` and ``import``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting, models
from modelop_jupyter.display.blocks import Block, Blocks, Cell, Facts, Heading, Note, Span, code

if TYPE_CHECKING:
    from modelop_jupyter.domain.exchange import Exported, Imported
    from modelop_jupyter.domain.verification import Verification

_SHORT = len("sha256:") + 12


def exported(value: Exported) -> Blocks:
    """Show what was written, where, and the notes for its reader."""
    badge = Span("already there", "muted") if value.was_there else Span("written", "good")
    facts: list[tuple[str, Cell]] = [
        ("format", value.format),
        ("holds", f"{formatting.number(value.files)} files, {formatting.size(value.size)}"),
        ("content", code(value.digest[:_SHORT])),
    ]
    if value.lock is not None:
        facts.append(("lock", code(value.lock[:_SHORT])))
    blocks: list[Block] = [Heading(value.ref, badge, value.path), Facts(tuple(facts))]
    blocks.extend(Note(_sentence(warning), "warn") for warning in value.warnings)
    blocks.extend(Note(_sentence(note)) for note in value.notes)
    if value.format == "modelop":
        blocks.append(
            Note("'%modelop import' registers it on another machine, as the same snapshot.")
        )
    return blocks


def imported(value: Imported) -> Blocks:
    """Show the model as after a registration, and its snapshot."""
    first, facts, *rest = models.registration(value.registration)
    assert isinstance(facts, Facts)
    how = "new" if value.is_new else "already known"
    return [first, Facts((("snapshot", f"{value.snapshot.ref}, {how}"), *facts.rows)), *rest]


def verification(value: Verification) -> Blocks:
    """Show whether this machine gives the same as the exporting one, and the first record that differs."""
    found = value.difference
    blocks: list[Block] = []
    if found is None:
        badge = Span("the same here", "good")
    else:
        badge = Span("not the same here", "bad")
        rows: tuple[tuple[str, Cell], ...] = (
            ("record", code(found.record)),
            ("expected", code(found.expected)),
            ("here", code(found.here)),
        )
        blocks = [Facts(rows), Note("This is the first that differs; no input was scored.")]
    records = formatting.plural(value.records, "record")
    return [Heading(f"verification of {value.ref}", badge, f"{records} of {value.sample}"), *blocks]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
