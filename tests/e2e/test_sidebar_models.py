"""Many models in a narrow sidebar, and what is done with one: row, menu, palette, file browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace
from tests.waiting import PATIENCE

from .axe import serious_issues
from .lab import Lab, open_palette, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

MODEL = """\
# modelop.score
def action(record):
    yield record * 2

# modelop.metrics
def metrics(data):
    yield {"rows": len(data)}

# modelop.train
def train(data):
    pass
"""
LONG = "a-model-of-customers-who-may-leave-within-the-year"
NAMES = [LONG, *(f"model-{number:02}" for number in range(12))]
PANEL = "#modelop-jupyter-sidebar"


@pytest.fixture(scope="module")
def shell(lab: Lab) -> Iterator[Workspace]:
    """The same home as a command line uses it: a dozen models, and a metrics job whose verdict failed."""
    (lab.notebooks / "double.py").write_text(MODEL)
    (lab.notebooks / "data").mkdir()
    (lab.notebooks / "data" / "two.json").write_text("1\n2\n")
    (lab.notebooks / "notes.md").write_text("# Notes\n")
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        for name in NAMES:
            workspace.register(name, lab.notebooks / "double.py")
        data = [str(lab.notebooks / "data" / "two.json")]
        workspace.metrics(LONG, data, expect=["rows >= 3"]).wait(timeout=PATIENCE)
        yield workspace


@pytest.fixture
def sidebar(browser: Browser, lab: Lab, shell: Workspace) -> Iterator[Sidebar]:
    """A window with an empty notebook and the sidebar."""
    with window(browser, lab) as page:
        page.page.set_viewport_size({"width": 1400, "height": 900})
        page.open(lab.write("plain.ipynb", ""))
        sidebar = Sidebar(page)
        sidebar.show()
        expect(sidebar.panel.get_by_role("button", name=NAMES[-1], exact=True)).to_be_attached()
        yield sidebar
        # A form whose values are refused is answered so, which the browser reports.
        refused = "422 (Unprocessable Entity)"
        assert [error for error in page.console_errors if refused not in error] == []


def command(page: Page, name: str) -> None:
    """Choose a command of the palette by its name."""
    open_palette(page)
    page.keyboard.type(f"ModelOp {name}")
    active = page.locator(".lm-CommandPalette-item.lm-mod-active")
    expect(active.locator(".lm-CommandPalette-itemLabel")).to_have_text(name)
    expect(active.locator(".lm-CommandPalette-itemCaption")).not_to_be_empty()
    page.keyboard.press("Enter")


def test_twelve_models_are_seen_in_a_row_each(sidebar: Sidebar) -> None:
    """With the titles of the other sections, without scrolling sideways, and with names in one line."""
    page = sidebar.lab.page
    rows = sidebar.panel.get_by_role("list", name="Models").get_by_role("listitem")
    long = rows.filter(has=page.get_by_role("button", name=LONG, exact=True))
    too_wide = (
        "node => [...node.querySelectorAll('.lm-Widget')].filter(each => each.scrollWidth >"
        " each.clientWidth + 1).map(each => each.id)"
    )
    for width in (250, 400, 600):
        sidebar.set_width(width)
        expect(rows).to_have_count(len(NAMES))
        for number in range(12):
            expect(rows.nth(number)).to_be_in_viewport(ratio=0.9)
        for title in ("Models", "Jobs", "Environments", "Kernels"):
            heading = sidebar.panel.locator(".jp-AccordionPanel-title", has_text=title)
            expect(heading).to_be_in_viewport(ratio=0.9)
        expect(long).to_contain_text("Last job: Verdict failed")
        box = long.bounding_box()
        assert box is not None
        assert box["height"] <= 28
        assert sidebar.panel.evaluate(too_wide) == []
        for theme in ("JupyterLab Dark", "JupyterLab Light"):
            sidebar.lab.use_theme(theme)
            sidebar.lab.picture(f"sidebar-{width}-{theme.split()[-1].lower()}", of=sidebar.panel)
            assert serious_issues(page, PANEL) == [], (theme, width)


def test_a_screen_reader_hears_what_each_button_is_for(sidebar: Sidebar) -> None:
    """Names and times instead of identifiers."""
    models = sidebar.panel.get_by_role("list", name="Models")
    jobs = sidebar.panel.get_by_role("list", name="Jobs", exact=True)

    expect(models).to_match_aria_snapshot(f"""
        - list "Models":
          - listitem:
            - button "{LONG}"
            - text: /Environment/
            - button "Run a batch with {LONG}"
            - button "Run the metrics of {LONG}"
            - button "More actions for {LONG}"
    """)
    expect(jobs).to_match_aria_snapshot(f"""
        - list "Jobs":
          - listitem:
            - button "metrics {LONG}@1"
            - text: Verdict failed
            - button /^Remove metrics of {LONG}@1, started .* ago$/
    """)


def test_the_menu_of_a_model_is_used_by_keyboard(sidebar: Sidebar) -> None:
    """It begins with training, and gives the focus back to its button."""
    page = sidebar.lab.page
    more = sidebar.panel.get_by_role("button", name="More actions for model-03")
    menu = page.get_by_role("menu").filter(has=page.get_by_role("menuitem", name="Train…"))
    more.focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("menuitem")).to_have_text(
        [
            "Train…",
            "Check model…",
            "Challenge model…",
            "Deploy model…",
            "Build environment…",
            "Open model",
            "Open jobs of model-03",
            "New notebook in its environment",
            "New console in its environment",
            "Add a file to the model…",
            "Export model…",
            "Remove model…",
        ]
    )
    sidebar.lab.picture("sidebar-menu")
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(sidebar.dialog).to_contain_text("Train model-03")
    page.keyboard.press("Escape")


def test_a_command_asks_for_the_model_and_the_file(sidebar: Sidebar, lab: Lab) -> None:
    """A batch of the palette, by keyboard alone; data in a folder is reached, and limits are set."""
    page, dialog = sidebar.lab.page, sidebar.dialog
    command(page, "Run batch…")
    expect(dialog.get_by_role("combobox", name="Model")).to_be_focused()
    expect(dialog.get_by_role("option")).to_have_count(len(NAMES))
    assert serious_issues(page, ".jp-Dialog") == []
    page.keyboard.type("model-07")
    expect(dialog.get_by_role("option")).to_have_text(["model-07"])
    sidebar.lab.picture("choose-model")
    page.keyboard.press("Enter")

    expect(dialog).to_contain_text("Run a batch with model-07")
    expect(dialog.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    expect(dialog.get_by_role("status")).to_have_text(
        "Run waits for an input: choose a file or an asset"
    )
    files = dialog.get_by_role("list", name="Files").get_by_role("listitem")
    expect(files).to_contain_text(["data", "double.py", "notes.md", "plain.ipynb"])
    expect(dialog.get_by_label("Filter files")).to_be_focused()
    sidebar.lab.picture("run-dialog-files")
    page.keyboard.type("dat")
    expect(files).to_have_count(1)
    page.keyboard.press("Enter")
    expect(files).to_contain_text(["Parent folder", "two.json"])
    page.keyboard.type("two")
    expect(files).to_have_count(1)
    page.keyboard.press("Enter")
    expect(dialog.locator(".jp-modelop-line")).to_have_text("%modelop batch model-07 data/two.json")

    dialog.get_by_text("Limits").click()
    dialog.get_by_label("Maximum records").fill("1")
    dialog.get_by_label("Memory").fill("plenty")
    expect(dialog.get_by_role("status")).to_have_text("Memory: enter a size such as 2GB or 500MB")
    dialog.get_by_label("Memory").fill("2GB")
    dialog.get_by_label("Seconds for a record").fill("30")
    expect(dialog.locator(".jp-modelop-line")).to_have_text(
        "%modelop batch model-07 data/two.json --limit 1 --record-timeout 30 --memory 2GB"
    )
    assert serious_issues(page, ".jp-Dialog") == []
    sidebar.lab.picture("run-dialog-limits")
    dialog.get_by_role("button", name="Run", exact=True).click()
    sidebar.expect_end("Succeeded")
    expect(sidebar.job.locator(".jp-modelop-tile").nth(1)).to_contain_text("1")


def test_a_command_opens_a_job_by_what_it_is(sidebar: Sidebar) -> None:
    """Typing words of model and result narrows the list."""
    page, dialog = sidebar.lab.page, sidebar.dialog
    command(page, "Open job…")
    expect(dialog.get_by_role("combobox", name="Job")).to_be_focused()
    page.keyboard.type("verdict failed")
    expect(dialog.get_by_role("option")).to_contain_text(f"metrics of {LONG}@1, started")
    page.keyboard.press("Enter")

    expect(sidebar.job.locator("h2")).to_contain_text(f"metrics {LONG}@1")


def test_a_command_builds_an_environment(sidebar: Sidebar) -> None:
    """The sidebar shows the model's part with the progress, and that it is built."""
    page = sidebar.lab.page
    command(page, "Build environment…")
    expect(sidebar.dialog.get_by_role("combobox", name="Model")).to_be_focused()
    page.keyboard.type("model-01")
    page.keyboard.press("Enter")
    part = sidebar.panel.get_by_role("button", name="Environment, model-01", exact=True)

    expect(part).to_have_attribute("aria-expanded", "true")
    expect(sidebar.panel.get_by_role("button", name="Rebuild")).to_be_visible()


def test_metrics_are_run_with_an_expectation(sidebar: Sidebar) -> None:
    """A rule that cannot be read is refused in the form; a failed one is red in row and list."""
    dialog = sidebar.dialog
    sidebar.panel.get_by_role("button", name="Run the metrics of model-05").click()
    dialog.get_by_role("button", name="Folder data").click()
    dialog.get_by_role("button", name="two.json", exact=True).click()
    dialog.get_by_text("Expectations").click()
    rules = dialog.get_by_label("Rules, one on each line")
    rules.fill("rows >")
    expect(dialog.get_by_role("alert")).to_contain_text("rows >")
    rules.fill("rows >= 3")
    expect(dialog.locator(".jp-modelop-line")).to_contain_text("--expect 'rows >= 3'")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        sidebar.lab.use_theme(theme)
        sidebar.lab.picture(f"run-dialog-expectations-{theme.split()[-1].lower()}")
        assert serious_issues(sidebar.lab.page, ".jp-Dialog") == []
    dialog.get_by_role("button", name="Run", exact=True).click()
    sidebar.expect_end("Verdict failed")
    models = sidebar.panel.get_by_role("list", name="Models").get_by_role("listitem")
    row = models.filter(has=sidebar.lab.page.get_by_role("button", name="model-05", exact=True))
    jobs = sidebar.panel.get_by_role("list", name="Jobs", exact=True).get_by_role("listitem")
    job = jobs.filter(has_text="metrics model-05@1")

    expect(row.locator(".jp-modelop-mod-bad")).to_have_text("Last job: Verdict failed")
    expect(job.locator(".jp-modelop-badge.jp-modelop-bad")).to_have_text("Verdict failed")


def test_files_are_added_from_the_file_browser(sidebar: Sidebar, lab: Lab) -> None:
    """Several at once, with the roles of their names, in the layout that a new user has."""
    page, dialog = sidebar.lab.page, sidebar.dialog
    for name in ("baseline.csv", "weights.pkl"):
        (lab.notebooks / name).write_text("a\n1\n")
    page.locator('li[data-id="filebrowser"]').click()
    page.evaluate("window.jupyterapp.commands.execute('filebrowser:refresh')")
    item = page.locator(".jp-DirListing-item")
    item.filter(has_text="baseline.csv").click()
    item.filter(has_text="weights.pkl").click(modifiers=["Control"])
    item.filter(has_text="weights.pkl").click(button="right")
    page.get_by_role("menuitem", name="Add to model…").click()
    expect(dialog.get_by_label("Role of baseline.csv")).to_have_value("BASELINE_DATA")
    expect(dialog.get_by_label("Role of weights.pkl")).to_have_value("WEIGHTS_FILE")
    dialog.get_by_role("combobox", name="Model", exact=True).select_option("model-02")
    dialog.get_by_label("Role of weights.pkl").select_option("MODEL_BINARY_FILE")
    assert serious_issues(page, ".jp-Dialog") == []
    sidebar.lab.picture("add-files")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_have_count(0)
    sidebar.show()
    role = sidebar.panel.get_by_label("Role of weights.pkl")

    expect(role).to_have_value("MODEL_BINARY_FILE")
    expect(sidebar.panel.get_by_label("Role of baseline.csv")).to_have_value("BASELINE_DATA")
