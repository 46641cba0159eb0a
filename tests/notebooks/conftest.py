"""The notebooks, each run once in a real kernel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters import HTMLExporter

from tests.waiting import PATIENCE

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# How long nbclient waits: without a limit of ours for the last outputs of a cell, it goes on without
# those that come four seconds after the reply.
WAITS = dict.fromkeys(("timeout", "startup_timeout", "iopub_timeout"), int(PATIENCE))


@dataclass(frozen=True)
class Run:
    """The notebook as it was run, the folder it was run in, and the registry's home."""

    notebook: Any
    folder: Path
    home: Path

    def outputs(self, cell_id: str) -> str:
        """All that a cell shows, as text."""
        cell = next(cell for cell in self.notebook.cells if cell.id == cell_id)
        return "\n".join(
            output.get("text") or output["data"].get("text/plain", "") for output in cell.outputs
        )

    @property
    def page(self) -> str:
        """The notebook as nbconvert exports it to HTML."""
        page: str = HTMLExporter().from_notebook_node(self.notebook)[0]
        return page


@contextmanager
def executed(name: str, factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute a notebook of the repository in a folder and a home of its own."""
    folder = factory.mktemp(name)
    shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    with executed_in(folder, nbformat.read(folder / f"{name}.ipynb", as_version=4)) as run:
        yield run


@contextmanager
def executed_in(folder: Path, notebook: Any) -> Iterator[Run]:
    """Execute a notebook in a folder, with a home in it."""
    home = folder / "home"
    client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}, **WAITS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(home))
        client.execute()
        yield Run(notebook, folder, home)


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute the quickstart."""
    with executed("quickstart", tmp_path_factory) as run:
        yield run
