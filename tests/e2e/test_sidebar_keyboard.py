"""The sidebar without a mouse: the quickstart's model from registration to charts (issue 6)."""

from __future__ import annotations

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .axe import serious_issues
from .conftest import QUICKSTART
from .lab import Lab, open_palette, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser


def walk(page: Page, to: Locator, *, key: str = "Tab") -> None:
    """Press a key until something has the focus, as a person does who looks where it goes."""
    expect(to).to_be_visible()
    for _ in range(80):
        page.keyboard.press(key)
        if to.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{to} cannot be reached with {key}")


def command(page: Page, name: str) -> None:
    """Choose a command of the palette by its name."""
    open_palette(page)
    page.keyboard.type(name)
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text(name)
    page.keyboard.press("Enter")


def focus(sidebar: Sidebar) -> None:
    """Press the keys of the sidebar, and wait until the focus has moved to its first button."""
    sidebar.lab.page.keyboard.press("Control+Shift+;")
    expect(sidebar.panel.get_by_role("button", name="Register notebook")).to_be_focused()


def run(sidebar: Sidebar, button: str, file: str) -> None:
    """Run a job of the model that is open over a file, and wait for its end."""
    page = sidebar.lab.page
    focus(sidebar)
    walk(page, sidebar.panel.get_by_role("button", name=button, exact=True))
    page.keyboard.press("Enter")
    walk(page, sidebar.dialog.get_by_role("button", name=file, exact=True))
    page.keyboard.press("Enter")
    expect(sidebar.dialog.locator(".jp-modelop-line")).to_contain_text(file)
    assert serious_issues(page, ".jp-Dialog") == []
    walk(page, sidebar.dialog.get_by_role("button", name="Run", exact=True))
    with sidebar.another_job():
        page.keyboard.press("Enter")
    sidebar.expect_end("Succeeded")


def test_the_quickstart_without_a_mouse(browser: Browser, lab: Lab) -> None:
    """Registered, run twice and read by keyboard alone; axe finds nothing serious on the way."""
    cells = nbformat.read(QUICKSTART, as_version=4).cells
    model = [each.source for each in cells if each.cell_type == "code"]
    own = [each for each in model if "modelop_jupyter" not in each and "%modelop" not in each]
    own = [each for each in own if "scores.json" not in each]
    with window(browser, lab) as lab_page:
        page, sidebar = lab_page.page, Sidebar(lab_page)
        lab_page.open(lab.write("breast-cancer.ipynb", *own))
        command(page, "Run All Cells")
        # The first import of scikit-learn takes a minute on a busy machine.
        last = lab_page.cells.last.locator(".jp-InputPrompt")
        expect(last).to_have_text(f"[{len(own)}]:")

        command(page, "Register this notebook as a model")
        name = sidebar.dialog.get_by_label("Name")
        expect(name).to_be_focused()
        for file in ("model.pkl", "requirements.txt", "baseline.csv"):
            proposed = sidebar.dialog.get_by_role("checkbox", name=file, exact=True)
            walk(page, proposed)
            expect(proposed).to_be_checked()
        assert serious_issues(page, ".jp-Dialog") == []
        walk(page, sidebar.dialog.get_by_role("button", name="Register", exact=True))
        page.keyboard.press("Enter")
        expect(sidebar.dialog).to_have_count(0)

        focus(sidebar)
        walk(page, sidebar.panel.get_by_role("button", name="breast-cancer", exact=True))
        page.keyboard.press("Enter")
        run(sidebar, "Run batch", "tumours.json")
        expect(sidebar.job.get_by_role("table")).to_contain_text("benign")
        for tab in ("Errors", "Log", "JSON", "Output"):
            walk(page, sidebar.job.get_by_role("tab", selected=True))
            page.keyboard.press("ArrowRight")
            expect(sidebar.job.get_by_role("tab", name=tab)).to_be_focused()
            assert serious_issues(page, ".jp-modelop-jobPanel:not(.lm-mod-hidden *)") == []
        run(sidebar, "Run metrics", "scored.csv")
        expect(sidebar.job.get_by_role("tabpanel")).to_contain_text("accuracy")
        expect(sidebar.job.get_by_role("figure").locator("canvas, svg").first).to_be_visible()
        lab_page.picture("sidebar-keyboard")
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            lab_page.use_theme(theme)
            assert serious_issues(page, "#modelop-jupyter-sidebar") == []
            assert serious_issues(page, ".jp-modelop-jobPanel:not(.lm-mod-hidden *)") == []
        assert lab_page.console_errors == []
