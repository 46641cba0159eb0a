"""Widgets that live in an isolated kernel, as a person moves them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .lab import Lab, LabPage, window

pytestmark = pytest.mark.browser

SLIDER = """\
%%modelop run moved
import ipywidgets as widgets
slider, label, caught = widgets.IntSlider(5), widgets.Label("not moved"), widgets.Output()
def moved(change):
    label.value = f"moved to {change.new}"
    with caught:
        print("caught", change.new)
slider.observe(moved, "value")
display(slider, label, caught)"""
BAR = "%%modelop run moved\nfrom tqdm.notebook import tqdm\nfor _ in tqdm(range(7)): pass"
WRONG = "%%modelop run moved\n1 / 0"


@pytest.fixture(scope="module")
def widgets(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """A notebook with a slider, a bar and an error, all of a model's kernel."""
    (lab.notebooks / "moved.py").write_text("# modelop.score\ndef score(r):\n    yield r\n")
    (lab.notebooks / "widgets.txt").write_text("ipywidgets\ntqdm\n")
    register = "%modelop register moved moved.py --asset widgets.txt=REQUIRED_LIBRARIES"
    with window(browser, lab) as page:
        page.open(lab.write("w.ipynb", "%load_ext modelop_jupyter", register, SLIDER, BAR, WRONG))
        page.run_all()
        yield page


def slider(page: LabPage) -> Locator:
    return page.cell("IntSlider").locator(".noUi-handle")


def test_a_slider_reaches_its_kernel_and_the_answer_comes_back(widgets: LabPage) -> None:
    """What is moved here is observed there; another widget changes, and one catches what is printed."""
    slider(widgets).press("ArrowRight")
    output = widgets.output(widgets.cell("IntSlider"))

    expect(output).to_contain_text("moved to 6")
    expect(output).to_contain_text("caught 6")


def test_a_bar_of_tqdm_is_drawn(widgets: LabPage) -> None:
    """``tqdm.notebook`` is a widget, too."""
    output = widgets.output(widgets.cell("tqdm"))

    expect(output.locator(".widget-hprogress, .jupyter-widget-hprogress").first).to_be_visible()
    expect(output).to_contain_text("7/7")


def test_a_traceback_names_the_cell_it_stands_under(widgets: LabPage) -> None:
    """The kernel counts as the notebook does."""
    expect(widgets.output(widgets.cell("1 / 0"))).to_contain_text("Cell In[5], line 1")


def test_widgets_live_on_when_the_page_is_loaded_again(widgets: LabPage) -> None:
    """The new page asks each for its state, and moves it."""
    widgets.save("w.ipynb")
    widgets.reload(holding="w.ipynb")
    slider(widgets).press("ArrowRight")

    expect(widgets.output(widgets.cell("IntSlider"))).to_contain_text("moved to 7")
    assert widgets.console_errors == []
