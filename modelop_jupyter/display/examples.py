"""Views of the example notebooks."""

from __future__ import annotations

import shlex
from pathlib import Path

from modelop_jupyter.display.blocks import Blocks, Facts, Heading, Note, Span, Table, code
from modelop_jupyter.domain.examples import ExampleCopy, ExampleList


def listing(value: ExampleList) -> Blocks:
    """Show the examples, and how to get one."""
    first = value.examples[0].name
    return [
        Table(
            headers=("example", "what it shows"),
            rows=tuple((code(example.name), example.summary) for example in value.examples),
            title="examples",
            is_whole=True,
        ),
        Note(f"'%modelop example {first}' writes the first one into a new folder here."),
    ]


def copy(value: ExampleCopy) -> Blocks:
    """Show where an example's notebook is, with a link that opens it in JupyterLab."""
    path = Path(value.path).as_posix()
    badge = Span("written", "good") if value.is_new else Span("already there", "muted")
    return [
        Heading(value.example.title, badge, value.example.summary),
        Facts(
            (
                ("notebook", Span(path, file=path)),
                ("in a terminal", code(f"jupyter lab {shlex.quote(path)}")),
            )
        ),
        Note(
            "Open it, and choose 'Run All Cells' of the menu 'Run', or run one cell after another."
        ),
    ]
