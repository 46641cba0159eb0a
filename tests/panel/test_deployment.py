"""A model's deployment in the panel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.display import plain_text
from modelop_jupyter.domain.deployments import (
    Answer,
    Deployment,
    DeploymentOptions,
    DeploymentState,
    Load,
    RequestCounts,
    ShadowReport,
)
from modelop_jupyter.panel.deployment import DeploymentSection
from modelop_jupyter.panel.panel import _page_blocks
from modelop_jupyter.panel.sample_form import SampleForm
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.view import PanelView
from modelop_jupyter.panel.worker import BackgroundWorker

from ..waiting import wait_until

READY = Deployment(
    "d1",
    "churn",
    1,
    DeploymentState.READY,
    DeploymentOptions(),
    datetime(2026, 11, 30, tzinfo=timezone.utc),
    url="http://127.0.0.1:8003",
)
HOLDING = """\
import time
# modelop.init
def begin():
    time.sleep(6000)

# modelop.score
def score(record):
    yield record
"""


@pytest.fixture
def worker() -> Iterator[BackgroundWorker]:
    """A worker that runs nothing: each test calls what it wants to see."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    yield worker
    worker.close()


@pytest.fixture
def section(churn: PanelState, worker: BackgroundWorker) -> DeploymentSection:
    """The section of a model that is not deployed."""
    return DeploymentSection(churn, worker, try_records=lambda: None)


def buttons(section: DeploymentSection) -> list[str]:
    """Return what the buttons of the section say that are shown."""
    section.show(can_score=True)
    row = section._try, section._rollback, section._stop
    return [each.description for each in row if each.layout.display != "none"]


def test_a_model_that_is_not_deployed_has_a_button(section: DeploymentSection) -> None:
    """And one without a score function has not."""
    section.show(can_score=True)
    first = section.deploy.layout.display, section.widget.layout.display
    section.show(can_score=False)

    assert first == (None, "none")
    assert section.deploy.layout.display == "none"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["Try records", "Stop"]),
        ({"previous": 2}, ["Try records", "Roll back to @2", "Stop"]),
        ({"shadow": ShadowReport(2, True)}, ["Try records", "End the shadow", "Stop"]),
        ({"state": DeploymentState.STARTING}, ["Stop"]),
        ({"state": DeploymentState.DOWN, "url": None, "previous": 2}, []),
    ],
    ids=["ready", "with one before", "with a shadow", "starting", "down"],
)
def test_the_buttons_are_what_can_be_done(
    churn: PanelState, section: DeploymentSection, changes: dict[str, Any], expected: list[str]
) -> None:
    """A deployment that is down is deployed again by the model's button."""
    churn.deployment = replace(READY, **changes)

    assert buttons(section) == expected
    assert not section.deploy.disabled


def test_the_section_links_to_where_it_answers(
    churn: PanelState, section: DeploymentSection
) -> None:
    """Its title has the state, below is the last answer."""
    churn.deployment = READY
    churn.answer = Answer(422, {"code": "<b>"}, 0.0012)
    section.show(can_score=True)

    assert section._section._title.description == "Deployment: ready"
    assert '<a href="http://127.0.0.1:8003"' in section._details.value
    assert "422" in section._answer.value
    assert "&lt;b&gt;" in section._answer.value


def test_the_static_page_has_no_counts(churn: PanelState) -> None:
    """A notebook with it is not written to each second."""
    churn.deployment = replace(READY, load=Load(1_000.0, RequestCounts(7)))
    shown = plain_text.page(list(_page_blocks(churn)))

    assert "http://127.0.0.1:8003" in shown
    assert "requests per second" not in shown


@pytest.mark.slow
def test_a_model_is_deployed_tried_and_stopped(churn: PanelState, worker: BackgroundWorker) -> None:
    """The form begins with a record of the test data, and stays open below the answer."""
    Path("test_data.json").write_text('{"x": 7}\n')
    view = PanelView(churn, worker, on_close=lambda: None)
    churn.add_asset("test_data.json")
    churn.deploy()
    assert churn.problem == ""
    deployed = churn.deployment
    view._toggle_trial_form()
    form = view._form
    assert isinstance(form, SampleForm)
    begun_with = form._read()
    churn.try_records([{"x": 4}])
    one = churn.answer
    churn.try_records([{"x": 4}, {"z": 4}])
    both = churn.answer
    view.show()
    is_open = view._model.deployment.form.children == (form.widget,)
    churn.stop_deployment()

    assert deployed is not None and deployed.state is DeploymentState.READY
    assert one is not None and one.status == 200
    assert one.body == {"y": 8}
    assert both is not None and both.status == 500
    assert begun_with == ([{"x": 7}], "")
    assert is_open
    assert churn.problem == ""
    assert churn.deployment is not None
    assert churn.deployment.state is DeploymentState.STOPPED


@pytest.mark.slow
def test_deploying_is_stopped(churn: PanelState, tmp_path: Path) -> None:
    """Nothing is deployed then, and the message says so."""
    (tmp_path / "held.py").write_text(HOLDING)
    churn._run_verb(["register", "held", "held.py"])
    churn.select_model("held")
    deploying = threading.Thread(target=churn.deploy)
    deploying.start()
    wait_until(lambda: "initialising" in churn.deploy_step)
    busy = churn.busy
    churn.stop_deployment()
    deploying.join()

    assert busy == {"deploy"}
    assert (churn.message, churn.problem) == ("Deploying held was stopped.", "")
    assert churn.deployment is None
    assert not churn.is_deploying
