"""The command line as a process of its own, with a home and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

MODEL = """\
import sys

# modelop.init
def begin():
    print("hello from init")

# modelop.score
def action(record):
    yield {"double": record["x"] * 2}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model and inputs."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "model.py").write_text(MODEL)
    (folder / "good.json").write_text('{"x": 1}\n{"x": 2}\n')
    (folder / "bad.json").write_text('{"x": 1}\n{"y": 2}\n')
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home of its own."""
    return {**os.environ, "MODELOP_HOME": str(tmp_path / "home"), "TERM": "dumb"}


@pytest.fixture
def run(folder: Path, environ: dict[str, str]) -> Run:
    """Run the command line and wait for it."""

    def call(*words: str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "modelop_jupyter", *words],
            cwd=folder,
            env={**environ, **extra},
            capture_output=True,
            text=True,
            input=stdin,
            encoding="utf-8",
            timeout=PATIENCE,
        )

    return call
