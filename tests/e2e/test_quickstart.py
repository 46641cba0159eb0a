"""The quickstart as a new user sees it in JupyterLab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .lab import LabPage

pytestmark = pytest.mark.browser

REGISTER = "%modelop register"
BATCH = "%modelop batch"
METRICS = "%modelop metrics"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (REGISTER, "breast-cancer"),
        (REGISTER, "requirements.txt"),
        (BATCH, "Succeeded"),
        (BATCH, "SUCCESS"),
        (BATCH, "171"),
        (METRICS, "COMPLETE"),
        (METRICS, "accuracy"),
        (METRICS, "auc"),
        (METRICS, "breast-cancer@1"),
        ("read_json", "benign"),
        ("Workspace()", "accuracy 0.971"),
    ],
)
def test_cells_show_what_was_done(quickstart: LabPage, cell: str, text: str) -> None:
    """Each magic leaves its result in sight."""
    expect(quickstart.output(quickstart.cell(cell))).to_contain_text(text)


def test_the_captured_source_can_be_read(quickstart: LabPage) -> None:
    """Registering shows the module that was made of the cells (spec 13.1)."""
    output = quickstart.output(quickstart.cell(REGISTER))

    expect(output).to_contain_text(re.compile(r"def stability_index"))
    expect(output).not_to_contain_text("LogisticRegression")


def test_no_cell_complains(quickstart: LabPage) -> None:
    """No output is an error or a warning on stderr."""
    complaints = quickstart.notebook.locator(
        "[data-mime-type='application/vnd.jupyter.error'],"
        " [data-mime-type='application/vnd.jupyter.stderr']"
    )

    expect(complaints).to_have_count(0)
    assert quickstart.console_errors == []


@pytest.mark.parametrize("width", [1400, 700])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("cell", [REGISTER, BATCH, METRICS])
def test_outputs_fit_the_window(quickstart: LabPage, cell: str, theme: str, width: int) -> None:
    """No output is wider than its place, in a wide window and in a narrow one."""
    quickstart.page.set_viewport_size({"width": width, "height": 1000})
    quickstart.use_theme(theme)
    output = quickstart.output(quickstart.cell(cell))
    output.scroll_into_view_if_needed()
    verb, shade = cell.split()[-1], theme.split()[-1].lower()
    quickstart.picture(f"quickstart-{verb}-{shade}-{width}", of=output)
    place = output.locator(".jp-OutputArea").first
    overflow = place.evaluate("area => area.scrollWidth - area.clientWidth")

    assert overflow <= 1
