"""The widget panel in JupyterLab."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, expect

from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

from .axe import serious_issues
from .lab import Lab, LabPage, window

pytestmark = pytest.mark.browser

PANEL = "%modelop panel"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def lab_page(browser: Browser, lab: Lab, doubler: str) -> Iterator[LabPage]:
    """A notebook with a model, whose panel is shown."""
    many = [{"x": n, "seconds": 0.05} for n in range(20_000)]
    bad = [{"x": 1}, {"z": 1}]
    for name, records in (("many.json", many), ("bad.json", bad)):
        (lab.notebooks / name).write_text("".join(json.dumps(record) + "\n" for record in records))
    (lab.notebooks / "requirements.txt").write_text("pandas\n")
    cells = ("%load_ext modelop_jupyter", doubler, PANEL, "6 * 7")
    with window(browser, lab) as page:
        page.open(lab.write("paneled.ipynb", *cells))
        page.run_all()
        yield page


@pytest.fixture
def panel(lab_page: LabPage) -> Locator:
    return lab_page.output(lab_page.cell(PANEL)).locator(".modelop-panel")


def run(panel: Locator, button: str, file: str) -> None:
    """Run a job over a file."""
    panel.get_by_role("button", name=button, exact=True).click()
    panel.get_by_label("Input", exact=True).fill(file)
    expect(panel.locator("pre", has_text=f" {file}")).to_be_visible()
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.get_by_label("Input", exact=True)).to_have_count(0)


def test_a_notebook_is_registered(lab_page: LabPage, panel: Locator) -> None:
    """With a file that may belong to it; the source is shown before."""
    panel.get_by_role("button", name="Register notebook").click()
    panel.get_by_label("requirements.txt (its name").check()
    expect(panel.get_by_text("Source to be registered")).to_be_visible()
    lab_page.picture("panel-register", of=panel)
    panel.get_by_role("button", name="Register", exact=True).click()

    expect(panel.get_by_label("Model", exact=True)).to_have_value("paneled")
    expect(panel.get_by_label("requirements.txt", exact=True)).to_have_value("Required libraries")


def test_a_role_is_changed(panel: Locator) -> None:
    """ModelOp's labels stand in the list."""
    panel.get_by_label("requirements.txt", exact=True).select_option("Unknown")
    expect(panel).to_contain_text("Required libraries -> UNKNOWN")
    panel.get_by_label("requirements.txt", exact=True).select_option("Required libraries")
    expect(panel).to_contain_text("UNKNOWN -> Required libraries")


def test_a_batch_runs_beside_other_cells_and_is_stopped(lab_page: LabPage, panel: Locator) -> None:
    """The kernel is free meanwhile."""
    run(panel, "Run batch", "many.json")
    expect(panel).to_contain_text("scored")
    lab_page.run(lab_page.cell("6 * 7"))
    expect(lab_page.output(lab_page.cell("6 * 7"))).to_contain_text("42")
    expect(panel.get_by_text("Running")).to_be_visible()
    lab_page.picture("panel-running", of=panel)
    panel.get_by_title("Stop batch of paneled").click()

    expect(panel.get_by_text("Cancelled").first).to_be_visible()
    expect(panel.get_by_title("Stop batch of paneled")).to_be_hidden()


def test_metrics_are_read_in_the_panel(panel: Locator) -> None:
    """What the function returned, when the job has ended."""
    run(panel, "Run metrics", "bad.json")

    expect(panel).to_contain_text("rows_seen")


def test_a_refused_input_has_a_button_that_mends_it(lab_page: LabPage, panel: Locator) -> None:
    """An input that is refused is read in the format that it has."""
    panel.get_by_role("button", name="Run batch").click()
    expect(panel.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    expect(panel).to_contain_text("Run waits for an input")
    (lab_page.lab.notebooks / "lines.csv").write_text('{"x": 1}\n{"x": 2}\n')
    panel.get_by_label("Input", exact=True).fill("lines.csv")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("is JSON lines, not CSV")
    lab_page.picture("panel-format", of=panel)
    panel.get_by_role("button", name="Read it as jsonl").click()
    expect(panel.locator("pre", has_text="--format jsonl")).to_be_visible()
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.get_by_label("Input", exact=True)).to_have_count(0)

    expect(panel).to_contain_text("2 in, 2 scored, 2 out")


def test_bad_records_are_read_in_the_panel(panel: Locator) -> None:
    """With what the model said of them."""
    run(panel, "Run batch", "bad.json")

    expect(panel).to_contain_text("KeyError")
    expect(panel).to_contain_text("Finished with 1 failed record")


def test_an_input_is_chosen_in_a_folder_and_limited(lab_page: LabPage, panel: Locator) -> None:
    """The list has the files of the working directory; what is set is in the title of the limits."""
    folder = lab_page.lab.notebooks / "deep"
    folder.mkdir()
    (folder / "two rows.json").write_text('{"x": 1}\n{"x": 2}\n')
    panel.get_by_role("button", name="Run batch").click()
    form = panel.locator(".modelop-form")
    form.get_by_role("button", name="Choose a file…").click()
    form.get_by_label("Filter files").fill("dee")
    expect(form.get_by_role("button", name="bad.json")).to_have_count(0)
    form.get_by_role("button", name="deep").click()
    form.get_by_role("button", name="two rows.json").click()
    expect(form.get_by_label("Input", exact=True)).to_have_value("'deep/two rows.json'")
    form.get_by_role("button", name="Limits: none").click()
    form.get_by_label("Memory").fill("plenty")
    expect(form).to_contain_text("'plenty' is not a size such as 2GB or 500MB")
    form.get_by_label("Memory").fill("2GB")
    form.get_by_label("Maximum records").fill("1")
    expect(form.get_by_role("button", name="Limits: Maximum records 1, Memory 2GB")).to_be_visible()
    expect(form.locator("pre", has_text="--limit 1 --memory 2GB")).to_be_visible()
    lab_page.picture("panel-limits", of=panel)
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form).to_have_count(0)

    expect(panel).to_contain_text("1 in, 1 scored, 1 out")


def test_a_model_is_checked(lab_page: LabPage, panel: Locator) -> None:
    """The card is the one of the magic; the functions of this notebook are called, too (issue 16)."""
    panel.get_by_role("button", name="Check model").click()
    form = panel.locator(".modelop-form")
    expect(form).to_contain_text("Check waits for a sample")
    form.get_by_label("Sample").fill("bad.json")
    button = form.get_by_role("button", name="Check", exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(form).to_have_count(0)
    card = panel.locator(".modelop-view", has_text="check of paneled@")

    expect(card).to_be_visible()
    expect(card).to_contain_text("Notebook and model agree")
    lab_page.picture("panel-check", of=panel)


def test_a_model_that_appears_elsewhere_leaves_the_list_open(
    lab_page: LabPage, panel: Locator
) -> None:
    """The list of models is the same element, which keeps the focus."""
    models = panel.get_by_label("Model", exact=True)
    models.focus()
    settings = Settings(lab_page.lab.home, f"sqlite:///{lab_page.lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        (lab_page.lab.notebooks / "other.py").write_text(
            "# modelop.score\ndef action(x):\n    yield x\n"
        )
        workspace.register("other", lab_page.lab.notebooks / "other.py")
    expect(models.get_by_role("option")).to_have_text(["other", "paneled"])

    expect(models).to_be_focused()
    expect(models).to_have_value("paneled")


def test_a_mistake_is_one_sentence(panel: Locator) -> None:
    """The form stays, so that it can be mended."""
    panel.get_by_role("button", name="Run batch").click()
    panel.get_by_label("Input", exact=True).fill("nowhere.json")
    panel.get_by_role("button", name="Run", exact=True).click()

    # What a check found is an alert, too.
    mistake = panel.get_by_role("alert").filter(has_text="no such file")
    expect(mistake).to_be_visible()
    expect(panel.get_by_label("Input", exact=True)).to_have_value("nowhere.json")
    panel.get_by_role("button", name="Cancel").click()
    expect(mistake).to_have_count(0)
    expect(panel.get_by_label("Input", exact=True)).to_have_count(0)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [1000, 600, 400, 250])
def test_the_panel_fits(lab_page: LabPage, panel: Locator, theme: str, width: int) -> None:
    """In a wide cell and in narrow ones, with everything unfolded and a form."""
    form = panel.get_by_role("button", name="Run", exact=True)
    if form.count() == 0:
        panel.get_by_role("button", name="Run batch").click()
    expect(form).to_be_visible()
    # The parts of a form are drawn one by one.
    for name, count in (("Functions", 1), ("Environment", 1), ("Limits", 1), ("Choose a file", 2)):
        folds = panel.locator(".modelop-fold", has_text=name)
        expect(folds).to_have_count(count)
        for place in range(folds.count()):
            if "mod-active" not in (folds.nth(place).get_attribute("class") or ""):
                folds.nth(place).click()
    expect(panel.get_by_role("button", name="bad.json")).to_have_count(2)
    lab_page.use_theme(theme)
    panel.evaluate("(node, width) => { node.style.width = `${width}px`; }", width)
    lab_page.page.set_viewport_size({"width": 1400, "height": 2200})
    lab_page.picture(f"panel-{theme.split()[-1].lower()}-{width}", of=panel)
    too_wide = """node => [...node.querySelectorAll('*')].filter(each =>
        each.getBoundingClientRect().right > node.getBoundingClientRect().right + 1
        && !each.closest('.mo-scroll, pre, datalist, option')).map(each => each.className)"""

    assert panel.evaluate(too_wide) == []
    # What a job shows is an output, from which JupyterLab takes what would let the keyboard scroll it.
    assert serious_issues(lab_page.page, ".modelop-panel", without=".widget-output") == []


def test_records_of_a_first_run_are_typed(lab_page: LabPage, panel: Locator) -> None:
    """As JSON where nothing names the fields; Run waits until that can be read (issue 15)."""
    panel.get_by_role("button", name="Run on 5 sample records").click()
    records = panel.get_by_label("Records as JSON")
    run_button = panel.get_by_role("button", name="Run", exact=True)
    expect(run_button).to_be_enabled()
    records.fill('{"x": ')
    expect(panel.get_by_text("Run waits for records: type JSON")).to_be_visible()
    expect(run_button).to_be_disabled()
    lab_page.picture("panel-sample", of=panel)
    records.fill('[{"x": 21}, {"x": 22}]')
    expect(run_button).to_be_enabled()
    run_button.click()

    expect(records).to_have_count(0)
    expect(panel.get_by_text("2 scored").first).to_be_visible()


def test_a_saved_notebook_has_a_static_page(lab_page: LabPage, panel: Locator) -> None:
    """Hidden while the widgets live; nbviewer, GitHub and nbconvert show only this."""
    output = lab_page.output(lab_page.cell(PANEL))
    expect(output.get_by_text("%modelop panel shows the current state")).to_be_hidden()
    lab_page.save("paneled.ipynb")
    saved = nbformat.read(lab_page.lab.notebooks / "paneled.ipynb", as_version=4)
    form, widgets = (output.data for output in saved.cells[2].outputs)

    assert set(form) == {"text/html", "text/plain"}
    assert "%modelop panel shows the current state" in form["text/plain"]
    assert set(widgets) == {WIDGET, "text/html", "text/plain"}
    assert "widgets" not in saved.metadata


def test_the_static_page_has_the_results_of_actions(lab_page: LabPage) -> None:
    """When the cell was run, there was no model yet."""
    saved = nbformat.read(lab_page.lab.notebooks / "paneled.ipynb", as_version=4)
    form = saved.cells[2].outputs[0].data

    assert "requirements.txt" in form["text/plain"]
    assert "paneled@1" in form["text/html"]


def test_without_its_kernel_the_static_page_is_shown_and_no_error(
    lab_page: LabPage, page: LabPage
) -> None:
    """Instead of JupyterLab's error that the widgets are not found."""
    shutil.copy(lab_page.lab.notebooks / "paneled.ipynb", lab_page.lab.notebooks / "later.ipynb")
    page.open("later.ipynb")
    output = page.output(page.cell(PANEL))
    dead = output.get_by_text("Error displaying widget")
    # The page looks for a widget's model for two seconds before it says that there is none.
    expect(dead).to_have_count(1)
    expect(dead).to_be_hidden()
    expect(output.get_by_text("%modelop panel shows the current state")).to_be_visible()
    expect(output).to_contain_text("requirements.txt")
    page.picture("panel-opened-later", of=output)


def test_closing_leaves_the_static_page(lab_page: LabPage, panel: Locator) -> None:
    """Without widgets, and without errors in the browser's console."""
    panel.get_by_role("button", name="Close").click()
    output = lab_page.output(lab_page.cell(PANEL))

    expect(panel).to_have_count(0)
    expect(output).to_contain_text("%modelop panel shows the current state")
    expect(output).to_contain_text("requirements.txt")
    lab_page.picture("panel-closed", of=output)
    assert lab_page.console_errors == []


def test_the_static_page_replaces_a_panel_whose_kernel_was_restarted(
    lab_page: LabPage,
) -> None:
    """No buttons without effect are left."""
    lab_page.run(lab_page.cell(PANEL))
    output = lab_page.output(lab_page.cell(PANEL))
    form = output.get_by_text("%modelop panel shows the current state")
    expect(output.get_by_role("button", name="Run batch")).to_be_visible()
    expect(form).to_be_hidden()
    restart = "void window.jupyterapp.commands.execute('notebook:restart-kernel')"
    lab_page.page.evaluate(f"() => {{ {restart} }}")
    lab_page.page.locator(".jp-Dialog .jp-mod-accept").click()

    expect(form).to_be_visible()
    expect(output.get_by_role("button", name="Run batch")).to_be_hidden()
