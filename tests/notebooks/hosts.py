"""Saved notebooks as VS Code and Colab show their outputs: HTML without scripts, and their own styles.

Neither can be run here. What is repeated of them is what reaches an output: their colours, light and
dark, their rules for tables, and that nothing of JupyterLab is there: no variable, no script, no Vega.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.e2e.axe import serious_issues

PICTURES = Path(__file__).parents[2] / "test-artifacts"
_TABLES = """
table { border-collapse: collapse; border-spacing: 0; }
table, thead, tr, th, td, tbody { border: none; }
table, th, tr { text-align: right; vertical-align: middle; }
thead { background: rgba(130, 130, 130, 0.16); font-weight: bold; }
th, td { padding: 4px 8px; }
tr:nth-child(even) { background: rgba(130, 130, 130, 0.08); }
tbody th { font-weight: normal; }
"""
_VSCODE = """
html { --vscode-editor-background: %s; --vscode-foreground: %s; --vscode-textLink-foreground: %s; }
body { background: var(--vscode-editor-background); color: var(--vscode-foreground); }
body { font-family: system-ui, sans-serif; font-size: 13px; }
"""
_COLAB = """
html { --colab-primary-surface-color: %s; --colab-primary-text-color: %s; --colab-anchor-color: %s; }
body { background: var(--colab-primary-surface-color); color: var(--colab-primary-text-color); }
body { font-family: Roboto, sans-serif; font-size: 14px; line-height: 1.4; }
"""


@dataclass(frozen=True)
class Host:
    """A program that shows notebooks, with one of its themes."""

    name: str
    attributes: str
    style: str


HOSTS = (
    Host(
        "vscode-light",
        'class="vscode-light" data-vscode-theme-kind="vscode-light"',
        _VSCODE % ("#ffffff", "#3b3b3b", "#005fb8") + _TABLES,
    ),
    Host(
        "vscode-dark",
        'class="vscode-dark" data-vscode-theme-kind="vscode-dark"',
        _VSCODE % ("#1f1f1f", "#cccccc", "#4daafc") + _TABLES,
    ),
    Host("colab-light", "", _COLAB % ("#ffffff", "#1f1f1f", "#0b57d0")),
    Host("colab-dark", 'theme="dark"', _COLAB % ("#383838", "#e3e3e3", "#a8c7fa")),
)


@dataclass(frozen=True)
class Look:
    """What is wrong with the outputs of a notebook in a host, and what can be read there."""

    issues: list[str]
    overflow: int
    text: str
    pictures: int


def look(notebook: Any, host: Host, browser: Browser, *, name: str) -> Look:
    """Show the outputs of a notebook in a narrow window, and take a picture of it."""
    context = browser.new_context(viewport={"width": 700, "height": 900})
    page = context.new_page()
    page.set_content(_page(notebook, host))
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{host.name}-{name}.png", full_page=True)
    found = Look(
        serious_issues(page, "#outputs"),
        page.evaluate("document.documentElement.scrollWidth - window.innerWidth"),
        page.inner_text("body"),
        page.evaluate("[...document.images].filter(each => each.naturalWidth > 0).length"),
    )
    context.close()
    return found


def _page(notebook: Any, host: Host) -> str:
    shown = "\n".join(
        f"<div>{html}</div>"
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if (html := _html(output))
    )
    assert not re.search(r"<script|<iframe|\son\w+=|javascript:", shown)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html><html lang="en" {host.attributes}><meta charset="utf-8"><title>{host.name}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{host.style}</style><body {host.attributes}>"
        f'<main id="outputs">{shown}</main></body></html>'
    )


def _html(output: Any) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        html: str = data["text/html"]
        return html
    text = output.get("text") or data.get("text/plain")
    return f'<pre style="white-space: pre-wrap">{escape(text)}</pre>' if text else ""
