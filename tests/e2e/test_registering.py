"""The dialog that registers a notebook: from an untagged function to its first results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from .axe import serious_issues
from .lab import Lab, LabPage, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

PREDICT = """\
import json
import packaging.version

def begin_with(path):
    return json.load(open(path))

def predict(record):
    limit = packaging.version.Version("1.0")
    weights = json.load(open("binaries/weights.json"))
    return {"id": record["id"], "score": weights["factor"] * record["x"], "limit": str(limit)}
"""


DERIVED = (
    "import pathlib\nrows = pathlib.Path('test_data.json').read_text().splitlines()",
    "features = sorted(set(rows[0].split('\"')[1::2]))\nmeans = {'x': float(rows[1][-2])}",
    "means['id'] = 0.5",
    "# modelop.score\ndef score(record):\n    return [record[n] - means[n] for n in features]",
)
TOO_BIG = (
    "import pathlib\nimport packaging.version\nwords = pathlib.Path('words.txt').read_text().split()",
    "names = [word for _ in range(900) for word in pathlib.Path('words.txt').read_text().split()]\n"
    "limit = packaging.version.Version(f'1.{len(words)}')",
    "# modelop.score\ndef score(record):\n    return {'id': names[record['id']], 'limit': str(limit)}",
)
FROZEN = "means = {'x': 1.0, 'id': 0.5}"


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A folder for each test: a kernel that another has used would remember its cells."""
    folder = lab.notebooks / request.node.name
    (folder / "binaries").mkdir(parents=True)
    (folder / "binaries" / "weights.json").write_text('{"factor": 2}')
    lines = [json.dumps({"id": n, "x": n}) for n in range(9)]
    (folder / "test_data.json").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def page(browser: Browser, lab: Lab, folder: Path) -> Iterator[LabPage]:
    """Open an untagged notebook that has run, with files beside it."""
    with window(browser, lab) as page:
        page.open(lab.write(f"{folder.name}/diabetes.ipynb", PREDICT, ""))
        page.run(page.cell("def predict"))
        yield page
        assert page.console_errors == []


def test_an_untagged_notebook_is_registered_and_run(page: LabPage, folder: Path) -> None:
    """Function, files and requirements are offered; the tag is in the cell, and Undo takes it back (issue 15)."""
    sidebar = Sidebar(page)
    sidebar.show()
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    register = dialog.get_by_role("button", name="Register", exact=True)
    expect(dialog.get_by_role("alert")).to_contain_text("No function is tagged")
    expect(register).to_be_disabled()
    page.picture("register-refused")
    assert serious_issues(page.page, ".jp-Dialog") == []
    dialog.get_by_label("predict").check()
    expect(dialog.locator(".jp-modelop-source")).to_contain_text("# modelop.score\ndef predict")
    expect(register).to_be_enabled()
    for file in ("binaries/weights.json", "test_data.json"):
        expect(dialog.get_by_label(file, exact=False).first).to_be_checked()
    expect(dialog).to_contain_text(f"write them to {folder.name}/requirements.txt")
    expect(dialog).to_contain_text("kernel: Python")
    day = dialog.get_by_label("Packages as of")
    day.fill("2999-01-31")
    expect(dialog.get_by_role("alert")).to_contain_text("--as-of 2999-01-31: this is in the future")
    expect(register).to_be_disabled()
    day.fill("")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    expect(register).to_be_enabled()
    page.picture("register-ready")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.use_theme("JupyterLab Dark")
    page.page.set_viewport_size({"width": 480, "height": 900})
    page.picture("register-dark-narrow")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.page.set_viewport_size({"width": 1400, "height": 1000})
    page.use_theme("JupyterLab Light")
    register.click()
    expect(dialog).to_have_count(0)

    expect(page.cells.first).to_contain_text("# modelop.score")
    assert "packaging==" in (folder / "requirements.txt").read_text()
    page.notification("diabetes is registered").get_by_text("Run on 5 sample records").click()
    sidebar.expect_end("Succeeded")
    expect(sidebar.job.get_by_role("table")).to_contain_text("score")
    expect(sidebar.job.locator(".jp-modelop-tile").first).to_contain_text("5")


def test_a_file_that_is_gone_is_unticked_in_the_list(page: LabPage, folder: Path) -> None:
    """The list stays, says why, and Register is there again (issue 15)."""
    sidebar = Sidebar(page)
    sidebar.show()
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    dialog.get_by_label("predict").check()
    expect(dialog.locator(".jp-modelop-source")).to_contain_text("def predict")
    gone = dialog.get_by_label("test_data.json", exact=False).first
    expect(gone).to_be_checked()
    (folder / "test_data.json").unlink()
    dialog.get_by_label("Description").fill("gone")
    expect(dialog.locator("fieldset .jp-modelop-bad")).to_have_text("there is no such file")
    page.picture("register-file-gone")
    assert serious_issues(page.page, ".jp-Dialog") == []
    # It stays ticked, whatever else is changed meanwhile.
    dialog.get_by_label("Description").fill("gone for good")
    expect(dialog.get_by_role("alert")).to_contain_text("there is no such file")
    expect(gone).to_be_checked()
    # A form that is shown without the file has no box any more: to click is all that can be done.
    gone.click()
    expect(gone).to_have_count(0)
    expect(dialog.get_by_role("button", name="Register", exact=True)).to_be_enabled()

    expect(dialog.get_by_label("binaries/weights.json", exact=False).first).to_be_checked()
    dialog.get_by_role("button", name="Cancel").click()


def test_an_edited_cell_is_run_from_the_dialog(page: LabPage) -> None:
    """Its diff is there, and what is registered is what has run then."""
    sidebar = Sidebar(page)
    sidebar.show()
    page.page.keyboard.press("Escape")
    cell = page.cell("def predict")
    cell.locator(".cm-content").click()
    page.page.keyboard.press("Control+End")
    page.page.keyboard.type("# later")
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    dialog.get_by_label("predict").check()
    dialog.get_by_text("Cell 1 was edited since it ran").click()
    expect(dialog.locator("details .jp-modelop-source").first).to_contain_text("+")
    page.picture("register-edited")
    assert serious_issues(page.page, ".jp-Dialog") == []
    dialog.get_by_role("button", name="Run them now").click()
    expect(dialog.get_by_text("was edited since it ran")).to_have_count(0)

    expect(cell.locator(".jp-InputPrompt")).to_have_text("[2]:")
    dialog.get_by_role("button", name="Cancel").click()


def test_values_whose_code_reads_data_are_ticked(page: LabPage, folder: Path) -> None:
    """The kernel tells them; the module has them, unless they are unticked (issue 15)."""
    page.open(page.lab.write(f"{folder.name}/derived.ipynb", *DERIVED))
    page.run_all()
    sidebar = Sidebar(page)
    sidebar.show()
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    register = dialog.get_by_role("button", name="Register", exact=True)
    source = dialog.locator(".jp-modelop-preview .jp-modelop-source")
    values = dialog.get_by_role("group", name="Values to write into the module")
    expect(source).to_contain_text(FROZEN)
    expect(dialog.get_by_role("alert")).to_have_count(0)
    expect(values.get_by_label("features")).to_be_checked()
    expect(values).to_contain_text("cell 2, changed since in cell 3: {'x': float(rows[1][-2])}")
    expect(values).to_contain_text(FROZEN)
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.picture("register-values")
    page.use_theme("JupyterLab Dark")
    page.page.set_viewport_size({"width": 600, "height": 900})
    page.picture("register-values-dark-narrow")
    page.page.set_viewport_size({"width": 1400, "height": 1000})
    page.use_theme("JupyterLab Light")
    values.get_by_label("means").uncheck()
    expect(dialog.get_by_role("alert")).to_contain_text("The model needs means. Tick the value")
    expect(register).to_be_disabled()
    page.picture("register-values-unticked")
    values.get_by_label("means").check()
    expect(source).to_contain_text(FROZEN)
    expect(register).to_be_enabled()
    register.click()
    expect(dialog).to_have_count(0)

    sidebar.open_model("derived")
    expect(page.notification("derived is registered")).to_be_visible()


def test_values_that_are_too_big_become_files_with_a_click(page: LabPage, folder: Path) -> None:
    """The kernel writes them, the module loads them, and the model runs with them (issue 15)."""
    own = folder / "big"
    own.mkdir()
    (own / "words.txt").write_text("one two three four five six seven eight nine")
    (own / "test_data.json").write_text((folder / "test_data.json").read_text())
    page.open(page.lab.write(f"{folder.name}/big/big.ipynb", *TOO_BIG))
    page.run_all()
    sidebar = Sidebar(page)
    sidebar.show()
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    register = dialog.get_by_role("button", name="Register", exact=True)
    source = dialog.locator(".jp-modelop-preview .jp-modelop-source")
    values = dialog.get_by_role("group", name="Values to save as files")
    expect(values).to_contain_text("a pickle needs the same versions of packaging")
    expect(dialog.get_by_role("alert")).to_contain_text("The model needs limit, names")
    expect(register).to_be_disabled()
    page.picture("register-too-big")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.use_theme("JupyterLab Dark")
    page.page.set_viewport_size({"width": 600, "height": 900})
    page.picture("register-too-big-dark-narrow")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.page.set_viewport_size({"width": 1400, "height": 1000})
    page.use_theme("JupyterLab Light")
    values.get_by_role("button", name="Save as names.json").click()
    expect(values.get_by_label("names, loaded from names.json")).to_be_checked()
    values.get_by_role("button", name="Save as limit.pkl").click()
    expect(values.get_by_label("limit, loaded from limit.pkl")).to_be_checked()
    expect(source).to_contain_text('limit = pickle.loads(Path("limit.pkl").read_bytes())')
    expect(dialog.get_by_role("group", name="Requirements")).to_contain_text("packaging==")
    expect(dialog.get_by_label("test_data.json", exact=False).first).to_be_checked()
    expect(register).to_be_enabled()
    page.picture("register-saved")
    assert serious_issues(page.page, ".jp-Dialog") == []
    register.click()
    expect(dialog).to_have_count(0)
    page.notification("is registered").get_by_text("Run on 5 sample records").click()
    sidebar.expect_end("Succeeded")

    assert json.loads((own / "names.json").read_text())[:2] == ["one", "two"]
    expect(sidebar.job.get_by_role("table")).to_contain_text("1.9")


def test_an_edited_notebook_is_registered_again(page: LabPage, folder: Path) -> None:
    """Model and job say that the saved notebook differs, and how, until it is registered again (issue 15)."""
    sidebar = Sidebar(page)
    sidebar.show()
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    dialog.get_by_label("Name").fill("edited")
    dialog.get_by_label("predict").check()
    register = dialog.get_by_role("button", name="Register", exact=True)
    expect(dialog.locator(".jp-modelop-source")).to_contain_text("# modelop.score")
    register.click()
    expect(dialog).to_have_count(0)
    sidebar.open_model("edited")
    sidebar.panel.get_by_role("button", name="Run on 5 sample records").click()
    sidebar.expect_end("Succeeded")
    ran = sidebar.job.get_by_text("The notebook differs from edited@1, which this job runs")
    expect(ran).to_have_count(0)
    tabs = page.page.locator("#jp-main-dock-panel .lm-TabBar-tab")
    tabs.filter(has_text="diabetes.ipynb").click()
    cell = page.cells.first
    expect(cell).to_be_visible()
    cell.locator(".cm-content").click()
    page.page.keyboard.press("Control+End")
    page.page.keyboard.press("Backspace")
    page.page.keyboard.type("  # later")
    page.run(cell)
    page.save("diabetes.ipynb")
    note = sidebar.panel.get_by_text("The notebook differs from edited")
    expect(note).to_be_visible()
    sign = sidebar.panel.get_by_role("img", name="The notebook differs from what is registered")
    expect(sign).to_have_count(1)
    note.click()
    expect(sidebar.panel.locator(".jp-modelop-source")).to_contain_text("# later")
    tabs.filter(has_text="batch edited@1").click()
    expect(ran).to_be_visible()
    page.picture("register-notebook-differs")
    assert serious_issues(page.page, "#modelop-jupyter-sidebar") == []
    assert serious_issues(page.page, ".jp-modelop-jobPanel") == []
    page.use_theme("JupyterLab Dark")
    page.picture("register-notebook-differs-dark")
    assert serious_issues(page.page, "#modelop-jupyter-sidebar") == []
    page.use_theme("JupyterLab Light")
    ran.click()
    expect(sidebar.job.locator("details .jp-modelop-source")).to_contain_text("# later")
    sidebar.job.get_by_role("button", name="Register again").click()
    expect(dialog.get_by_label("Name")).to_have_value("edited")
    expect(dialog.locator(".jp-modelop-preview")).to_contain_text("source edited.py changed")
    # Both texts stand side by side in JupyterLab's own editor, with its colours.
    changes = dialog.get_by_role("region", name="What changes")
    expect(changes.locator(".cm-merge-b .cm-changedLine")).to_contain_text("# later")
    expect(changes.locator(".cm-merge-a .cm-changedLine")).not_to_contain_text("# later")
    expect(changes).not_to_contain_text("Resolving the packages")
    changes.scroll_into_view_if_needed()
    page.picture("register-differences")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.use_theme("JupyterLab Dark")
    page.picture("register-differences-dark")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.page.set_viewport_size({"width": 480, "height": 900})
    expect(changes.locator(".cm-deletedChunk")).to_be_visible()
    page.picture("register-differences-dark-narrow")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.page.set_viewport_size({"width": 1400, "height": 1000})
    page.use_theme("JupyterLab Light")
    register.click()
    expect(dialog).to_have_count(0)

    expect(note).to_have_count(0)
    expect(sign).to_have_count(0)
    expect(ran).to_have_count(0)


SCORE = """\
# modelop.score
def predict(record):
    return {"score": record["x"] * 2}
"""
FRAME = """\
import pandas as pd
df = pd.DataFrame({"id": [1, 2], "x": [1.5, 20]})
"""


@pytest.fixture
def page_without_data(
    browser: Browser, lab: Lab, request: pytest.FixtureRequest
) -> Iterator[LabPage]:
    """Open a notebook that has run, of a model without test data."""
    folder = lab.notebooks / request.node.name
    folder.mkdir()
    with window(browser, lab) as page:
        page.open(lab.write(f"{folder.name}/typed.ipynb", SCORE, FRAME))
        page.run(page.cell("def predict"))
        page.run(page.cell("DataFrame"))
        yield page
        assert page.console_errors == []


def register_as(page: LabPage, name: str) -> Sidebar:
    """Register the open notebook, and return the sidebar."""
    sidebar = Sidebar(page)
    sidebar.show()
    sidebar.panel.get_by_role("button", name="Register notebook").click()
    dialog = sidebar.dialog
    dialog.get_by_label("Name").fill(name)
    expect(dialog.locator(".jp-modelop-source")).to_contain_text("# modelop.score")
    expect(dialog).to_contain_text("a new model")
    dialog.get_by_role("button", name="Register", exact=True).click()
    expect(dialog).to_have_count(0)
    return sidebar


def test_records_are_typed_where_there_is_no_test_data(page_without_data: LabPage) -> None:
    """The form has the columns and values of the notebook's DataFrame; the result opens (issue 15)."""
    page = page_without_data
    sidebar = register_as(page, "typed")
    page.notification("is registered").get_by_text("Run on 5 sample records").click()
    dialog = sidebar.dialog
    expect(dialog).to_contain_text("Fields and values are those of the DataFrame df.")
    expect(dialog.get_by_label("id of record 1")).to_have_count(0)
    first = dialog.get_by_label("x of record 1")
    expect(first).to_have_value("1.5")
    page.picture("sample-form")
    assert serious_issues(page.page, ".jp-Dialog") == []
    run = dialog.get_by_role("button", name="Run", exact=True)
    first.fill("a lot")
    waits = "Run waits for x of record 1: type a number, such as 1.5 instead of 'a lot'."
    expect(dialog.get_by_role("status")).to_have_text(waits)
    expect(run).to_be_disabled()
    page.use_theme("JupyterLab Dark")
    page.page.set_viewport_size({"width": 600, "height": 900})
    page.picture("sample-form-refused-dark-narrow")
    assert serious_issues(page.page, ".jp-Dialog") == []
    page.page.set_viewport_size({"width": 1400, "height": 1000})
    page.use_theme("JupyterLab Light")
    first.fill("21")
    dialog.get_by_role("button", name="Add a record").click()
    expect(dialog.get_by_label("x of record 3")).to_have_value("20")
    dialog.get_by_role("button", name="Remove record 2").click()
    expect(dialog.get_by_label("x of record 3")).to_have_count(0)
    expect(run).to_be_enabled()
    run.click()

    sidebar.expect_end("Succeeded")
    table = sidebar.job.get_by_role("table")
    expect(table).to_contain_text("42")
    expect(table).to_contain_text("40")
    expect(sidebar.job.locator(".jp-modelop-tile").first).to_contain_text("2")


def test_a_folder_of_mlflow_is_registered_in_the_file_browser(
    browser: Browser, lab: Lab, request: pytest.FixtureRequest
) -> None:
    """Its context menu has the dialog, which shows the source that is written for it."""
    folder = lab.notebooks / request.node.name / "doubled"
    (folder / "code").mkdir(parents=True)
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: twice\n    code: code\n"
    )
    (folder / "requirements.txt").write_text("packaging\n")
    (folder / "code" / "twice.py").write_text("def _load_pyfunc(path): ...\n")
    with window(browser, lab) as page:
        page.open(lab.write(f"{request.node.name}/plain.ipynb", ""))
        item = page.page.locator(".jp-DirListing-item").filter(has_text="doubled")
        item.click(button="right")
        page.page.locator(".lm-Menu-item").filter(has_text="Register as a model…").click()
        dialog = Sidebar(page).dialog
        expect(dialog.get_by_label("Name")).to_have_value("doubled")
        expect(dialog.locator(".jp-modelop-source")).to_contain_text(
            'importlib.import_module("twice")._load_pyfunc(".")'
        )
        expect(dialog).to_contain_text("a new model")
        page.picture("register-mlflow-folder")
        dialog.get_by_role("button", name="Register", exact=True).click()

        expect(page.page.get_by_text("doubled is registered").first).to_be_visible()
        assert page.console_errors == []
