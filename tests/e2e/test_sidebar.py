"""The sidebar in a real JupyterLab: a model from registration to results, with the mouse alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab import Lab, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

MODEL = """\
# modelop.init
def begin():
    global factor
    factor = 2

# modelop.score
def action(record):
    yield {"id": record["id"], "score": factor / record["y"]}

# modelop.metrics
def metrics(data):
    yield {"rows": len(data)}
"""
AT_THE_LINE = """
line => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    return notebook.activeCell?.editor?.getCursorPosition().line === line
        && notebook.node.contains(document.activeElement);
}
"""
SLOW = """\
import time

# modelop.score
def action(record):
    time.sleep(0.05)
    yield record
"""


@pytest.fixture(scope="module")
def sidebar(browser: Browser, lab: Lab) -> Iterator[Sidebar]:
    """Open a notebook whose model was run, and register it in the sidebar."""
    lines = [json.dumps({"id": n, "y": n % 10}) for n in range(200)]
    (lab.notebooks / "numbers.json").write_text("\n".join(lines) + "\n")
    (lab.notebooks / "requirements.txt").write_text("six\n")
    with window(browser, lab) as page:
        page.open(lab.write("ratio.ipynb", MODEL, "", ""))
        page.run(page.cell("modelop.score"))
        sidebar = Sidebar(page)
        sidebar.show()
        sidebar.register("ratio")
        sidebar.open_model("ratio")
        yield sidebar
        assert page.console_errors == []


def test_a_registered_model_shows_its_assets_with_their_roles(sidebar: Sidebar) -> None:
    """The holder of the required libraries is marked, and its role can be changed (issue 6)."""
    role = sidebar.panel.get_by_label("Role of requirements.txt")
    sidebar.lab.picture("sidebar-model")

    expect(role).to_have_value("REQUIRED_LIBRARIES")
    role.select_option("UNKNOWN")
    expect(role).to_have_value("UNKNOWN")
    role.select_option("REQUIRED_LIBRARIES")
    expect(role).to_have_value("REQUIRED_LIBRARIES")


def test_functions_lead_to_their_cells(sidebar: Sidebar) -> None:
    """A click shows the function where it stands now; once it is gone there, its line of the source."""
    page = sidebar.lab
    function = sidebar.panel.get_by_role("button", name="action", exact=True)
    sidebar.open_part("Functions", "ratio")
    page.cells.last.click()
    function.click()
    active = page.notebook.locator(".jp-Cell.jp-mod-active")
    expect(active).to_contain_text("def action(record)")
    # The cursor is set to the line some time after that, and cannot be seen before the cell is edited.
    page.page.wait_for_function(AT_THE_LINE, arg=MODEL.splitlines().index("def action(record):"))
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("un")
    expect(active).to_contain_text("undef action(record)")
    function.click()
    marked = page.page.locator(".jp-modelop-mod-line")

    expect(marked).to_have_text("def action(record):\n")


def test_a_batch_is_run_and_its_results_are_read(sidebar: Sidebar) -> None:
    """Counts, output and errors of a batch are there without a line of code (issue 6)."""
    sidebar.run("Run batch", "numbers.json")
    sidebar.expect_end("failed record")
    job = sidebar.job

    expect(job.locator(".jp-modelop-tile").nth(1)).to_contain_text("180")
    expect(job.get_by_role("table")).to_contain_text("score")
    sidebar.lab.picture("sidebar-batch")
    job.get_by_role("tab", name="Errors (20)").click()
    expect(job.locator(".jp-modelop-groups")).to_contain_text("ZeroDivisionError")
    sidebar.lab.use_theme("JupyterLab Dark")
    sidebar.lab.picture("sidebar-errors-dark")
    sidebar.lab.use_theme("JupyterLab Light")


def test_metrics_are_run_and_read(sidebar: Sidebar) -> None:
    """What a metrics function returns is shown in the main area."""
    sidebar.run("Run metrics", "numbers.json")
    sidebar.expect_end("Succeeded")

    expect(sidebar.job.get_by_role("tabpanel")).to_contain_text("rows 200")
    sidebar.lab.picture("sidebar-metrics")


def test_what_a_shell_does_appears_by_itself(sidebar: Sidebar, lab: Lab) -> None:
    """A model that the command line registers is in the list within a second or so (issue 6)."""
    from modelop_jupyter.settings import Settings
    from modelop_jupyter.workspace import Workspace

    (lab.notebooks / "other.py").write_text(SLOW)
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        workspace.register("other", lab.notebooks / "other.py")

    expect(sidebar.panel.get_by_role("button", name="other", exact=True)).to_be_visible()


def test_a_running_job_outlives_the_page_and_is_stopped(
    browser: Browser, lab: Lab, sidebar: Sidebar
) -> None:
    """After a reload the job is still shown with its progress, expanded parts too; Stop ends it."""
    # Minutes of work, so that a slow machine does not end it before it is stopped.
    (lab.notebooks / "many.json").write_text('{"id": 1}\n' * 10_000)
    with window(browser, lab) as page:
        page.open(lab.write("slow.ipynb", SLOW))
        page.run(page.cell("modelop.score"))
        second = Sidebar(page)
        second.show()
        second.register("slow")
        second.open_model("slow")
        second.open_part("Functions", "slow")
        second.run("Run batch", "many.json")
        bar = second.job.get_by_role("progressbar")
        expect(bar).to_be_visible()
        page.reload(holding=second.job_id)
        expect(bar).to_be_visible()
        expect(second.panel.get_by_role("button", name="action", exact=True)).to_be_visible()
        page.picture("sidebar-running")
        second.job.get_by_role("button", name="Stop this job").click()
        second.expect_end("Cancelled")
