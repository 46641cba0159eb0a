"""Show values: plain text for terminals, self-contained HTML for notebooks, as MIME bundles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Chart,
    Heading,
    Note,
    Remedies,
    ReportButton,
)

__all__ = ["bundle", "describe", "text"]


def bundle(value: Any, *, width: int | None = None) -> dict[str, Any]:
    """Return a value as a MIME bundle: ``text/plain``, ``text/html`` and its charts as Vega-Lite.

    The text is fitted to a terminal's ``width`` if there is one.

    JupyterLab prefers the HTML, which contains the charts as SVG. Raises :class:`TypeError` for a type
    without a view.
    """
    from modelop_jupyter.display import html, plain_text

    blocks = describe(value)
    return {
        "text/plain": plain_text.page(blocks, width=width),
        "text/html": html.page(blocks),
        **_charts(blocks),
    }


def _charts(blocks: Blocks) -> dict[str, Any]:
    """Return all charts as one Vega-Lite specification, with the title and the warnings of the view."""
    charts = [block for block in blocks if isinstance(block, Chart)]
    if not charts:
        return {}
    from modelop_jupyter.display.charts import VEGA_LITE, together

    heading = next((block for block in blocks if isinstance(block, Heading)), None)
    badge = f"  {heading.badge.text}" if heading and heading.badge else ""
    title = heading.title + badge if heading else ""
    notes = [block.text for block in blocks if isinstance(block, Note) and block.tone == "bad"]
    return {VEGA_LITE: together(charts, title=title, below=notes)}


def text(value: Any, *, program: str = "%modelop", width: int | None = None) -> str:
    """Return a value as plain text, fitted to a terminal's ``width`` if there is one.

    ``program`` (``%modelop`` or ``modelop``) begins the command lines in hints.
    """
    from modelop_jupyter.display import plain_text

    return plain_text.page([_typed(block, program) for block in describe(value)], width=width)


def _typed(block: Block, program: str) -> Block:
    """Return a block whose command lines begin with the name of the program."""
    if isinstance(block, Note):
        return replace(block, text=block.text.replace("%modelop", program))
    return replace(block, program=program) if isinstance(block, (Remedies, ReportButton)) else block


def describe(value: Any) -> Blocks:
    """Return the blocks that show a value."""
    from modelop_jupyter.display.views import describe

    return describe(value)
