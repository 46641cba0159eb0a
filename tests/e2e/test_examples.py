"""The examples as a new user finds them: in the launcher, the palette, the sidebar and a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

from .axe import serious_issues
from .lab import Lab, LabPage, open_palette, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

EXAMPLES = ("Regression", "Classification", "Faults to find")


@pytest.fixture
def page(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """A window with nothing but the launcher."""
    with window(browser, lab) as page:
        page.page.goto(f"{lab.url}/lab/workspaces/{page.workspace}?token={lab.token}&reset")
        expect(card(page, EXAMPLES[-1])).to_be_visible()
        yield page


def card(page: LabPage, title: str) -> Locator:
    """The launcher's card of an example."""
    return page.page.locator(".jp-LauncherCard", has_text=f"Example: {title}")


def expect_notebook(page: LabPage, text: str) -> None:
    """Wait for a notebook of ten cells, with a kernel."""
    expect(page.notebook.locator(".jp-Cell")).to_have_count(10)
    expect(page.notebook.locator("h1")).to_contain_text(text)
    expect(page.kernel_status).to_contain_text("| Idle")


def test_a_card_opens_a_notebook_that_runs(page: LabPage) -> None:
    """One click, then Run All Cells: both jobs succeed, and the result is there."""
    expect(page.page.locator(".jp-Launcher-section", has_text="ModelOp")).to_be_visible()
    page.picture("examples-launcher")
    page.use_theme("JupyterLab Dark")
    page.picture("examples-launcher-dark")
    page.use_theme("JupyterLab Light")
    card(page, "Classification").click()
    expect_notebook(page, "Classification")
    # The notebook has taken the launcher's place, and has asked for no kernel.
    expect(page.page.locator(".jp-Launcher:visible")).to_have_count(0)
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)
    page.run_all()

    expect(page.output(page.cell("%modelop batch"))).to_contain_text("Succeeded")
    expect(page.output(page.cell("%modelop metrics"))).to_contain_text("accuracy is 0.97")
    expect(page.output(page.cells.last).locator("table")).to_be_visible()
    page.picture("examples-classification")
    assert page.console_errors == []


def test_the_cards_leave_nobody_out(page: LabPage) -> None:
    """By the rules of axe, in both themes; other cards of the launcher are JupyterLab's own."""
    cards = ".jp-LauncherCard[data-category=ModelOp]"
    expect(page.page.locator(cards, has_text="Example:")).to_have_count(len(EXAMPLES))
    found = []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.use_theme(theme)
        found += serious_issues(page.page, cards)

    assert found == []


def test_the_palette_asks_which_example(page: LabPage) -> None:
    """By keyboard alone; nothing is overwritten when it is opened twice."""
    for _ in range(2):
        open_palette(page.page)
        search = page.page.locator(".lm-CommandPalette-input")
        search.fill("open an example")
        expect(page.page.locator(".lm-CommandPalette-item")).to_have_count(1)
        search.press("Enter")
        dialog = page.page.locator(".jp-Dialog")
        expect(dialog.locator("strong")).to_have_text(EXAMPLES)
        expect(dialog.get_by_label("Regression")).to_be_focused()
        page.picture("examples-palette", of=dialog.locator(".jp-Dialog-content"))
        assert serious_issues(page.page, ".jp-Dialog") == []
        page.page.keyboard.press("ArrowUp")
        expect(dialog.get_by_label("Faults to find")).to_be_checked()
        page.page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect_notebook(page, "Faults to find and mend")

    assert len(list(page.lab.notebooks.glob("example-faults*"))) == 1


def test_an_empty_sidebar_shows_a_tag_and_the_examples(page: LabPage) -> None:
    """What to write, and what to open, before there is a model."""
    with Workspace(
        Settings(page.lab.home, f"sqlite:///{page.lab.home / 'registry.db'}")
    ) as workspace:
        for model in workspace.models():
            workspace.remove(model.name)
    sidebar = Sidebar(page)
    sidebar.show()
    models = sidebar.panel.locator(".jp-modelop-empty").first
    expect(models.locator("pre")).to_contain_text(re.compile(r"^# modelop\.score\ndef score"))
    page.picture("examples-sidebar", of=sidebar.panel)
    assert serious_issues(page.page, "#modelop-jupyter-sidebar") == []
    models.get_by_role("button", name="Regression", exact=True).click()

    expect_notebook(page, "Regression")


def test_a_link_of_the_magic_opens_the_notebook(page: LabPage) -> None:
    """The output of a cell leads there with a click."""
    page.open(page.lab.write("start.ipynb", "%load_ext modelop_jupyter\n%modelop example faults"))
    page.run(page.cells.first)
    link = page.output(page.cells.first).get_by_role("link", name="faults.ipynb")
    page.picture("examples-magic", of=page.output(page.cells.first))
    # Before JupyterLab has resolved it, a click would leave the page.
    expect(link).to_have_attribute("href", re.compile("/files/"))
    link.click()

    expect_notebook(page, "Faults to find and mend")
