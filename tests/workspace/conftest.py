"""A workspace of its own for every test; built environments are shared, as they may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

SOURCE = """\
# modelop.init
def begin():
    global factor
    factor = 2


# modelop.score
def score(record):
    yield {"y": record["x"] * factor}
"""


@pytest.fixture
def workspace(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """An empty home, with the test's folder as the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace


@pytest.fixture
def model(workspace: Workspace) -> str:
    """The name of a registered model that doubles ``x``."""
    Path("double.py").write_text(SOURCE)
    workspace.register("double", "double.py")
    return "double"
