"""Who may know whom: the rules of the architecture that a tool can check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "modelop_jupyter"
HEAVY = (
    "IPython ipykernel ipywidgets jupyter_client jupyter_core jupyter_server tornado traitlets"
    " zmq nbformat sqlalchemy alembic pandas numpy pyarrow virtualenv rich fsspec s3fs aiohttp"
).split()


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement loads in an interpreter of its own."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_arrows_point_inward() -> None:
    """The import-linter contracts of pyproject.toml hold."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "import modelop_jupyter",
        "from modelop_jupyter import Workspace",
        "import modelop_jupyter.cli",
        "import modelop_jupyter.commands",
    ],
)
def test_importing_it_loads_nothing_heavy(statement: str) -> None:
    """Heavy libraries wait until they are used."""
    loaded = loaded_by(statement)

    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))


def test_the_runner_needs_the_standard_library_only() -> None:
    """The runner is executed in environments that hold none of our libraries."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", PACKAGE / "runner" / "main.py"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "ModuleNotFoundError" not in done.stderr
