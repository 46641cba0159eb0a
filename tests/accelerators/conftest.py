"""A home whose jobs leave fork servers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings


@pytest.fixture
def warm(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A home whose jobs leave warm processes, which end with the test."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.json").write_text('{"n": 1}\n')
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}", warms=True)) as workspace:
        yield workspace
    shutil.rmtree(home, ignore_errors=True)
