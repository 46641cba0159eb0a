"""A model, and programs at the place of cron's and systemd's that keep what they are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.schedulers import install_crontab, install_systemctl


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without cron and systemd; the folder is the first of PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return programs


@pytest.fixture
def crontab(machine: Path) -> Path:
    """The file in which ``crontab`` keeps what it is given; it is not there yet."""
    return install_crontab(machine)


@pytest.fixture
def systemctl(machine: Path) -> Path:
    """The file with what ``systemctl`` was asked to do."""
    return install_systemctl(machine)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A home with the model ``churn``, in a folder whose name needs quotes."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MODELOP_NOTIFY", raising=False)
    work = tmp_path / "the work"
    work.mkdir()
    monkeypatch.chdir(work)
    (work / "model.py").write_text("# modelop.score\ndef score(r):\n    yield {'y': 2 * r['x']}\n")
    with Workspace(Settings.from_environment()) as workspace:
        workspace.register("churn", "model.py")
        yield workspace
