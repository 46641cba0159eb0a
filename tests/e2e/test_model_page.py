"""A model in the main area: opened in several ways, with all that belongs to it (issue 15)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE

from .axe import serious_issues
from .lab import Lab, open_palette, window
from .model_page import ModelPage
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

MODEL = """\
# modelop.score
def score(record):
    yield {"leaves": WEIGHT * record["calls"] / record["months"]}

# modelop.metrics
def metrics(data):
    yield {"auc": AUC, "rows": len(data), "lift": {"top": 2.5}}
"""
SECTIONS = (
    "Overview",
    "Check",
    "Source",
    "Assets",
    "Environment",
    "Snapshots",
    "Lineage",
    "Jobs",
    "Metrics",
    "Deployment",
    "Kernels",
)


def write(lab: Lab, auc: float) -> None:
    """Write the model's notebook with a metric of its own."""
    text = MODEL.replace("AUC", str(auc))
    lab.write(
        "churn.ipynb", "import math", "WEIGHT = 0.25\n\n\ndef helper():\n    return math.pi", text
    )


@pytest.fixture(scope="module")
def shell(lab: Lab) -> Iterator[Workspace]:
    """The home of the server, with a model that was measured twice and run once."""
    records = [{"calls": n, "months": n % 4} for n in range(8)]
    (lab.notebooks / "customers.json").write_text("\n".join(map(json.dumps, records)))
    (lab.notebooks / "requirements.txt").write_text("six\n")
    (lab.notebooks / "baseline.csv").write_text("calls,months\n1,2\n3,4\n")
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        for auc in (0.81, 0.84):
            write(lab, auc)
            workspace.register(
                "churn",
                lab.notebooks / "churn.ipynb",
                assets=[lab.notebooks / "requirements.txt"],
                description="How likely a customer is to leave",
                tags=["demo"],
            )
            workspace.metrics("churn", lab.notebooks / "baseline.csv").wait(PATIENCE)
        workspace.batch("churn", lab.notebooks / "customers.json").wait(PATIENCE)
        workspace.check("churn", lab.notebooks / "customers.json")
        workspace.alias("churn", "champion", 1)
        workspace.meta("churn", {"owner": "ada", "review.year": 2026})
        yield workspace


@pytest.fixture
def model(browser: Browser, lab: Lab, shell: Workspace) -> Iterator[ModelPage]:
    """A window with the model's page beside an empty notebook."""
    with window(browser, lab) as page:
        page.open(lab.write("plain.ipynb", ""))
        Sidebar(page).show()
        model = ModelPage(page)
        model.open("churn")
        yield model
        assert page.console_errors == []


def test_each_section_can_be_read_by_everyone(model: ModelPage) -> None:
    """In both themes, wide and narrow: axe finds nothing serious, and nothing is cut off."""
    page = model.lab.page
    expected = {
        "Overview": "Last check",
        "Check": "ZeroDivisionError",
        "Source": "WEIGHT",
        "Assets": "requirements.txt",
        "Environment": "six",
        "Snapshots": "differ in source",
        "Lineage": "customers.json",
        "Jobs": "batch churn@2",
        "Metrics": "auc",
        "Deployment": "Not deployed",
        "Kernels": "No kernel of this model runs",
    }
    # One window for all: to load a page costs more than all that is looked at in it.
    for theme, width in product(("JupyterLab Light", "JupyterLab Dark"), (1400, 700)):
        page.set_viewport_size({"width": width, "height": 1000})
        model.lab.use_theme(theme)
        for section in SECTIONS:
            shown = model.show(section)
            expect(shown).to_contain_text(expected[section])
            if section == "Snapshots":
                expect(shown.locator(".jp-modelop-merge .cm-editor").first).to_be_visible()
            if section == "Metrics":
                expect(shown.get_by_role("figure").locator("canvas, svg").nth(2)).to_be_visible()
            model.lab.picture(f"model-{section.lower()}-{theme.split()[-1].lower()}-{width}")
            assert serious_issues(page, ".jp-modelop-modelPanel") == [], (theme, width, section)
            assert model.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 1


def test_it_is_opened_without_a_double_click(model: ModelPage) -> None:
    """By the context menu of its row, by the palette, and by a card of the launcher."""
    page = model.lab.page
    tab = page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="churn")
    close = tab.locator(".lm-TabBar-tabCloseIcon")
    title = model.panel.get_by_role("heading", level=2)

    close.click()
    expect(tab).to_have_count(0)
    page.locator('[data-modelop-model="churn"] .jp-modelop-modelTitle').click(button="right")
    page.get_by_role("menuitem", name="Open model").click()
    expect(title).to_have_text("churn@2")

    close.click()
    expect(tab).to_have_count(0)
    open_palette(page)
    page.keyboard.type("Open model")
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text("Open model")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="churn")).to_have_attribute("aria-selected", "true")
    page.locator(".jp-Dialog").get_by_role("button", name="Choose").click()
    expect(title).to_have_text("churn@2")

    close.click()
    expect(tab).to_have_count(0)
    page.get_by_role("button", name="New Launcher").first.click()
    card = page.locator(".jp-LauncherCard", has_text="churn")
    expect(card).to_have_count(1)
    model.lab.picture("model-launcher")
    card.click()
    expect(title).to_have_text("churn@2")


def test_it_is_there_again_after_a_reload(model: ModelPage) -> None:
    """With the section that was shown."""
    model.show("Environment")
    model.lab.reload(holding='"section": "environment"')

    tab = model.panel.get_by_role("tab", name="Environment")
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(model.section).to_contain_text("Required libraries")


def test_its_source_and_its_lineage_lead_to_the_cells(model: ModelPage) -> None:
    """A click on a name goes to its line, one on the notebook or on a node of the graph to its cell."""
    source = model.show("Source")
    source.get_by_role("button", name="metrics", exact=True).click()
    expect(source.locator(".cm-activeLine")).to_contain_text("def metrics(data)")
    source.get_by_role("button", name="Show the cell of score").click()
    active = model.lab.notebook.locator(".jp-Cell.jp-mod-active")
    expect(active).to_contain_text("def score(record)")
    model.lab.notebook.locator(".jp-CodeCell").first.click()
    expect(active).to_contain_text("import math")
    model.open("churn")
    model.show("Lineage").get_by_role("button", name="score, metrics").first.click()

    expect(active).to_contain_text("def score(record)")


def test_files_are_dropped_on_it(model: ModelPage, lab: Lab, shell: Workspace) -> None:
    """From the file browser at its usual place, whatever section is shown, and from elsewhere."""
    page = model.lab.page
    (lab.notebooks / "dragged.csv").write_text("a\n1\n")
    page.locator('li[data-id="filebrowser"]').click()
    page.evaluate("window.jupyterapp.commands.execute('filebrowser:refresh')")
    page.locator(".jp-DirListing-item", has_text="dragged.csv").hover()
    page.mouse.down()
    model.section.hover(force=True)
    model.section.hover(force=True, position={"x": 30, "y": 10})
    expect(model.panel).to_contain_text("Drop to add to churn")
    model.lab.picture("model-drop")
    page.mouse.up()
    expect(model.section.get_by_label("Role of dragged.csv")).to_be_visible()
    files = page.evaluate_handle(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(['b\\n2\\n'], 'carried.csv'));
            return data;
        }"""
    )
    for kind in ("dragover", "drop"):
        model.section.dispatch_event(kind, {"dataTransfer": files})
    expect(model.section.get_by_label("Role of carried.csv")).to_be_visible()
    for name in ("dragged.csv", "carried.csv"):
        model.section.get_by_role("button", name=f"Remove {name}").click()
        expect(model.section.get_by_label(f"Role of {name}")).to_have_count(0)

    assert (lab.notebooks / "carried.csv").read_text() == "b\n2\n"
    assert shell.asset_names("churn") == {"churn.ipynb", "churn.py", "requirements.txt"}


def test_its_environment_is_proven(model: ModelPage) -> None:
    """The proof is read beside the requirements."""
    environment = model.show("Environment")
    environment.get_by_role("button", name="Prove").click()

    expect(environment.locator(".jp-modelop-proof")).to_contain_text("exact")


def test_a_kernel_is_started_used_and_stopped(model: ModelPage) -> None:
    """A cell of the open notebook runs in it."""
    kernels = model.show("Kernels")
    kernels.get_by_role("button", name="Start a kernel").click()
    running = kernels.get_by_role("list", name="Running kernels").get_by_role("listitem")
    expect(running).to_have_count(1)
    # It is in the list before it answers.
    expect(kernels.get_by_role("button", name="Start a kernel")).to_be_enabled()
    model.lab.picture("model-kernel")
    running.get_by_role("button", name="Insert a cell that runs in the kernel of churn").click()
    expect(model.lab.cell("%%modelop run churn")).to_be_visible()
    model.lab.page.locator(".lm-TabBar-tab", has_text="churn").first.click()
    running.get_by_role("button", name="Stop the kernel of churn").click()

    expect(running).to_have_count(0)


def test_a_model_is_checked_mended_and_checked_again(
    model: ModelPage, lab: Lab, shell: Workspace
) -> None:
    """From the menu of its row to a report without a finding (issue 16)."""
    page = model.lab.page
    dialog = page.locator(".jp-Dialog")
    (lab.notebooks / "rates.csv").write_text("1\n")
    source = lab.notebooks / "priced.py"
    text = "# modelop.score\ndef score(record):\n    yield open(FILE).read()\n"
    source.write_text(text.replace("FILE", repr(str(lab.notebooks / "rates.csv"))))
    shell.register("priced", source)

    page.get_by_role("button", name="More actions for priced").click()
    page.get_by_role("menuitem", name="Check model…").click()
    expect(dialog).to_contain_text("Check waits for a sample")
    assert serious_issues(page, ".jp-Dialog") == []
    dialog.get_by_role("button", name="customers.json", exact=True).click()
    dialog.get_by_role("button", name="Check", exact=True).click()
    expect(model.panel.get_by_role("heading", level=2)).to_contain_text("priced")
    expect(model.section).to_contain_text("1 failed")
    expect(model.section.get_by_role("button", name="priced.py, line 3")).to_be_visible()
    model.section.get_by_role("button", name="Add rates.csv as an asset").click()
    expect(dialog).to_contain_text("modelop asset add priced")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(model.section).to_contain_text("The model has changed since this check.")

    source.write_text(text.replace("FILE", "'rates.csv'"))
    shell.register("priced", source)
    model.section.get_by_role("button", name="Check again…").click()
    expect(dialog).to_contain_text("customers.json")
    dialog.get_by_role("button", name="Check", exact=True).click()
    expect(model.section).to_contain_text("priced@2")
    expect(model.section).to_contain_text("5 passed")
    expect(model.section).not_to_contain_text("failed")
    model.show("Overview").get_by_role("button", name="Show the check of priced").click()
    expect(model.panel.get_by_role("tab", name="Check")).to_have_attribute("aria-selected", "true")


def test_a_snapshot_is_challenged_by_another(model: ModelPage, lab: Lab, shell: Workspace) -> None:
    """From two snapshots that are compared to the records that differ most, found and sorted."""
    page = model.lab.page
    dialog = page.locator(".jp-Dialog")
    source = lab.notebooks / "rival.py"
    for more in (0, 1):
        body = f"record['calls'] / 10 + {more} * (record['months'] == 3) * record['calls']"
        source.write_text(f"# modelop.score\ndef score(record):\n    yield {body}\n")
        shell.register("rival", source)
        shell.snapshot("rival")
    model.open("rival")
    snapshots = model.show("Snapshots")
    expect(snapshots).to_contain_text("rival@1 and rival@2 differ in source")
    snapshots.get_by_role("button", name="Challenge…").click()
    expect(dialog).to_contain_text("Challenge waits for records")
    dialog.get_by_role("button", name="customers.json", exact=True).click()
    dialog.get_by_label("Key column").fill("calls")
    dialog.get_by_label("Segment columns").fill("months")
    dialog.get_by_label("Rules, one on each line").fill("agreement > 0.9")
    assert serious_issues(page, ".jp-Dialog") == []
    model.lab.picture("challenge-dialog")
    dialog.get_by_role("button", name="Challenge", exact=True).click()

    expect(snapshots).to_contain_text("rival@2 challenges rival@1")
    expect(snapshots).to_contain_text("75.0% of the records")
    expect(snapshots).to_contain_text("failed by 1 of 1 rule")
    names = snapshots.get_by_label("Largest changes").get_by_role("rowheader")
    expect(names).to_have_text(["7", "3"])
    snapshots.get_by_role("button", name="rival@2", exact=True).click()
    expect(names).to_have_text(["3", "7"])
    snapshots.get_by_label("Find changes by a text in them").fill("0.3")
    expect(names).to_have_text(["3"])
    assert serious_issues(page, ".jp-modelop-modelPanel") == []
    model.lab.picture("challenge")
    page.set_viewport_size({"width": 600, "height": 900})
    model.lab.use_theme("JupyterLab Dark")
    expect(names).to_have_text(["3"])
    model.lab.picture("challenge-dark-600")
    assert model.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 1


def test_a_model_is_exported_and_imported_again(
    model: ModelPage, lab: Lab, shell: Workspace
) -> None:
    """From the menu of its row to a file of the file browser, and from there."""
    page = model.lab.page
    dialog = page.locator(".jp-Dialog")
    (lab.notebooks / "packed.py").write_text("# modelop.score\ndef score(record):\n    yield 1\n")
    shell.register("packed", lab.notebooks / "packed.py")
    shell.snapshot("packed")
    page.get_by_role("button", name="More actions for packed").click()
    page.get_by_role("menuitem", name="Export model…").click()
    expect(dialog.get_by_label("File", exact=True)).to_have_value("packed.zip")
    dialog.get_by_label("Version").select_option("packed@1")
    expect(dialog.get_by_label("File", exact=True)).to_have_value("packed-1.zip")
    assert serious_issues(page, ".jp-Dialog") == []
    model.lab.picture("export-dialog")
    dialog.get_by_role("button", name="Export", exact=True).click()
    told = model.lab.notification("packed@1 is exported to packed-1.zip")
    expect(told.get_by_text("Download")).to_be_visible()
    shell.remove("packed")
    page.locator('li[data-id="filebrowser"]').click()
    page.locator(".jp-DirListing-item", has_text="packed-1.zip").click(button="right")
    page.get_by_role("menuitem", name="Import as a model").click()

    expect(model.lab.notification("packed@1 was there already, just so")).to_be_visible()
    assert shell.show("packed").model.name == "packed"


def test_what_changes_elsewhere_is_shown_at_once(
    model: ModelPage, lab: Lab, shell: Workspace
) -> None:
    """A terminal registers another source: badges, snapshots and differences follow."""
    write(lab, 0.9)
    shell.register("churn", lab.notebooks / "churn.ipynb")
    expect(model.panel).to_contain_text("changed since @2")
    snapshots = model.show("Snapshots")
    expect(snapshots).to_contain_text("churn@2 and churn differ in source")
    snapshots.get_by_role("button", name="Take a snapshot").click()

    expect(model.panel.get_by_role("heading", level=2)).to_have_text("churn@3")
    shell.alias("churn", "champion", 3)
    expect(snapshots.get_by_role("list", name="Aliases of churn@3")).to_have_text("champion")


def test_tags_and_aliases_are_given_by_mouse_and_keyboard(
    model: ModelPage, shell: Workspace
) -> None:
    """A terminal knows them at once."""
    overview = model.show("Overview")
    overview.get_by_role("button", name="Add a tag to churn").click()
    overview.get_by_label("Add a tag to churn").fill("fraud")
    overview.get_by_label("Add a tag to churn").press("Enter")
    expect(overview.get_by_role("list", name="Tags of churn")).to_contain_text("fraud")
    model.lab.picture("model-tags")
    snapshots = model.show("Snapshots")
    snapshots.get_by_role("button", name="Give an alias to churn@2").click()
    snapshots.get_by_label("Give an alias to churn@2").fill("challenger")
    snapshots.get_by_label("Give an alias to churn@2").press("Enter")
    expect(snapshots.get_by_role("list", name="Aliases of churn@2")).to_have_text("challenger")

    assert shell.tag("churn").tags == ("demo", "fraud")
    assert shell.show("churn@challenger").snapshot == shell.show("churn@2").snapshot


def test_an_empty_model_says_what_to_do(model: ModelPage, lab: Lab, shell: Workspace) -> None:
    """Every section has a sentence where there is nothing to show."""
    (lab.notebooks / "empty.py").write_text("x = 1\n")
    shell.register("empty", lab.notebooks / "empty.py")
    model.open("empty")
    expect(model.section).to_contain_text("No function is tagged")
    expect(model.section).to_contain_text("No jobs yet")
    expect(model.show("Metrics")).to_contain_text("Write # modelop.metrics above the function")
    expect(model.show("Snapshots")).to_contain_text("nothing to compare yet")
