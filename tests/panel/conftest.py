"""The state of a panel in a notebook that has run a model's cells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.notebook import NotebookSession
from modelop_jupyter.panel import worker
from modelop_jupyter.panel.registration_draft import RegistrationDraft
from modelop_jupyter.panel.state import PanelState

from ..waiting import PATIENCE


@pytest.fixture(scope="session", autouse=True)
def panels_end_with_their_threads() -> Iterator[None]:
    """Have a panel wait for its thread, which would go on while the next test runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "_CLOSE_SECONDS", PATIENCE)
        yield


@pytest.fixture
def state(
    shell: InteractiveShell, tmp_path: Path, environments: Path, doubler: str
) -> Iterator[PanelState]:
    """A state that was polled once, with two inputs beside the notebook."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    (tmp_path / "in.json").write_text("".join(json.dumps({"x": n}) + "\n" for n in range(3)))
    (tmp_path / "slow.json").write_text('{"x": 1, "seconds": 600}\n')
    (tmp_path / "libs.txt").write_text("")
    shell.run_cell(doubler, store_history=True)
    state = PanelState(Context(NotebookSession(shell, cell_runs={})))
    state.poll()
    yield state
    state.close()


@pytest.fixture
def churn(state: PanelState) -> PanelState:
    """The same with the model registered."""
    assert state.register(RegistrationDraft("churn"))
    return state
