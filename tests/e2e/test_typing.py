"""What the notebook answers while a user types, and when she mistypes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab import Lab, LabPage, window

pytestmark = pytest.mark.browser

LOAD = "%load_ext modelop_jupyter"
TYPED = {
    "%modelop ": "register",
    "%modelop re": "requirements",
    "%modelop batch x --max": "--max-errors",
    "%modelop asset ": "role",
    "%modelop register x --asset many.json=Req": "REQUIRED_LIBRARIES",
    "%modelop batch x ma": "many.json",
    "%%modelop ": "model",
}
MISTAKES = {
    "%modelop regster x": "Did you mean 'register'",
    "%modelop batch x y --max-error 3": "--max-errors",
    "%modelop show nobody": "no model named 'nobody'",
    "%modelop register 'my model'": "Try 'my-model'",
    "%modelop batch": "NAME",
    "%modelop job show 123": "123",
}


@pytest.fixture(scope="module")
def typing(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """A notebook with the extension loaded, an empty cell for each line to type, and the mistakes."""
    (lab.notebooks / "many.json").write_text('{"n": 1}\n')
    cells = [LOAD, *("" for _ in TYPED), *MISTAKES]
    with window(browser, lab) as page:
        page.open(lab.write("typing.ipynb", *cells))
        page.run(page.cells.first)
        yield page


@pytest.mark.parametrize("typed", TYPED)
def test_tab_offers_what_can_follow(typing: LabPage, typed: str) -> None:
    """Tab completes verbs, options, roles and files, in line and cell magics."""
    cell = typing.cells.nth(1 + list(TYPED).index(typed))
    typing.type_into(cell, typed)
    # Before the cell has a completer Tab would indent it.
    expect(cell.locator(".jp-mod-completer-enabled")).to_have_count(1)
    typing.page.keyboard.press("Tab")
    # A single candidate is typed out at once, several are listed.
    shown = typing.page.locator(".jp-Completer code").or_(cell.locator(".cm-content"))
    offered = re.compile(rf"(?<![\w-]){TYPED[typed]}(?![\w-])")

    expect(shown.filter(has_text=offered).first).to_be_visible()
    typing.page.keyboard.press("Escape")


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_gets_one_line(typing: LabPage, line: str) -> None:
    """A wrong line is answered by one UsageError, without a traceback."""
    cell = typing.cells.nth(1 + len(TYPED) + list(MISTAKES).index(line))
    typing.run(cell)
    output = typing.output(cell)

    expect(output).to_contain_text(re.compile("^UsageError: .*" + re.escape(MISTAKES[line])))
    expect(output).not_to_contain_text("Traceback")
