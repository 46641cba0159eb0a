"""Every CPython on this machine from 3.6 up, and a folder to run jobs in with one of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from .harness import Stage

ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.implementation.name)"


@cache
def interpreters() -> dict[str, str]:
    """Return version -> path of the interpreters on PATH, of pyenv, and the one running the tests."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    on_path = [shutil.which(f"python3.{minor}") for minor in range(6, 16)]
    candidates = [*map(str, sorted(root.glob("versions/*/bin/python"))), *on_path, sys.executable]
    found: dict[str, str] = {}
    for path in filter(None, candidates):
        asked = subprocess.run([path, "-I", "-c", ASK], capture_output=True, text=True, timeout=60)
        version, _, kind = asked.stdout.strip().partition(" ")
        if kind == "cpython" and tuple(map(int, version.split("."))) >= (3, 6):
            found[version] = path
    return dict(sorted(found.items(), key=lambda one: tuple(map(int, one[0].split(".")))))


def pytest_report_header() -> str:
    return f"runner: tested with CPython {', '.join(interpreters())}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"runner: tested with CPython {', '.join(interpreters())}")


@pytest.fixture(params=interpreters())
def any_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Run jobs with each of the interpreters."""
    return Stage(tmp_path, interpreters()[request.param])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Run jobs with the interpreter of the tests, which has pandas and numpy."""
    return Stage(tmp_path, sys.executable)
