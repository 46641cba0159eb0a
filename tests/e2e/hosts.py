"""JupyterLabs and Notebooks of other versions, each in an environment of its own as pip makes it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import uv

from modelop_jupyter.environments.installers.indexes import read_indexes

PROJECT = Path(__file__).parents[2]


def wheel(folder: Path) -> Path:
    """Build the project's wheel with the sidebar as it is built."""
    _uv("build", "--wheel", "--out-dir", folder, PROJECT)
    (built,) = folder.glob("*.whl")
    return built


def install(folder: Path, *wanted: str | Path) -> Path:
    """Make an environment with these in it, and return its Python."""
    _uv("venv", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    _uv("pip", "install", "--python", python, *wanted)
    return python


def _uv(*words: str | Path) -> None:
    """Call uv with its cache and with the indexes that pip is set up for."""
    environment = {
        **os.environ,
        **read_indexes(os.environ).uv_variables(),
        # Of hatch-jupyter-builder: the sidebar is not built again.
        "SKIP_JUPYTER_BUILDER": "1",
    }
    done = subprocess.run(
        [uv.find_uv_bin(), *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
