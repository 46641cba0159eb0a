"""Who may know whom: the rules of the architecture that a tool can check."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "modelop_jupyter"
HEAVY = (
    "IPython ipykernel ipywidgets jupyter_client jupyter_core jupyter_server tornado traitlets"
    " zmq nbformat sqlalchemy alembic pandas numpy pyarrow virtualenv rich fsspec s3fs aiohttp"
).split()


ROOMS = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())
ROOMS_OF_A_LIST = "cli commands display domain jobs registry workspace".split()


def modules_after(statement: str, **variables: str) -> set[str]:
    """Return the modules that are loaded when a statement has run in an interpreter of its own."""
    code = f"{statement}\nimport sys\nprint('', *sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return set(done.stdout.split("\n"))


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement loads in an interpreter of its own."""
    return {name.partition(".")[0] for name in modules_after(statement)}


@pytest.fixture(scope="module")
def modules_of_a_list(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that `modelop jobs` loads in a home that is there."""
    home = str(tmp_path_factory.mktemp("home"))
    jobs = "from modelop_jupyter.cli import main\nassert main(['jobs']) == 0"
    modules_after(jobs, MODELOP_HOME=home)  # makes the tables
    return modules_after(jobs, MODELOP_HOME=home)


def test_arrows_point_inward() -> None:
    """The import-linter contracts of pyproject.toml hold."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
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


def test_a_notebook_is_read_without_nbformat() -> None:
    """It would import jsonschema, which takes a second where Jupyter's extras of it are installed."""
    text = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    loaded = loaded_by(
        "from modelop_jupyter.capture import notebook_cells\n"
        f"assert notebook_cells({text.encode()!r}) == ()"
    )

    assert loaded.isdisjoint(["nbformat", "jsonschema"])


@pytest.mark.parametrize(
    "name",
    [
        *(room for room in ROOMS if room not in ROOMS_OF_A_LIST),
        "commands.register",
        "display.charts",
        "display.metrics",
        "domain.previews",
        "domain.reports",
        "jobs.protocol",
        "jobs.submission",
        "jobs.supervision.supervisor",
    ],
)
def test_a_list_of_jobs_does_not_wait_for(name: str, modules_of_a_list: set[str]) -> None:
    """`modelop jobs` loads neither what runs a job nor what shows anything else."""
    module = f"modelop_jupyter.{name}"

    assert [found for found in modules_of_a_list if f"{found}.".startswith(f"{module}.")] == []


def test_the_runner_needs_the_standard_library_only() -> None:
    """The runner is executed in environments that hold none of our libraries."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", PACKAGE / "runner" / "main.py"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert "ModuleNotFoundError" not in done.stderr
