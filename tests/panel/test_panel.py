"""The panel's widgets and threads, without a page that shows them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
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
from modelop_jupyter.panel.registering import RegisterForm
from modelop_jupyter.panel.running import JobForm
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.worker import Worker

WIDGET = "application/vnd.jupyter.widget-view+json"
HOSTILE = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture
def panel(churn: State, shell: InteractiveShell) -> Iterator[Panel]:
    """A panel of a notebook whose model is registered, with an asset of a hostile name."""
    Path(HOSTILE).write_text("")
    churn.add_asset(HOSTILE)
    panel = Panel(session=NotebookSession(shell, cell_ids={}))
    yield panel
    panel.close()


@pytest.fixture
def widget(panel: Panel) -> Any:
    """What a page would show."""
    return panel._widget()


def shown(panel: Panel) -> list[dict[str, Any]]:
    """Display a panel; returns what the output of the cell holds."""
    with capture_output() as captured:
        panel._ipython_display_()
    return [output.data for output in captured.outputs]


def widgets_in(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets_in(child)


def panel_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("modelop-panel")]


def test_without_a_page_a_panel_stands_still(panel: Panel) -> None:
    """nbclient, nbconvert and papermill get no widgets, whose state a notebook would keep."""
    before = set(_instances)
    (data,) = shown(panel)

    assert set(data) == {"text/html", "text/plain"}
    assert "churn.py" in data["text/html"]
    assert "Model source" in data["text/plain"]
    assert set(_instances) == before
    assert panel_threads() == []


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
    """Its page would show the form that JupyterLab hides above the widgets."""
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    shell.user_ns[name] = "a.ipynb"
    data = shown(panel)

    assert [WIDGET in each for each in data] == outputs
    assert "Model source" in data[0]["text/plain"]


def test_hostile_names_stay_text(panel: Panel, widget: Any) -> None:
    """In the form that stands still, and in every widget that holds HTML."""
    (data,) = shown(panel)
    pages = [
        each.value
        for each in widgets_in(widget)
        if isinstance(each, ipywidgets.HTML) and "modelop-view" in each.value
    ]

    assert "&lt;img" in data["text/html"]
    assert not any("<img" in page for page in [*pages, data["text/html"]])
    assert not any(getattr(each, "description_allow_html", False) for each in widgets_in(widget))


def test_closing_ends_the_threads_and_the_widgets(churn: State, shell: InteractiveShell) -> None:
    """A kernel keeps every widget that is not closed."""
    before = set(_instances)
    panel = Panel(session=NotebookSession(shell, cell_ids={}))
    shown(panel)
    panel._widget()
    running = panel_threads()
    panel.close()

    assert running == ["modelop-panel"]
    assert panel_threads() == []
    assert set(_instances) == before


def test_every_field_has_a_label(widget: Any) -> None:
    """And every button a text or a title: for who does not see it."""
    fields = (ipywidgets.Dropdown, ipywidgets.Text, ipywidgets.Combobox, ipywidgets.Checkbox)
    found = list(widgets_in(widget))

    assert all(each.description for each in found if isinstance(each, fields))
    assert all(
        each.description or each.tooltip for each in found if isinstance(each, ipywidgets.Button)
    )


def test_a_worker_looks_only_while_somebody_does() -> None:
    """What is asked for is done all the same."""
    looks: list[float] = []
    done = threading.Event()
    worker = Worker(
        look=lambda: bool(looks.append(time.monotonic())), shown=lambda: None, failed=print
    )
    worker.watch(False)
    worker.start()
    worker.do(done.set)
    assert done.wait(timeout=10)
    time.sleep(0.6)
    worker.close()

    assert looks == []


def test_a_worker_outlives_what_goes_wrong() -> None:
    """A panel without its thread would stay on the screen and do nothing."""
    failures: list[Exception] = []
    done = threading.Event()
    worker = Worker(look=lambda: 1 // 0, shown=lambda: None, failed=failures.append)
    worker.start()
    worker.do(lambda: 1 // 0)
    worker.do(done.set)
    assert done.wait(timeout=10)
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
    """The panel comes when it is asked for."""
    code = "import sys, modelop_jupyter; print({'ipywidgets', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout.strip() == "set()"


def test_the_name_proposed_is_not_that_of_a_model_shown_by_chance(
    state: State, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Registering this notebook would replace the source of another."""
    worker = Worker(look=lambda: False, shown=lambda: None, failed=print)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "My churn.ipynb"))
    assert state.register("churn")
    own = RegisterForm(state, worker, leave=print)._name.value
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "My tumours.ipynb"))
    other = RegisterForm(state, worker, leave=print)._name.value
    worker.close()

    assert (own, other) == ("churn", "my-tumours")


def test_what_cannot_be_run_is_said_once_and_not_run(churn: State) -> None:
    """In the form, where it was typed."""
    worker = Worker(look=lambda: False, shown=lambda: None, failed=print)
    form = JobForm(JobKind.METRICS, churn, worker, leave=print)
    form._input.value = "in.json"
    form._parameters.value = "nonsense"
    form.show()
    wrong = form._accept.disabled, form._line.value
    form._parameters.value = '{"a": 1}'
    form.show()
    worker.close()

    assert wrong[0]
    assert "no JSON object" in wrong[1]
    assert not form._accept.disabled
    assert "%modelop metrics churn in.json" in form._line.value
