"""Homes that know no lock of other tests, and a second one, as on somebody else's machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """A folder of environments for one test: a lock that is known goes with an export."""
    folder = tmp_path / "environments"
    folder.mkdir()
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Workspace]:
    """An empty home that shares nothing with the first."""
    home = tmp_path / "elsewhere"
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace
