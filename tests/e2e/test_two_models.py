"""Issue 4 is done when two models that contradict one another run side by side in one notebook."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE

from . import two_models
from .lab import Lab, LabPage, window

SIDES = pytest.mark.parametrize("side", [0, 1], ids=["older", "newer"])


@dataclass(frozen=True)
class Run:
    """The notebook as nbclient ran it, and where."""

    notebook: Any
    folder: Path
    sides: tuple[two_models.Side, two_models.Side]

    def value(self, cell: str) -> Any:
        """The value that a cell ends with."""
        found = next(each for each in self.notebook.cells if each.source.startswith(cell))
        return ast.literal_eval(found.outputs[-1]["data"]["text/plain"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it in a folder and a home of its own."""
    folder = tmp_path_factory.mktemp("two")
    both = two_models.sides(folder / "home" / "environments")
    notebook = nbformat.read(folder / two_models.write(folder, *both), as_version=4)
    client = NotebookClient(
        notebook,
        timeout=int(PATIENCE),
        startup_timeout=int(PATIENCE),
        resources={"metadata": {"path": str(folder)}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(folder / "home"))
        client.execute()
        yield Run(notebook, folder, both)


@pytest.mark.slow
@SIDES
def test_each_sees_only_its_own_in_jobs_and_in_kernels(run: Run, side: int) -> None:
    """Its Python, its version of what both have, and nothing of the other's."""
    model = run.sides[side]
    by_job = json.loads((run.folder / f"{model.name}.json").read_text())
    by_kernel = run.value(f"%%modelop run {model.name} --load")

    assert by_job == by_kernel == model.sees


@pytest.mark.slow
@SIDES
def test_each_proves_it_after_its_kernel_ran(run: Run, side: int) -> None:
    """Nothing was put into the environments, and what is imported lies there."""
    model = run.sides[side]
    file = run.value(f"%%modelop run {model.name}\n")
    with Workspace(Settings.from_environment()) as workspace:
        environment = workspace.env_build(model.name)
        proof = workspace.env_prove(model.name).proof

    assert proof.is_exact
    assert environment.interpreter.minor == model.python
    assert file.startswith(environment.path)


@pytest.fixture(scope="module")
def shown(
    browser: Browser, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LabPage, tuple[two_models.Side, two_models.Side]]]:
    """The same notebook as a person sees it."""
    both = two_models.sides(tmp_path_factory.mktemp("pythons"))
    with window(browser, lab) as page:
        page.open(two_models.write(lab.notebooks, *both))
        page.run_all()
        yield page, both


@pytest.mark.browser
@SIDES
def test_a_person_sees_them_apart(
    shown: tuple[LabPage, tuple[two_models.Side, two_models.Side]], side: int
) -> None:
    """The cells of one notebook tell of two Pythons and two versions."""
    page, both = shown
    model = both[side]
    told = page.output(page.cell(f"%%modelop run {model.name} --load"))
    job = page.output(page.cell(f"%modelop batch {model.name}"))
    proof = page.output(page.cell(f"%modelop env prove {model.name}"))
    kernels = page.output(page.cell("%modelop kernel list"))

    expect(job).to_contain_text("Succeeded")
    expect(told).to_contain_text(model.packaging)
    expect(told).to_contain_text(model.python)
    expect(proof).to_contain_text("exact")
    expect(kernels).to_contain_text(model.name)
    assert page.console_errors == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1400, 700])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("cell", ["env prove newer", "kernel list"])
def test_what_they_see_fits_the_window(
    shown: tuple[LabPage, object], cell: str, theme: str, width: int
) -> None:
    """No output is wider than its place."""
    page, _ = shown
    page.page.set_viewport_size({"width": width, "height": 1000})
    page.use_theme(theme)
    output = page.output(page.cell(f"%modelop {cell}"))
    output.scroll_into_view_if_needed()
    page.picture(f"two-{cell.split()[0]}-{theme.split()[-1].lower()}-{width}", of=output)
    place = output.locator(".jp-OutputArea").first
    overflow = place.evaluate("area => area.scrollWidth - area.clientWidth")

    assert overflow <= 1
