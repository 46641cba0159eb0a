"""A real IPython shell with the extension loaded, in a folder and a home of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


class Notebook:
    """Runs cells and keeps their output."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.out = self.err = ""
        self.shown: list[dict[str, Any]] = []
        self.error: BaseException | None = None

    def run(self, cell: str) -> Any:
        """Run a cell; returns the value of its last expression."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell, store_history=True)
        self.out, self.err = captured.stdout, captured.stderr
        self.shown = [output.data for output in captured.outputs]
        self.error = result.error_before_exec or result.error_in_exec
        return result.result

    @property
    def text(self) -> str:
        """The plain text of all that was displayed."""
        return "\n".join(data["text/plain"] for data in self.shown)


@pytest.fixture
def notebook(shell: InteractiveShell, tmp_path: Path) -> Notebook:
    """A notebook with the extension loaded and some inputs beside it."""
    (tmp_path / "in.json").write_text("".join(json.dumps({"x": n}) + "\n" for n in range(3)))
    (tmp_path / "my data.json").write_text('{"x": 7}\n')
    (tmp_path / "libs.txt").write_text("")
    notebook = Notebook(shell)
    notebook.run("%load_ext modelop_jupyter")
    return notebook
