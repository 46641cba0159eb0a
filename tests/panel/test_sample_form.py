"""A model's first run in the panel: on its test data, or on records that are typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from modelop_jupyter import Workspace
from modelop_jupyter.domain.samples import FormField, RecordForm
from modelop_jupyter.panel.sample_form import SampleForm
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

from ..waiting import PATIENCE

FIELDS = (
    FormField("x", "number"),
    FormField("active", "boolean"),
    FormField("plan", "text", is_nullable=True, choices=("a", "b")),
)


@pytest.fixture
def worker() -> Iterator[BackgroundWorker]:
    """A worker that runs nothing: each test calls what it wants to see."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    yield worker
    worker.close()


def test_run_waits_until_each_field_can_be_used(
    churn: PanelState, worker: BackgroundWorker
) -> None:
    """It says in plain words for what (issue 15)."""
    form = RecordForm("schema", "in.avsc", FIELDS, ({"active": True},))
    shown = SampleForm(form, churn, worker, on_close=print)
    waiting = shown._run_button.disabled, shown._problem.value
    x, active, plan = shown._rows[0]
    x.value, active.value, plan.value = "2.5", "false", "b"
    shown.show()

    assert waiting[0]
    assert "Run waits for x of record 1: type a number, such as 1.5." in waiting[1]
    assert not shown._run_button.disabled
    assert shown._read() == ([{"x": 2.5, "active": False, "plan": "b"}], "")


def test_records_are_added_and_removed(churn: PanelState, worker: BackgroundWorker) -> None:
    """Up to five, each with the values of the one before it."""
    form = RecordForm("schema", "in.avsc", FIELDS, ({"x": 1, "active": True},))
    shown = SampleForm(form, churn, worker, on_close=print)
    for _ in range(4):
        shown._add_copy()
    at_most = len(shown._read()[0]), shown._add_button.layout.display
    shown._remove()

    assert at_most == (5, "none")
    assert shown._read()[0] == [{"x": 1, "active": True, "plan": None}] * 4
    assert shown._add_button.layout.display is None


def test_without_fields_records_are_json(churn: PanelState, worker: BackgroundWorker) -> None:
    """One, or a list."""
    form = RecordForm("none", "", (), ({},))
    shown = SampleForm(form, churn, worker, on_close=print)
    shown._json.value = "{"
    shown.show()
    wrong = shown._run_button.disabled, shown._problem.value
    shown._json.value = '[{"x": 1}, {"x": 2}]'

    assert wrong[0]
    assert "Run waits for records: type JSON" in wrong[1]
    assert shown._read() == ([{"x": 1}, {"x": 2}], "")


def test_the_form_has_the_columns_of_a_data_frame_of_the_session(
    churn: PanelState, shell: InteractiveShell
) -> None:
    """Those that the model's code names, with the first rows as values."""
    shell.run_cell("import pandas as pd\ndf = pd.DataFrame({'id': [1, 2], 'x': [4, 5]})")
    form = churn.start_sample()

    assert form is not None
    assert (form.origin, form.name) == ("table", "df")
    assert form.fields == (FormField("x", "number", is_nullable=True),)
    assert form.records == ({"x": 4}, {"x": 5})


@pytest.mark.slow
def test_typed_records_are_scored(churn: PanelState) -> None:
    """The job is the one that the panel shows."""
    succeeded = churn.run_records([{"x": 4}, {"x": 5}])
    with Workspace() as workspace:
        job = workspace.job(churn.job or "")
        job.wait(PATIENCE)
        count = job.record.counts.scored

    assert (succeeded, churn.problem, count) == (True, "", 2)


@pytest.mark.slow
def test_test_data_is_run_at_once(churn: PanelState) -> None:
    """Nothing is typed then."""
    Path("test_data.json").write_text('{"x": 1}\n' * 9)
    churn.add_asset("test_data.json")
    form = churn.start_sample()
    with Workspace() as workspace:
        job = workspace.job(churn.job or "")
        job.wait(PATIENCE)
        count = job.record.counts.scored

    assert (form, churn.problem, count) == (None, "", 5)
