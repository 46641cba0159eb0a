"""The quickstart notebook, run once in a real kernel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


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


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it in a folder and a home of its own."""
    folder = tmp_path_factory.mktemp("quickstart")
    home = folder / "home"
    shutil.copy(QUICKSTART, folder)
    notebook = nbformat.read(folder / QUICKSTART.name, as_version=4)
    client = NotebookClient(notebook, timeout=280, resources={"metadata": {"path": str(folder)}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(home))
        client.execute()
        yield Run(notebook, folder, home)
