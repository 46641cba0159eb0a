"""A home whose jobs leave fork servers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.accelerators import prefork
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE

# For supervisors, and for the process that they are forks of.
_PATIENT = f"""\
import sys
if {{"modelop_jupyter.jobs.supervision", "--prefork"}} & set(getattr(sys, "orig_argv", ())):
    from modelop_jupyter.accelerators import prefork
    prefork._ANSWER_SECONDS = {PATIENCE}
"""


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
    # On a busy machine a warm process answers late, and a fresh one would be started instead.
    monkeypatch.setattr(prefork, "_ANSWER_SECONDS", PATIENCE)
    patient = tmp_path / "patient"
    patient.mkdir()
    (patient / "sitecustomize.py").write_text(_PATIENT)
    monkeypatch.setenv("PYTHONPATH", str(patient))
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}", warms=True)) as workspace:
        yield workspace
    shutil.rmtree(home, ignore_errors=True)
