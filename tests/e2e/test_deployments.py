"""A model that answers requests: deployed, tried, watched and stopped with the mouse alone (issue 17)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Locator, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

from .axe import serious_issues
from .lab import Lab, window
from .model_page import ModelPage
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

MODEL = """\
# modelop.schema.0: customer.avsc
# modelop.score
def score(record):
    yield {"leaves": WEIGHT * record["calls"] / record["months"]}
"""
SCHEMA = {
    "type": "record",
    "name": "customer",
    "fields": [
        {"name": "calls", "type": "int", "default": 8},
        {"name": "months", "type": "int", "default": 4},
    ],
}


def register(workspace: Workspace, lab: Lab, weight: float) -> None:
    """Register the model with a weight of its own, and take a snapshot."""
    (lab.notebooks / "churn.py").write_text(MODEL.replace("WEIGHT", str(weight)))
    workspace.register(
        "churn", lab.notebooks / "churn.py", assets=[lab.notebooks / "customer.avsc"]
    )
    workspace.snapshot("churn")


@pytest.fixture(scope="module")
def shell(lab: Lab) -> Iterator[Workspace]:
    """The home of the server as a terminal beside it has it, with a model in two snapshots."""
    (lab.notebooks / "customer.avsc").write_text(json.dumps(SCHEMA))
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        for weight in (0.25, 0.5):
            register(workspace, lab, weight)
        workspace.environment("churn")
        yield workspace
        # A server process outlives the JupyterLab that has started it.
        for deployment in workspace.deployments():
            workspace.deployments.stop(deployment.name)


@pytest.fixture(scope="module")
def model(browser: Browser, lab: Lab, shell: Workspace) -> Iterator[ModelPage]:
    """A window with the model's page beside an empty notebook."""
    with window(browser, lab) as page:
        page.open(lab.write("plain.ipynb", ""))
        Sidebar(page).show()
        model = ModelPage(page)
        model.open("churn")
        yield model
        assert page.console_errors == []


def deploy(model: ModelPage, snapshot: int, *, shadow: bool = False) -> None:
    """Choose a snapshot in the dialog, and deploy it."""
    dialog = model.lab.page.locator(".jp-Dialog")
    dialog.get_by_label("Snapshot").select_option(str(snapshot))
    dialog.get_by_role("checkbox").set_checked(shadow)
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    expect(dialog).to_have_count(0)


def tile(model: ModelPage, name: str) -> Locator:
    """Return the number above a word."""
    return model.section.locator(".jp-modelop-tile", has_text=name).locator("strong")


def test_a_model_is_deployed_by_its_button(model: ModelPage) -> None:
    """The page shows it once it answers, and where."""
    page = model.lab.page
    dialog = page.locator(".jp-Dialog")
    model.panel.get_by_role("button", name="Deploy churn").click()
    dialog.get_by_label("Port").fill("many")
    expect(dialog).to_contain_text("Port: enter a number from 1 to 65535")
    expect(dialog.get_by_role("button", name="Deploy", exact=True)).to_be_disabled()
    dialog.get_by_label("Port").fill("")
    model.lab.picture("deploy-dialog")
    assert serious_issues(page, ".jp-Dialog") == []
    dialog.get_by_label("Snapshot").select_option("1")
    dialog.get_by_role("button", name="Deploy", exact=True).click()

    expect(model.panel.get_by_role("tab", name="Deployment")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(model.section).to_contain_text("churn@1Ready")
    expect(model.section.locator("code").first).to_have_text(
        f"{model.lab.lab.url}/modelop-jupyter/deployments/churn/"
    )
    expect(model.section).to_contain_text("""-d '{"calls":8,"months":4}'""")


def test_its_own_page_opens_in_a_new_tab(model: ModelPage) -> None:
    """Below Jupyter's address, with Jupyter's login and no other."""
    with model.lab.page.context.expect_page() as opened:
        model.section.get_by_role("link", name="Open the page of churn@1").click()
    expect(opened.value.locator("body")).to_contain_text("churn@1")
    opened.value.close()


def test_a_record_is_tried_in_the_form(model: ModelPage) -> None:
    """The answer is beside it, and counted above it."""
    model.section.get_by_role("tab", name="Try a record").click()
    answer = model.section.get_by_role("region", name="Answer")
    send = model.section.get_by_role("button", name="Send")
    calls = model.section.get_by_label("calls of record 1")
    calls.fill("many")
    expect(send).to_have_attribute("aria-disabled", "true")
    calls.fill("12")
    send.click()
    expect(answer).to_contain_text("0.75")
    expect(answer).to_contain_text("200")
    expect(tile(model, "scored")).to_have_text("1")
    model.lab.picture("deployment-try")
    model.section.get_by_label("months of record 1").fill("0")
    calls.press("Enter")

    expect(answer).to_contain_text("500")
    expect(answer).to_contain_text("division by zero")
    expect(tile(model, "failed")).to_have_text("1")


def test_a_record_that_failed_is_opened_in_its_kernel(model: ModelPage) -> None:
    """The cell that has it is put into the notebook, and run."""
    model.section.get_by_role("tab", name="Failures (1)").click()
    failure = model.section.get_by_role("list", name="Records without an output")
    failure.locator("summary").click()
    expect(failure).to_contain_text("ZeroDivisionError")
    model.lab.picture("deployment-failures")
    failure.get_by_role("button", name="Open in isolated kernel").click()
    cell = model.lab.cell("%%modelop run churn --record deployment:0")
    expect(model.lab.output(cell)).to_contain_text("'months': 0")
    model.lab.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="churn").first.click()


def test_another_snapshot_is_compared_before_it_takes_over(model: ModelPage) -> None:
    """As a shadow its answers are only shown; then it answers, and goes back."""
    section = model.section
    section.get_by_role("button", name="Replace… churn@1").click()
    deploy(model, 2, shadow=True)
    section.get_by_role("tab", name=re.compile("Shadow")).click()
    expect(section.get_by_role("tabpanel")).to_contain_text("Ready")
    section.get_by_role("tab", name="Try a record").click()
    section.get_by_label("months of record 1").fill("4")
    section.get_by_role("button", name="Send").click()
    expect(section.get_by_role("region", name="Answer")).to_contain_text("0.75")
    section.get_by_role("tab", name="Shadow (1)").click()
    expect(section.get_by_role("tabpanel")).to_contain_text("1 of 1 answers differ")
    expect(section.get_by_role("table")).to_contain_text("1.5")
    model.lab.picture("deployment-shadow")
    section.get_by_role("button", name="Let it take over").click()
    expect(section).to_contain_text("churn@2Ready")
    section.get_by_role("button", name="Go back to @1").click()

    expect(section).to_contain_text("churn@1Ready")


def test_it_can_be_read_by_everyone(model: ModelPage, shell: Workspace) -> None:
    """In both themes, wide and narrow: axe finds nothing serious, and nothing is cut off."""
    page, sidebar = model.lab.page, Sidebar(model.lab)
    sidebar.panel.locator(".jp-AccordionPanel-title", has_text="Deployments").click()
    line = sidebar.panel.get_by_role("list", name="Deployments")
    expect(line).to_contain_text("churn@1")
    for number in range(40):
        shell.deployments.score("churn", {"calls": number, "months": number % 8})
    for theme, width in product(("JupyterLab Light", "JupyterLab Dark"), (1400, 700)):
        page.set_viewport_size({"width": width, "height": 1000})
        model.lab.use_theme(theme)
        for tab in ("Load", "Try a record", "Failures", "Log"):
            model.section.get_by_role("tab", name=re.compile(tab)).click()
            name = f"deployment-{tab.split()[0].lower()}-{theme.split()[-1].lower()}-{width}"
            model.lab.picture(name)
            assert serious_issues(page, ".jp-modelop-modelPanel") == [], (theme, width, tab)
            assert model.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 1
        for side in (250, 600) if width == 1400 else ():
            sidebar.set_width(side)
            name = f"deployment-sidebar-{theme.split()[-1].lower()}-{side}"
            model.lab.picture(name, of=sidebar.panel)
            assert serious_issues(page, "#modelop-jupyter-sidebar") == [], (theme, side)
            assert line.evaluate("list => list.scrollWidth - list.clientWidth") <= 1
        sidebar.set_width(250)


def test_it_is_stopped_in_the_sidebar(model: ModelPage) -> None:
    """The line says so, and the page too."""
    line = Sidebar(model.lab).panel.get_by_role("list", name="Deployments")
    line.get_by_role("button", name="Stop churn@1").click()
    expect(line.get_by_role("button", name="Deploy churn again")).to_be_visible()

    expect(model.section).to_contain_text("churn@1Stopped")
