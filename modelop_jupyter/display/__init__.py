"""Values as MIME bundles: plain text for terminals, self-contained HTML for notebooks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelop_jupyter.display.blocks import Blocks, Chart, Heading, Note

__all__ = ["bundle", "describe", "text"]


def bundle(value: Any) -> dict[str, Any]:
    """Return a value as ``text/plain`` and ``text/html``, and its charts as Vega-Lite, too.

    The HTML draws the charts itself, and is what JupyterLab prefers. Raises :class:`TypeError` for a value that nobody described.
    """
    from modelop_jupyter.display import html, plain

    blocks = describe(value)
    return {"text/plain": plain.page(blocks), "text/html": html.page(blocks), **_charts(blocks)}


def _charts(blocks: Blocks) -> dict[str, Any]:
    """Return the charts as one specification, with what a reader of it alone would miss."""
    charts = [block for block in blocks if isinstance(block, Chart)]
    if not charts:
        return {}
    from modelop_jupyter.display.drawing import VEGA_LITE, together

    heading = next((block for block in blocks if isinstance(block, Heading)), None)
    badge = f"  {heading.badge.text}" if heading and heading.badge else ""
    title = heading.title + badge if heading else ""
    notes = [block.text for block in blocks if isinstance(block, Note) and block.tone == "bad"]
    return {VEGA_LITE: together(charts, title=title, below=notes)}


def text(value: Any, *, program: str = "%modelop", width: int | None = None) -> str:
    """Return a value as plain text that fits a terminal's ``width``, if there is one.

    Hints say what to type after ``program``.
    """
    from modelop_jupyter.display import plain

    return plain.page(
        [
            replace(block, text=block.text.replace("%modelop", program))
            if isinstance(block, Note)
            else block
            for block in describe(value)
        ],
        width=width,
    )


def describe(value: Any) -> Blocks:
    """Return the blocks that show a value."""
    from modelop_jupyter.display.views import describe

    return describe(value)
