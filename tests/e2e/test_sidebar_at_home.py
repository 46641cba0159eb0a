"""The sidebar among JupyterLab's own parts: file browser, connection, notebooks (issue 6)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace
from tests.waiting import PATIENCE

from .lab import Lab, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

RATIO = "# modelop.score\ndef action(record):\n    yield 1 / record['y']\n"
HELD = """\
import os, time
# modelop.score
def action(record):
    while not os.path.exists({go!r}):
        time.sleep(0.02)
    yield record
"""
TO_THE_RIGHT = """
() => {
    const { shell } = window.jupyterapp;
    const id = 'modelop-jupyter-sidebar';
    shell.add([...shell.widgets('left')].find(widget => widget.id === id), 'right');
    shell.activateById(id);
    shell.activateById('filebrowser');
}
"""


@pytest.fixture(scope="module")
def shell(lab: Lab) -> Iterator[Workspace]:
    """The same home as a command line uses it, with a model and a batch that fails in one record."""
    (lab.notebooks / "inverse.py").write_text(RATIO)
    rows = [{"y": 1}, {"y": 0}]
    (lab.notebooks / "two.json").write_text("\n".join(map(json.dumps, rows)))
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        workspace.register("inverse", lab.notebooks / "inverse.py")
        workspace.batch("inverse", [str(lab.notebooks / "two.json")]).wait(timeout=PATIENCE)
        yield workspace


@pytest.fixture
def german(lab: Lab) -> Iterator[None]:
    """JupyterLab's language pack for German, without a word in it, and German as the language."""
    # The folder of the notebooks is on the server's path.
    pack = lab.notebooks / "jupyterlab_language_pack_de_DE"
    about = lab.notebooks / "jupyterlab_language_pack_de_DE-1.dist-info"
    for folder in (pack, about):
        folder.mkdir()
    (pack / "__init__.py").touch()
    (about / "METADATA").write_text("Name: jupyterlab-language-pack-de-DE\nVersion: 1\n")
    entry = "[jupyterlab.languagepack]\nde_DE = jupyterlab_language_pack_de_DE\n"
    (about / "entry_points.txt").write_text(entry)
    settings = lab.notebooks.parent / "config/lab/user-settings/@jupyterlab/translation-extension"
    settings.mkdir(exist_ok=True)
    chosen = settings / "plugin.jupyterlab-settings"
    chosen.write_text(json.dumps({"locale": "de_DE"}))
    yield
    chosen.unlink()
    for folder in (pack, about):
        shutil.rmtree(folder)


@pytest.fixture
def sidebar(browser: Browser, lab: Lab, shell: Workspace) -> Iterator[Sidebar]:
    """A window with an empty notebook and the sidebar."""
    with window(browser, lab) as page:
        page.open(lab.write("plain.ipynb", ""))
        sidebar = Sidebar(page)
        sidebar.show()
        yield sidebar


def test_a_file_is_dragged_from_the_file_browser(sidebar: Sidebar, lab: Lab) -> None:
    """It is an asset of the model where it is dropped."""
    page = sidebar.lab.page
    (lab.notebooks / "dragged.csv").write_text("a\n1\n")
    page.evaluate(TO_THE_RIGHT)
    page.evaluate("window.jupyterapp.commands.execute('filebrowser:refresh')")
    sidebar.open_model("inverse")
    assets = sidebar.panel.get_by_label("Assets of inverse")
    page.locator(".jp-DirListing-item", has_text="dragged.csv").hover()
    page.mouse.down()
    assets.hover(force=True)
    assets.hover(force=True, position={"x": 30, "y": 10})
    expect(sidebar.panel.locator(".jp-modelop-mod-target")).to_have_count(1)
    page.mouse.up()

    expect(assets.get_by_label("Role of dragged.csv")).to_be_visible()
    assert sidebar.lab.console_errors == []


def test_a_function_opens_its_notebook(sidebar: Sidebar, lab: Lab, shell: Workspace) -> None:
    """At its cell, also where it was not open; a notebook that has it no more is not opened."""
    page = sidebar.lab
    for name in ("far", "changed"):
        lab.write(f"{name}.ipynb", *["pass"] * 30, RATIO)
        shell.register(name, lab.notebooks / f"{name}.ipynb")
    lab.write("changed.ipynb", "pass")
    for name in ("far", "changed"):
        sidebar.open_model(name)
        sidebar.open_part("Functions", name)
        sidebar.panel.get_by_role("button", name="action", exact=True).click()
        sidebar.panel.get_by_role("button", name=name, exact=True).click()
    tabs = page.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab")
    expect(tabs).to_have_text(["plain.ipynb", "far.ipynb", "changed: changed.py"])
    expect(page.page.locator(".jp-modelop-mod-line")).to_have_text("def action(record):\n")
    tabs.filter(has_text="far.ipynb").click()
    active = page.notebook.locator(".jp-Cell.jp-mod-active")

    expect(active).to_contain_text("def action(record)")
    expect(active).to_be_in_viewport()
    assert page.console_errors == []


def test_only_the_end_of_a_background_job_is_announced(
    browser: Browser, lab: Lab, shell: Workspace
) -> None:
    """Of a job that a cell waits for, the cell itself shows the end (issue 6)."""
    go = lab.notebooks / "go"
    (lab.notebooks / "held.py").write_text(HELD.format(go=str(go)))
    shell.register("held", lab.notebooks / "held.py")
    batch = "%modelop batch held two.json"
    with window(browser, lab) as page:
        page.open(
            lab.write("jobs.ipynb", f"%load_ext modelop_jupyter\n{batch}", f"{batch} --background")
        )
        sidebar = Sidebar(page)
        sidebar.show()
        page.run(page.cells.first, wait=False)
        expect(sidebar.panel.get_by_role("progressbar")).to_be_visible()
        go.touch()
        expect(page.cells.first.locator(".jp-InputPrompt")).to_have_text("[1]:")
        expect(page.output(page.cells.first)).to_contain_text("Succeeded")
        go.unlink()
        page.run(page.cells.nth(1))
        # An end is announced if the job was seen before: the page looks at a change of any job.
        with page.page.expect_request(lambda each: "jobs?limit=100" in each.url) as asked:
            shell.job_pin(shell.jobs(model="held")[0].id)
        assert asked.value.response() is not None
        go.touch()

        # How many there were, those that have faded too.
        expect(page.page.locator(".jp-Notification-Status")).to_have_text("1")
        expect(page.notification("batch held@1: Succeeded")).to_be_visible()
        assert page.console_errors == []


def test_a_record_that_failed_is_opened_in_its_kernel(sidebar: Sidebar) -> None:
    """The cell that has it is put into the notebook, behind the one that loads the magics, and run."""
    sidebar.panel.get_by_role("button", name="batch inverse@1").first.click()
    sidebar.job.get_by_role("tab", name="Errors (1)").click()
    sidebar.job.get_by_role("tabpanel").locator("details").click()
    sidebar.job.get_by_role("button", name="Open in isolated kernel").click()
    cell = sidebar.lab.cell("%%modelop run inverse")

    expect(sidebar.lab.output(cell)).to_contain_text("{'y': 0}")
    assert sidebar.lab.console_errors == []


def test_the_server_goes_and_comes_back(sidebar: Sidebar, lab: Lab, shell: Workspace) -> None:
    """It is said as long as it lasts, and then what has changed meanwhile appears."""
    context = sidebar.lab.page.context
    away = sidebar.panel.get_by_text("The server does not answer")
    expect(away).to_have_count(1)
    expect(away).to_be_hidden()
    context.set_offline(True)
    expect(away).to_be_visible()
    shell.register("meanwhile", lab.notebooks / "inverse.py")
    context.set_offline(False)

    expect(sidebar.panel.get_by_role("button", name="meanwhile", exact=True)).to_be_visible()
    expect(away).to_be_hidden()


def test_the_sidebar_speaks_the_language_of_jupyterlab(
    browser: Browser, lab: Lab, shell: Workspace, german: None
) -> None:
    """Its own words and headings, and a sentence of the server about an error."""
    with window(browser, lab) as page:
        page.open(lab.write("deutsch.ipynb", ""))
        sidebar = Sidebar(page)
        sidebar.show()
        for text in ("Modelle", "Notebook registrieren", "Alle Jobs", "Umgebungen"):
            expect(sidebar.panel.get_by_text(text, exact=True).first).to_be_attached()
        page.page.evaluate(
            "void window.jupyterapp.commands.execute('modelop-jupyter:open-model', {model: 'fehlt'})"
        )

        expect(page.page.get_by_text("Modell 'fehlt' gibt es nicht")).to_be_visible()
