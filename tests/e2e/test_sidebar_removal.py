"""Jobs are removed in the sidebar, by name and by what would free space (issue 11, number 8)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace
from tests.waiting import PATIENCE

from .lab import ARTIFACTS, Lab, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

DOUBLE = "# modelop.score\ndef action(record):\n    yield record * 2\n"


@pytest.fixture(scope="module")
def shell(lab: Lab) -> Iterator[Workspace]:
    """The same home as a command line uses it, with a model."""
    (lab.notebooks / "double.py").write_text(DOUBLE)
    (lab.notebooks / "two.json").write_text("1\n2\n")
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        workspace.register("double", lab.notebooks / "double.py")
        yield workspace


@pytest.fixture
def sidebar(browser: Browser, lab: Lab, shell: Workspace) -> Iterator[Sidebar]:
    """A window with an empty notebook and the sidebar."""
    with window(browser, lab) as page:
        page.open(lab.write("plain.ipynb", ""))
        sidebar = Sidebar(page)
        sidebar.show()
        yield sidebar


def test_a_job_is_removed_when_that_is_confirmed(
    sidebar: Sidebar, lab: Lab, shell: Workspace
) -> None:
    """Cancel leaves it; its folder and its row go together."""
    job = shell.batch("double", [str(lab.notebooks / "two.json")]).wait(timeout=PATIENCE)
    row = sidebar.panel.get_by_role("button", name="Remove batch of double@1")
    row.click()
    sidebar.dialog.get_by_role("button", name="Cancel").click()
    expect(row).to_be_visible()
    row.click()
    sidebar.lab.page.screenshot(path=ARTIFACTS / "remove-job.png")
    sidebar.dialog.get_by_role("button", name="Remove").click()

    expect(row).to_have_count(0)
    assert not job.folder.root.exists()
    assert sidebar.lab.console_errors == []


def test_free_space_shows_first_what_would_go(sidebar: Sidebar, lab: Lab, shell: Workspace) -> None:
    """Nothing goes before that is confirmed."""
    job = shell.batch("double", [str(lab.notebooks / "two.json")]).wait(timeout=PATIENCE)
    expect(sidebar.panel.get_by_role("button", name="Remove batch of double@1")).to_be_visible()
    sidebar.panel.get_by_role("button", name="Free space").first.click()
    expect(sidebar.dialog).to_be_visible()
    sidebar.lab.page.screenshot(path=ARTIFACTS / "free-space.png")
    sidebar.lab.page.keyboard.press("Escape")

    assert job.folder.root.exists()
    assert sidebar.lab.console_errors == []
