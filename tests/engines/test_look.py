"""What a user sees of an engine before a job is sent to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter.display.engines import sentence
from modelop_jupyter.engines.find import parse_engine
from modelop_jupyter.engines.look import look
from modelop_jupyter.errors import EngineError, InvalidError, MissingExtraError
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace
from tests.engines import nearby
from tests.waiting import PATIENCE


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with the engine ``nearby``."""
    nearby.install(tmp_path / "packages", monkeypatch)
    return tmp_path / "packages"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python may take long to start on a machine that others keep busy, too."""
    monkeypatch.setitem(look.__kwdefaults__, "seconds", PATIENCE)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A home without jobs."""
    with Workspace(Settings(tmp_path, f"sqlite:///{tmp_path}/registry.db")) as workspace:
        yield workspace


@pytest.mark.usefixtures("packages")
def test_a_cluster_is_told_before_a_job_is_sent(workspace: Workspace) -> None:
    """What the engine's libraries print is not in the way."""
    state = workspace.engines.look("nearby://2x8")

    assert sentence(state) == "nearby://2x8 has 2 nodes, 16 slots."
    assert state.dashboard == "http://nearby/status"
    assert "nearby_engine" not in sys.modules


@pytest.mark.usefixtures("packages")
def test_a_cluster_without_nodes_is_told(workspace: Workspace) -> None:
    """Nobody wonders why the job does not begin."""
    assert "has no nodes" in sentence(workspace.engines.look("nearby://0x8"))


@pytest.mark.usefixtures("packages")
def test_an_engine_that_cannot_be_used_is_told_in_its_own_words(workspace: Workspace) -> None:
    """As a job would be."""
    with pytest.raises(EngineError) as caught:
        workspace.engines.look("nearby://nowhere")
    assert str(caught.value) == (
        "the engine nearby://nowhere cannot be used: nobody is there. Start one."
    )


def test_an_engine_that_hangs_is_given_up(packages: Path) -> None:
    """Its process ends with it."""
    (packages / "gate").touch()

    with pytest.raises(EngineError, match="has not answered within"):
        look(parse_engine("nearby://gate"), seconds=0.5)


def test_an_engine_that_breaks_is_told_by_its_last_words(packages: Path) -> None:
    """A package that does not fit this one."""
    (packages / "nearby_engine.py").write_text("class Nearby:\n    def open(self): ...\n")

    with pytest.raises(EngineError, match="TypeError"):
        look(parse_engine("nearby://1x1"))


def test_an_extra_that_is_missing_is_named(
    packages: Path, monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    """With the command that installs it."""
    (packages / "distributed.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(packages))

    with pytest.raises(MissingExtraError) as caught:
        workspace.engines.look("dask://127.0.0.1:8786")
    assert "pip install 'modelop-jupyter[dask]'" in str(caught.value)


def test_this_machine_needs_no_look(workspace: Workspace) -> None:
    """A cluster of a job's own is not made for the question."""
    local, own = workspace.engines.look("local"), workspace.engines.look("dask")

    assert sentence(local).startswith("This machine: ")
    assert sentence(own).startswith("A cluster on this machine is made for the job: ")


def test_an_unknown_engine_is_refused(workspace: Workspace) -> None:
    """With the nearest."""
    with pytest.raises(InvalidError, match="Did you mean dask"):
        workspace.engines.look("dusk://host:8786")
