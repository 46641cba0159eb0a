"""The sidebar in the oldest hosts that it promises, and in Notebook 7, by mouse (issue 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from . import hosts
from .lab import LabPage, window
from .serving import serving
from .sidebar import Sidebar

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL = "# modelop.score\ndef action(record):\n    yield {'double': 2 * record['x']}\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hosts.wheel(tmp_path_factory.mktemp("wheel"))


def in_lab(page: LabPage) -> None:
    """Open the notebook in JupyterLab, and the sidebar with its tab."""
    page.open("double.ipynb")
    Sidebar(page).show()


def in_notebook(page: LabPage) -> None:
    """Open the notebook in Notebook 7, and the sidebar with the View menu."""
    page.page.goto(f"{page.lab.url}/notebooks/double.ipynb?token={page.lab.token}")
    expect(page.page.locator(".jp-Toolbar-kernelName")).to_have_text("Python 3 (ipykernel)")
    idle = page.page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    expect(idle).to_be_visible()
    page.page.get_by_role("menuitem", name="View", exact=True).click()
    page.page.get_by_role("menuitem", name="Show models, environments and jobs").click()


@pytest.mark.parametrize(
    ("host", "app", "enter"),
    [
        ("jupyterlab==4.0.*", "jupyterlab", in_lab),
        ("jupyterlab==4.2.*", "jupyterlab", in_lab),
        ("notebook==7.*", "notebook", in_notebook),
    ],
)
def test_a_batch_from_the_notebook_to_its_records(
    browser: Browser,
    tmp_path: Path,
    wheel: Path,
    host: str,
    app: str,
    enter: Callable[[LabPage], None],
) -> None:
    """Registered, run and read as in the newest JupyterLab, without an error in the console."""
    python = hosts.install(tmp_path / "environment", wheel, host)
    with serving(tmp_path, [str(python), "-m", app]) as lab, window(browser, lab) as page:
        rows = [json.dumps({"x": x}) for x in (1, 2, 3)]
        (lab.notebooks / "numbers.json").write_text("\n".join(rows))
        lab.write("double.ipynb", MODEL)
        enter(page)
        page.run(page.cells.first)
        sidebar = Sidebar(page)
        sidebar.register("double")
        sidebar.open_model("double")
        sidebar.open_part("Functions", "double")
        sidebar.run("Run batch", "numbers.json")
        sidebar.expect_end("Succeeded")
        expect(sidebar.job.get_by_role("row")).to_have_count(4)
        expect(sidebar.job.get_by_role("table")).to_contain_text("double")
        page.picture(f"host-{host.replace('==', '-').removesuffix('.*')}")
        sidebar.panel.get_by_role("button", name="action", exact=True).click()

        expect(page.notebook.locator(".jp-Cell.jp-mod-active")).to_contain_text("def action")
        # Notebook 7.6 has an error of its own at every start.
        assert [each for each in page.console_errors if "modelop" in each] == []
