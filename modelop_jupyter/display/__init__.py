"""Values as MIME bundles: plain text for terminals, self-contained HTML for notebooks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelop_jupyter.display.blocks import Blocks, Note

__all__ = ["bundle", "describe", "text"]


def bundle(value: Any) -> dict[str, str]:
    """Return a value as ``text/plain`` and ``text/html``.

    Raises :class:`TypeError` for a value that nobody described.
    """
    from modelop_jupyter.display import html, plain

    blocks = describe(value)
    return {"text/plain": plain.page(blocks), "text/html": html.page(blocks)}


def text(value: Any, *, program: str = "%modelop") -> str:
    """Return a value as plain text; hints say what to type after ``program``."""
    from modelop_jupyter.display import plain

    return plain.page(
        [
            replace(block, text=block.text.replace("%modelop", program))
            if isinstance(block, Note)
            else block
            for block in describe(value)
        ]
    )


def describe(value: Any) -> Blocks:
    """Return the blocks that show a value."""
    from modelop_jupyter.display.views import describe

    return describe(value)
