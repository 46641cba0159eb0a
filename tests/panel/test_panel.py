"""The panel's widgets and threads, without a page that shows them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from ipywidgets.widgets.widget import _instances

from modelop_jupyter import Panel
from modelop_jupyter.commands.notebook import NotebookSession
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.previews import RequirementsPlan
from modelop_jupyter.domain.requirements.changes import InferredRequirements
from modelop_jupyter.domain.source_code.function_options import FunctionOption
from modelop_jupyter.panel.check_form import CheckForm
from modelop_jupyter.panel.job_form import JobForm
from modelop_jupyter.panel.model import ModelSection
from modelop_jupyter.panel.register_form import RegisterForm
from modelop_jupyter.panel.registration_draft import RegistrationDraft
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker
from tests.engines import nearby

from ..waiting import PATIENCE

WIDGET = "application/vnd.jupyter.widget-view+json"
HOSTILE = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture
def panel(churn: PanelState, shell: InteractiveShell) -> Iterator[Panel]:
    """A panel of a notebook whose model is registered, with an asset of a hostile name."""
    Path(HOSTILE).write_text("")
    churn.add_asset(HOSTILE)
    panel = Panel(session=NotebookSession(shell, cell_runs={}))
    yield panel
    panel.close()


@pytest.fixture
def widget(panel: Panel) -> Any:
    """The widgets of the panel."""
    return panel._widget()


def shown(panel: Panel) -> list[dict[str, Any]]:
    """Display a panel; returns the MIME bundles of the cell's outputs."""
    with capture_output() as captured:
        panel._ipython_display_()
    return [output.data for output in captured.outputs]


def widgets_in(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets_in(child)


def panel_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("modelop-panel")}


def test_without_a_page_a_panel_is_static(panel: Panel) -> None:
    """nbclient, nbconvert and papermill get no widgets, whose state a notebook would store."""
    before, threads = set(_instances), panel_threads()
    (data,) = shown(panel)

    assert set(data) == {"text/html", "text/plain"}
    assert "churn.py" in data["text/html"]
    assert "Model source" in data["text/plain"]
    assert set(_instances) == before
    assert panel_threads() <= threads


@pytest.mark.parametrize(
    ("name", "outputs"), [("__vsc_ipynb_file__", [True]), ("anything_else", [False, True])]
)
def test_vs_code_gets_one_output(
    panel: Panel,
    shell: InteractiveShell,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    outputs: list[bool],
) -> None:
    """It would show the static page that JupyterLab hides above the widgets."""
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    shell.user_ns[name] = "a.ipynb"
    data = shown(panel)

    assert [WIDGET in mime for mime in data] == outputs
    assert "Model source" in data[0]["text/plain"]


def test_html_in_names_is_escaped(panel: Panel, widget: Any) -> None:
    """In the static page, and in every HTML widget."""
    (data,) = shown(panel)
    pages = [
        part.value
        for part in widgets_in(widget)
        if isinstance(part, ipywidgets.HTML) and "modelop-view" in part.value
    ]

    assert "&lt;img" in data["text/html"]
    assert not any("<img" in page for page in [*pages, data["text/html"]])
    assert not any(getattr(part, "description_allow_html", False) for part in widgets_in(widget))


def test_closing_ends_the_threads_and_the_widgets(
    churn: PanelState, shell: InteractiveShell
) -> None:
    """A kernel keeps every widget that is not closed."""
    before, threads = set(_instances), panel_threads()
    panel = Panel(session=NotebookSession(shell, cell_runs={}))
    shown(panel)
    panel._widget()
    running = panel_threads() - threads
    panel.close()

    assert [thread.name for thread in running] == ["modelop-panel"]
    assert panel_threads() <= threads
    assert set(_instances) == before


def test_every_field_has_a_label(widget: Any) -> None:
    """And every button a text or a tooltip, for screen readers."""
    fields = (ipywidgets.Dropdown, ipywidgets.Text, ipywidgets.Combobox, ipywidgets.Checkbox)
    all_widgets = list(widgets_in(widget))

    assert all(part.description for part in all_widgets if isinstance(part, fields))
    assert all(
        part.description or part.tooltip
        for part in all_widgets
        if isinstance(part, ipywidgets.Button)
    )


def test_a_worker_polls_only_while_the_panel_is_visible() -> None:
    """Tasks run also while it is not visible."""
    polls: list[float] = []
    done = threading.Event()
    worker = BackgroundWorker(
        poll=lambda: bool(polls.append(time.monotonic())), on_change=lambda: None, on_error=print
    )
    worker.set_visible(False)
    worker.start()
    worker.submit(done.set)
    assert done.wait(PATIENCE)
    time.sleep(0.6)
    worker.close()

    assert polls == []


def test_a_worker_goes_on_after_an_error() -> None:
    """Without its thread a panel would not react any more."""
    failures: list[Exception] = []
    done = threading.Event()
    worker = BackgroundWorker(poll=lambda: 1 // 0, on_change=lambda: None, on_error=failures.append)
    worker.start()
    worker.submit(lambda: 1 // 0)
    worker.submit(done.set)
    assert done.wait(PATIENCE)
    worker.close()

    assert isinstance(failures[0], ZeroDivisionError)


def test_a_panel_needs_a_notebook(shell: InteractiveShell) -> None:
    """A terminal has none."""
    shell.run_cell("%load_ext modelop_jupyter")
    with capture_output() as captured:
        result = shell.run_cell("%modelop panel")

    assert "panel needs a notebook" in str(result.error_in_exec)
    assert captured.outputs == []


def test_importing_the_package_loads_no_widget() -> None:
    """The panel is imported when it is first used."""
    code = "import sys, modelop_jupyter; print({'ipywidgets', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout.strip() == "set()"


def test_the_default_name_is_not_that_of_another_notebook_s_model(
    state: PanelState, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Registering this notebook would replace the source of another."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "My churn.ipynb"))
    assert state.register(RegistrationDraft("churn"))
    own = RegisterForm(state, worker, on_close=print)._name.value
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "My tumours.ipynb"))
    other = RegisterForm(state, worker, on_close=print)._name.value
    worker.close()

    assert (own, other) == ("churn", "my-tumours")


def test_values_that_can_stand_in_the_module_are_ticked(
    state: PanelState, shell: InteractiveShell
) -> None:
    """With the line that would; what is unticked is refused as it was (issue 15)."""
    shell.run_cell(
        "import pathlib\nlimit = len(pathlib.Path('in.json').read_text())", store_history=True
    )
    shell.run_cell("# modelop.score\ndef score(r):\n    return limit", store_history=True)
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = RegisterForm(state, worker, on_close=print)
    form._name.value = "frozen"
    state.preview_registration(form._draft())
    form.show()
    state.preview_registration(form._draft())
    form.show()
    (box,) = [
        part
        for part in widgets_in(form.widget)
        if isinstance(part, ipywidgets.Checkbox) and "limit" in part.description
    ]
    pages = [
        part.value for part in widgets_in(form._values.widget) if isinstance(part, ipywidgets.HTML)
    ]
    is_refused = form._register_button.disabled
    box.value = False
    state.preview_registration(form._draft())
    form.show()
    worker.close()

    assert box.description == "limit"
    assert ">cell 2<" in pages[0]
    assert "limit = 27  # the value of cell 2 when it ran" in pages[0]
    assert not is_refused
    assert form._register_button.disabled
    assert "'limit' is needed by the model" in form._preview.value.replace("&#x27;", "'")


def test_what_registering_again_changes_is_shown(
    state: PanelState, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what is registered; packages are resolved once, when the form rests."""
    shell.run_cell("# modelop.score\ndef score(r):\n    return 1", store_history=True)
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    resolved: list[str | None] = []
    monkeypatch.setattr(worker, "submit_long", lambda task: resolved.append(task()))
    form = RegisterForm(state, worker, on_close=print)
    form._name.value = "again"
    state.register(form._draft())
    shell.run_cell("# modelop.score\ndef score(r):\n    return 2", store_history=True)
    state.preview_registration(form._draft())
    state.preview = replace(state.preview, unresolved="not yet") if state.preview else None
    form.show()
    form.show()
    worker.close()

    assert len(resolved) == 1
    assert state.preview is not None
    assert state.preview.unresolved is None
    assert "differ in source; everything else is the same" in form._preview.value
    assert "+    return 2" in form._preview.value


def test_a_value_that_is_too_big_is_saved_by_its_button(
    state: PanelState, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ticked then, with the line that loads it (issue 15)."""
    shell.run_cell("import pathlib", store_history=True)
    shell.run_cell("names = pathlib.Path('in.json').read_text().split() * 2000", store_history=True)
    shell.run_cell("# modelop.score\ndef score(r):\n    return names", store_history=True)
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    monkeypatch.setattr(worker, "submit_long", lambda task: task())
    form = RegisterForm(state, worker, on_close=print)
    form._name.value = "big"

    def show() -> None:
        state.preview_registration(form._draft())
        form.show()

    show()
    (save,) = [
        part for part in widgets_in(form._value_files.widget) if isinstance(part, ipywidgets.Button)
    ]
    refused, before = form._register_button.disabled, Path("names.json").exists()
    save.click()
    show()
    show()
    boxes = [
        part.description
        for part in widgets_in(form._value_files.widget)
        if isinstance(part, ipywidgets.Checkbox) and part.value
    ]
    is_registered = state.register(form._draft())
    worker.close()

    assert (save.description, refused, before) == ("Save as names.json", True, False)
    assert boxes == ["names, loaded from names.json"]
    assert 'names = json.loads(Path("names.json")' in form._preview.value.replace("&quot;", '"')
    assert is_registered


def test_a_wrong_form_shows_the_problem_and_disables_the_button(churn: PanelState) -> None:
    """In the form, below the fields."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = JobForm(JobKind.METRICS, churn, worker, on_close=print)
    form._fields["inputs"].value = "in.json"
    form._fields["parameters"].value = "nonsense"
    form.show()
    wrong = form._run_button.disabled, form._line.value
    form._fields["parameters"].value = '{"a": 1}'
    form.show()
    worker.close()

    assert wrong[0]
    assert "not a JSON object" in wrong[1]
    assert not form._run_button.disabled
    assert "%modelop metrics churn in.json" in form._line.value


def test_a_query_needs_a_connection(churn: PanelState, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its field is there for a .sql file, with the databases that are known (issue 14)."""
    monkeypatch.setenv("MODELOP_CONNECTION_SHOP", "sqlite:///shop.db")
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = JobForm(JobKind.BATCH, churn, worker, on_close=print)
    field = form._fields["connection"]
    form.show()
    before = field.layout.display
    form._fields["inputs"].value = "late.sql"
    field.value = "shop"
    form.show()
    after = field.layout.display
    worker.close()

    assert (before, after, field.options) == ("none", None, ("shop",))
    assert "%modelop batch churn late.sql --connection shop" in form._line.value


def test_a_cluster_is_shown_before_a_job_is_sent(
    churn: PanelState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it has answered; the line names the engine at once (issue 14)."""
    nearby.install(tmp_path / "packages", monkeypatch)
    gate = tmp_path / "packages" / "gate"
    gate.touch()
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = JobForm(JobKind.BATCH, churn, worker, on_close=print)
    worker.start()
    form._fields["inputs"].value = "in.json"
    form._engine.field.value = "nearby://gate"
    form.show()
    before = form._engine.state_view.value
    gate.unlink()
    worker._long_tasks.shutdown(wait=True)
    worker.close()

    assert "nearby" in form._engine.field.options
    assert "Connecting to nearby://gate" in before
    assert "nearby://gate has 1 node, 1 slot." in form._engine.state_view.value
    assert 'href="http://nearby/status"' in form._engine.state_view.value
    assert "--engine nearby://gate" in form._line.value


def test_a_limit_that_is_set_is_in_the_title_of_the_folded_section(churn: PanelState) -> None:
    """So that a run with limits is not taken for one without."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = JobForm(JobKind.BATCH, churn, worker, on_close=print)
    form._fields["inputs"].value = "in.json"
    form.show()
    before = form._sections["Limits"]._title.description
    form._fields["memory"].value = "2GB"
    form._fields["workers"].value = "4"
    form.show()
    worker.close()

    assert before == "Limits: none"
    assert form._sections["Limits"]._title.description == "Limits: Memory 2GB, Workers 4"
    assert "--memory 2GB --workers 4" in form._line.value


def test_the_list_of_models_lives_as_long_as_the_panel(
    panel: Panel, widget: Any, churn: PanelState
) -> None:
    """A model that appears while somebody chooses neither closes the list nor chooses for them."""
    choice = widget.children[1].children[0]
    tasks = list(widget.children[1].children)
    churn.register(RegistrationDraft("another"))
    done = threading.Event()
    panel._worker.submit(panel._state.refresh)
    panel._worker.submit(done.set)
    assert done.wait(PATIENCE)
    panel._worker.close()

    assert list(widget.children[1].children) == tasks
    assert choice.options == ("another", "churn")
    assert choice.value == panel.state.model == "churn"


def test_a_chosen_function_stays_when_the_candidates_change(
    state: PanelState,
) -> None:
    """The field is the same one: what is chosen in it at that moment is not lost."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = RegisterForm(state, worker, on_close=print)
    one, two = (FunctionOption("score", name, is_tagged=False, where="cell 1") for name in "ab")
    form._functions.show((one,), EntryPoints())
    field = form._functions._fields["score"]
    field.value = "a"
    form._functions.show((one, two), EntryPoints())
    worker.close()

    assert form._functions._fields["score"] is field
    assert [name for _, name in field.options] == [None, "a", "b"]
    assert form._functions.chosen.score == "a"


def test_the_offer_to_write_requirements_comes_back(state: PanelState) -> None:
    """It is hidden, not closed, while there is nothing to write."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = RegisterForm(state, worker, on_close=print)
    state.preview_registration(RegistrationDraft("churn"))
    plain = state.preview
    assert plain is not None
    inferred = InferredRequirements("churn", "requirements.txt", "", (), "python", "3.11")
    plan = RequirementsPlan(inferred, None, is_suggested=True)
    without = replace(plain, requirements=None)
    shown = []
    for preview in (replace(plain, requirements=plan), without, replace(plain, requirements=plan)):
        state.preview = preview
        form.show()
        shown.append((form._infers.layout.display, form._draft().infers))
    is_open = form._infers.comm is not None
    worker.close()

    assert is_open
    assert shown == [(None, True), ("none", False), (None, True)]


def test_the_form_of_a_check_waits_for_a_sample(churn: PanelState) -> None:
    """The model has no test data that it could begin with."""
    worker = BackgroundWorker(poll=bool, on_change=print, on_error=print)
    form = CheckForm(churn, worker, on_close=print)
    form.show()
    waiting = form._button.disabled, form._waiting.value
    form._add_file("in.json")
    form.show()
    worker.close()

    assert waiting[0]
    assert "Check waits for a sample" in waiting[1]
    assert form._sample.value == "in.json"
    assert not form._button.disabled


def test_the_card_of_a_check_is_unfolded_when_it_was_made(
    churn: PanelState, shell: InteractiveShell
) -> None:
    """With the same page as the magic shows; before, there is no section for it."""
    shell.run_cell("begin()")
    worker = BackgroundWorker(poll=bool, on_change=print, on_error=print)
    section = ModelSection(
        churn,
        worker,
        open_job_form=print,
        run_sample=print,
        open_check_form=print,
        try_records=print,
    )
    section.show()
    check = section._sections["Check"]
    before = check.widget.layout.display
    assert churn.check_model("in.json")
    section.show()
    worker.close()

    assert before == "none"
    assert check.widget.layout.display is None
    assert check._title.value
    assert check._title.description.startswith("Check: 6 passed (churn@1, ")
    assert "check of churn@1" in section._check.value
