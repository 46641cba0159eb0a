"""The directive of the gallery: a metrics result as source, and as this package draws it."""

from __future__ import annotations

import ast
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from modelop_jupyter.display import html
from modelop_jupyter.display.metrics import views


class MetricsResultDirective(SphinxDirective):
    """Show a Python dictionary, and the views of a metrics function that returned it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the source, and the HTML that a notebook would show."""
        text = "\n".join(self.content)
        source = nodes.literal_block(text, text, language="python")
        blocks = [block for view in views(result_of(text)) for block in view.blocks]
        shown = nodes.raw("", f'<div class="mo-example">{html.page(blocks)}</div>', format="html")
        return [source, shown]


def result_of(text: str) -> Any:
    """Return what a literal means; a gallery needs no code."""
    return ast.literal_eval(text)
