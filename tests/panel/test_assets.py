"""The rows of a model's assets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import ipywidgets
import pytest

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.panel.assets import AssetsSection
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

from ..waiting import PATIENCE


@pytest.fixture
def section(churn: PanelState) -> Iterator[tuple[AssetsSection, BackgroundWorker]]:
    """The section of a model with the file ``libs.txt``, and the thread that is to run its tasks."""
    Path("libs.txt").write_text("")
    churn.add_asset("libs.txt")
    worker = BackgroundWorker(
        poll=lambda: False, on_change=lambda: None, on_error=lambda error: None
    )
    section = AssetsSection(churn, worker)
    section.show()
    yield section, worker
    worker.close()


def finish(worker: BackgroundWorker) -> None:
    """Let the worker run all that was submitted."""
    is_done = Event()
    worker.submit(is_done.set)
    worker.start()
    assert is_done.wait(PATIENCE)


def roles(section: AssetsSection) -> dict[str, ipywidgets.Dropdown]:
    """The lists of roles, by the path of their asset."""
    return {
        row.children[0].description: row.children[0] for row in section.widget.children[0].children
    }


def test_a_role_changed_twice_at_once_has_the_last(
    section: tuple[AssetsSection, BackgroundWorker], churn: PanelState
) -> None:
    """The list in the page is the same one all the time: a new one would lose the second choice."""
    assets, worker = section
    role = roles(assets)["libs.txt"]
    role.value = "Required libraries"
    role.value = "Unknown"
    role.value = "Required libraries"
    finish(worker)
    assets.show()

    assert roles(assets)["libs.txt"] is role
    assert role.value == "Required libraries"
    assert churn.model_view is not None
    assert churn.model_view.assets[-1].role is AssetRole.REQUIRED_LIBRARIES


def test_a_choice_stays_until_it_is_carried_out(
    section: tuple[AssetsSection, BackgroundWorker], churn: PanelState
) -> None:
    """A panel that polls just then would show the old role, and choosing that one be no change."""
    assets, worker = section
    role = roles(assets)["libs.txt"]
    first = role.value
    role.value = "Required libraries"
    assets.show()
    meanwhile = role.value
    role.value = first
    finish(worker)
    assets.show()

    assert (meanwhile, role.value) == ("Required libraries", first)
    assert churn.model_view is not None
    assert churn.model_view.assets[-1].role.label == first
    assert churn.message.startswith("role of libs.txt: Required libraries -> ")


def test_a_role_changed_elsewhere_is_shown(
    section: tuple[AssetsSection, BackgroundWorker], churn: PanelState
) -> None:
    """Without a change of its own."""
    assets, worker = section
    churn.set_role("libs.txt", "Required libraries")
    assets.show()
    message = churn.message
    finish(worker)

    assert roles(assets)["libs.txt"].value == "Required libraries"
    assert churn.message == message


def test_only_the_source_has_no_button_that_removes_it(
    section: tuple[AssetsSection, BackgroundWorker],
) -> None:
    """A model without its source could not run."""
    shown: dict[str, Any] = {
        row.children[0].description: row.children[2].layout.display
        for row in section[0].widget.children[0].children
    }

    assert shown == {"churn.py": "none", "libs.txt": None}
