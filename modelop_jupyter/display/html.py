"""Render blocks as self-contained HTML: no script, all styles under one class.

Colours are JupyterLab's CSS variables, so that a view follows the theme; elsewhere (VS Code,
nbviewer) text inherits its colour. Everything that a user or a model wrote is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import (
    MAX_ROWS,
    Block,
    Blocks,
    Cell,
    Chart,
    Facts,
    Figures,
    Heading,
    Note,
    Remedies,
    ReportButton,
    Span,
    Table,
    Text,
    Tree,
    plain,
)
from modelop_jupyter.display.charts import figure, numbers_of
from modelop_jupyter.display.style import STYLE
from modelop_jupyter.remedies import Remedy, command_line

_MAX_DEPTH = 8
_SHORT = 24
# The command of the JupyterLab extension; its style sheet shows the button.
_COPY_REPORT = "modelop-jupyter:copy-report"
_LINKED = ("http://", "https://")
_SIGNS = {"+": "good", "-": "bad", "@": "muted"}


def page(blocks: Blocks) -> str:
    """Return the HTML of some blocks."""
    body = "".join(_block(block) for block in blocks)
    return f'<div class="modelop-view"><style>{STYLE}</style>{body}</div>'


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        badge = f" {_span(block.badge, 'mo-badge')}" if block.badge else ""
        detail = f' <span class="mo-detail">{escape(block.detail)}</span>' if block.detail else ""
        return f'<div class="mo-head"><strong>{escape(block.title)}</strong>{badge}{detail}</div>'
    if isinstance(block, Facts):
        rows = "".join(
            f'<tr><th scope="row">{escape(label)}</th><td>{_cell(cell)}</td></tr>'
            for label, cell in block.rows
        )
        return f'<table class="mo-facts"><tbody>{rows}</tbody></table>' if rows else ""
    if isinstance(block, Table):
        return _folded(block) if block.is_folded else _table(block)
    if isinstance(block, Figures):
        return _figures(block)
    if isinstance(block, Chart):
        return _chart(block)
    if isinstance(block, Tree):
        return f'<div class="mo-title">{escape(block.title)}</div><div class="mo-scroll" tabindex="0">{_tree(block.value, 0)}</div>'
    if isinstance(block, Text):
        return _text(block)
    if isinstance(block, Note):
        role = ' role="alert"' if block.tone == "bad" else ""
        return f'<div class="mo-note mo-{block.tone}"{role}>{escape(block.text)}</div>'
    if isinstance(block, ReportButton):
        return _report_button(block)
    if isinstance(block, Remedies):
        return "".join(_remedy(remedy, block.program) for remedy in block.remedies)
    percent = f"{100 * block.fraction:.1f}"
    return (
        f'<div class="mo-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}"><div style="width:{percent}%"></div></div>'
    )


def _report_button(block: ReportButton) -> str:
    """Return a button of JupyterLab's commands, which the extension's style sheet shows, and the line."""
    args = escape(json.dumps({"job": block.job}))
    return (
        '<div class="mo-report"><button type="button" class="mo-copy"'
        f' data-commandlinker-command="{_COPY_REPORT}" data-commandlinker-args="{args}">'
        f'Copy report</button><span class="mo-muted">Report for a ticket: '
        f"<code>{escape(block.line)}</code></span></div>"
    )


def _remedy(remedy: Remedy, program: str) -> str:
    lines = "\n".join(command_line(command, program) for command in remedy.commands)
    text = f'<div class="mo-title">{escape(remedy.text)}</div>'
    return f'<div class="mo-remedy">{text}<pre tabindex="0">{escape(lines)}</pre></div>'


def _chart(chart: Chart) -> str:
    table = _folded(replace(numbers_of(chart), title="numbers"))
    return f'<div class="mo-charted">{figure(chart)}{table}</div>'


def _folded(table: Table) -> str:
    inner = _table(replace(table, title=""))
    return f'<details class="mo-more"><summary>{escape(table.title)}</summary>{inner}</details>'


def _figures(block: Figures) -> str:
    tiles = "".join(
        f'<div><span class="mo-detail">{escape(label)}</span> <strong>{_cell(cell)}</strong></div>'
        for label, cell in block.rows
    )
    title = f'<div class="mo-title">{escape(block.title)}</div>' if block.title else ""
    return f'{title}<div class="mo-figures">{tiles}</div>'


def _text(block: Text) -> str:
    body = _diff(block.text) if block.is_diff else escape(block.text)
    # A long line is scrolled by the keyboard, too.
    text = f'<pre tabindex="0">{body}</pre>'
    if not block.title:
        return text
    is_open = " open" if block.is_open else ""
    return f"<details{is_open}><summary>{escape(block.title)}</summary>{text}</details>"


def _diff(text: str) -> str:
    """Colour a unified diff; the signs at the line starts say the same without colours."""
    lines = []
    for number, line in enumerate(text.split("\n")):
        tone = _SIGNS.get(line[:1]) if number > 1 else "muted"
        lines.append(f'<span class="mo-{tone}">{escape(line)}</span>' if tone else escape(line))
    return "\n".join(lines)


def _table(table: Table) -> str:
    title = f'<div class="mo-title">{escape(table.title)}</div>' if table.title else ""
    head = "".join(
        f'<th scope="col"{_numeric(table, index)}>{escape(header)}</th>'
        for index, header in enumerate(table.headers)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_numeric(table, index) or _short(cell)}>{_cell(cell)}</td>"
            for index, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.shown
    )
    more = (table.total or len(table.rows)) - len(table.shown)
    rest = f'<div class="mo-detail">… and {formatting.number(more)} more</div>' if more > 0 else ""
    return (
        f'{title}<div class="mo-scroll" tabindex="0"><table class="mo-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{rest}"
    )


def _numeric(table: Table, index: int) -> str:
    return ' class="mo-num"' if index in table.numeric else ""


def _short(cell: Cell) -> str:
    """Keep a short text on one line: a table that is too wide can be scrolled."""
    return ' class="mo-short"' if len(plain(cell)) <= _SHORT else ""


def _cell(cell: Cell) -> str:
    return escape(cell) if isinstance(cell, str) else _span(cell)


def _is_linked(address: str) -> bool:
    """Say whether a link can do no harm: an address of the web, or a path on the page's own server."""
    is_path = address.startswith("/") and address[1:2] not in ("/", "\\")
    return is_path or address.startswith(_LINKED)


def _span(span: Span, name: str = "") -> str:
    if span.address is not None and _is_linked(span.address):
        address = escape(span.address, quote=True)
        return f'<a href="{address}" target="_blank" rel="noopener">{escape(span.text)}</a>'
    if span.file is not None and not PurePath(span.file).is_absolute():
        return f'<a href="{quote(span.file)}">{escape(span.text)}</a>'
    if span.is_code:
        return f"<code>{escape(span.text)}</code>"
    classes = " ".join(filter(None, (name, f"mo-{span.tone}" if span.tone != "plain" else "")))
    return f'<span class="{classes}">{escape(span.text)}</span>' if classes else escape(span.text)


def _tree(value: Any, depth: int) -> str:
    if depth < _MAX_DEPTH:
        if isinstance(value, Mapping) and value:
            return _pairs(((str(key), item) for key, item in value.items()), len(value), depth)
        if isinstance(value, list) and value:
            if all(isinstance(item, Mapping) and item for item in value):
                return _records(value, depth)
            if any(isinstance(item, (Mapping, list)) for item in value):
                return _pairs(((str(i), item) for i, item in enumerate(value)), len(value), depth)
    return f'<span class="mo-value">{escape(formatting.value(value))}</span>'


def _pairs(pairs: Iterator[tuple[str, Any]], count: int, depth: int) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(key)}</th><td>{_tree(item, depth + 1)}</td></tr>'
        for _, (key, item) in zip(range(MAX_ROWS), pairs, strict=False)
    )
    return f'<table class="mo-tree"><tbody>{rows}{_rest(count, 2)}</tbody></table>'


def _records(records: list[Mapping[str, Any]], depth: int) -> str:
    keys = list(dict.fromkeys(key for record in records[:MAX_ROWS] for key in record))
    head = "".join(f'<th scope="col">{escape(str(key))}</th>' for key in keys)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{_tree(record[key], depth + 1) if key in record else ''}</td>" for key in keys
        )
        + "</tr>"
        for record in records[:MAX_ROWS]
    )
    return (
        f'<table class="mo-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}{_rest(len(records), len(keys))}</tbody></table>"
    )


def _rest(count: int, columns: int) -> str:
    if count <= MAX_ROWS:
        return ""
    more = formatting.number(count - MAX_ROWS)
    return f'<tr><td colspan="{columns}" class="mo-detail">… and {more} more</td></tr>'
