"""JupyterLab as a person uses it: open a notebook, run its cells, read what they show."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.waiting import PATIENCE

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
NUMBERED = re.compile(r"\[\d+\]:")
# jupyter_server lists a kernel before it has set its last activity, and fails with 500 meanwhile.
LIST_OF_KERNELS = re.compile(r"/api/kernels(\?|$)")


@dataclass(frozen=True)
class Lab:
    """A running server, the folder it shows, and the home of its kernels' registry."""

    url: str
    token: str
    notebooks: Path
    home: Path
    log: Path

    def add(self, notebook: Path) -> str:
        """Put a copy of a notebook with its pictures into the folder, and return its name."""
        shutil.copy(notebook, self.notebooks / notebook.name)
        pictures = self.notebooks / "docs"
        pictures.mkdir(exist_ok=True)
        for picture in (notebook.parents[1] / "docs").glob("*.png"):
            shutil.copy(picture, pictures)
        return notebook.name

    def write(self, name: str, *cells: str) -> str:
        """Make a notebook of code cells, and return its name."""
        notebook = nbformat.v4.new_notebook(
            metadata={
                "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"},
                "language_info": {"name": "python"},
            },
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        )
        nbformat.write(notebook, self.notebooks / name)
        return name


@dataclass
class LabPage:
    """One browser window on it."""

    page: Page
    lab: Lab
    # Two windows in one workspace would save their layouts over one another's.
    workspace: str = field(default_factory=lambda: f"window-{uuid4().hex[:8]}")
    console_errors: list[str] = field(default_factory=list)

    def open(self, notebook: str) -> None:
        """Open a notebook in an empty workspace and wait for its kernel."""
        place = f"lab/workspaces/{self.workspace}/tree/{notebook}"
        self.page.goto(f"{self.lab.url}/{place}?token={self.lab.token}&reset")
        # The notebook's own indicator says "idle" before there is a kernel; a command given then
        # brings up a dialog that asks for one.
        expect(self.kernel_status).to_contain_text("| Idle")
        expect(self.cells.first).to_be_visible()

    @property
    def notebook(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")

    @property
    def kernel_status(self) -> Locator:
        return self.page.locator("#jp-main-statusbar").get_by_text(" | ")

    @property
    def cells(self) -> Locator:
        """The code cells."""
        return self.notebook.locator(".jp-CodeCell")

    def cell(self, text: str) -> Locator:
        """The first code cell whose source holds a text."""
        source = self.page.locator(".jp-Cell-inputWrapper", has_text=text)
        return self.cells.filter(has=source).first

    def output(self, cell: Locator) -> Locator:
        return cell.locator(".jp-Cell-outputWrapper")

    def run_all(self) -> None:
        """Choose "Run All Cells" of the menu, and wait until the last one is done or one failed."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        done = self.cells.last.locator(".jp-InputPrompt", has_text=NUMBERED)
        failed = self.notebook.locator("[data-mime-type='application/vnd.jupyter.error']")
        expect(done.or_(failed).first).to_be_visible()

    def run(self, cell: Locator, *, wait: bool = True) -> None:
        """Click into a cell and press Shift+Enter; wait for the number of this execution."""
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content() or ""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        if wait:
            expect(prompt).not_to_have_text(before)
            expect(prompt).to_have_text(NUMBERED)

    def notification(self, text: str) -> Locator:
        """Open the list of notifications, which has those whose toasts have faded; returns one of it."""
        self.page.locator(".jp-Notification-Status").click()
        return self.page.locator(".jp-Notification-List-Item", has_text=text)

    def type_into(self, cell: Locator, text: str) -> None:
        """Put the cursor into an empty cell and type."""
        cell.locator(".cm-content").click()
        self.page.keyboard.type(text)

    def save(self, notebook: str) -> None:
        """Press Ctrl+S and wait until the server has the notebook.

        A cell that still prints makes it dirty again at once: its tab says nothing about this.
        """
        with self.page.expect_response(
            lambda each: each.request.method == "PUT" and notebook in each.url
        ):
            self.page.keyboard.press("Control+s")

    def reload(self, *, holding: str) -> None:
        """Reload the page once JupyterLab, which waits a while with it, has saved a layout with this."""
        saved = f"{self.lab.url}/lab/api/workspaces/{self.workspace}"
        deadline = time.monotonic() + PATIENCE
        while holding not in self.page.request.get(saved).text():
            assert time.monotonic() < deadline, f"no saved layout holds {holding}"
            self.page.wait_for_timeout(100)
        self.page.reload()

    def use_theme(self, name: str) -> None:
        """Change the theme as the Settings menu does."""
        self.page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
            name,
        )
        light = "false" if "Dark" in name else "true"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        # JupyterLab stumbles over a second change while its splash of the first one fades.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def picture(self, name: str, *, of: Locator | None = None) -> Path:
        """Save a PNG of the window, or of one element, among the test artifacts."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        (of or self.page).screenshot(path=path, animations="disabled")
        return path


def open_palette(page: Page) -> None:
    """Open the command palette, and wait until it gets what is typed."""
    page.keyboard.press("Control+Shift+c")
    expect(page.locator(".lm-CommandPalette-input")).to_be_focused()


@contextmanager
def window(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """Give a browser window that keeps what its console complains of."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    # Of all its pages and requests; thirty seconds are short on a busy machine.
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    lab_page = LabPage(page, lab)

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location["url"]
            if not ("status of 500" in message.text and LIST_OF_KERNELS.search(where)):
                lab_page.console_errors.append(f"{message.text} ({where})")

    page.on("console", note)
    page.on("pageerror", lambda error: lab_page.console_errors.append(f"{error}\n{error.stack}"))
    try:
        yield lab_page
    finally:
        context.close()
