"""A model in the main area: opened in several ways, with all that belongs to it (issue 15)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

from .axe import serious_issues
from .lab import Lab, window
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
    "Source",
    "Assets",
    "Environment",
    "Snapshots",
    "Jobs",
    "Metrics",
    "Kernels",
)


def write(lab: Lab, auc: float) -> None:
    """Write the model's notebook with a metric of its own."""
    text = MODEL.replace("AUC", str(auc))
    lab.write("churn.ipynb", "import math", "WEIGHT = 0.25\n\n\ndef helper():\n    return math.pi", text)


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
            workspace.metrics("churn", lab.notebooks / "baseline.csv").wait(120)
        workspace.batch("churn", lab.notebooks / "customers.json").wait(120)
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


@pytest.mark.parametrize("width", [1400, 700])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_each_section_can_be_read_by_everyone(model: ModelPage, theme: str, width: int) -> None:
    """In both themes, wide and narrow: axe finds nothing serious, and nothing is cut off."""
    page = model.lab.page
    page.set_viewport_size({"width": width, "height": 1000})
    model.lab.use_theme(theme)
    expected = {
        "Overview": "Last results",
        "Source": "WEIGHT",
        "Assets": "requirements.txt",
        "Environment": "six",
        "Snapshots": "differ in source",
        "Jobs": "batch churn@2",
        "Metrics": "auc",
        "Kernels": "No kernel of this model runs",
    }
    for section in SECTIONS:
        shown = model.show(section)
        expect(shown).to_contain_text(expected[section])
        if section == "Metrics":
            expect(shown.get_by_role("figure").locator("canvas, svg").nth(2)).to_be_visible()
        model.lab.picture(f"model-{section.lower()}-{theme.split()[-1].lower()}-{width}")
        assert serious_issues(page, ".jp-modelop-modelPanel") == []
        assert model.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 1
