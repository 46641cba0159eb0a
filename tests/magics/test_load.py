"""Loading the extension is fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

CODE = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
before = set(sys.modules)
shell.run_line_magic("load_ext", "modelop_jupyter")
shell.Completer.complete("imp")
print(json.dumps(sorted(name for name in set(sys.modules) - before)))
"""


def test_loading_imports_nothing_but_itself() -> None:
    """Issue 2, Figures: no SQLAlchemy, pandas or jupyter_client; no argparse, no workspace."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE], capture_output=True, text=True
    )
    loaded = json.loads(done.stdout)

    assert [name for name in loaded if name.startswith("modelop_jupyter")] == [
        "modelop_jupyter",
        "modelop_jupyter.magics",
    ]
    assert {"sqlalchemy", "pandas", "jupyter_client", "rich", "nbformat"} & set(loaded) == set()


def test_a_cell_that_was_edited_and_ran_again_replaces_its_older_version(
    shell: InteractiveShell,
) -> None:
    """A renamed function is not a second one: JupyterLab sends the id of the running cell."""
    shell.run_cell("%load_ext modelop_jupyter", store_history=True)
    for name in ("slow", "renamed"):
        code = f"# modelop.score\ndef {name}(record):\n    yield record"
        shell.run_cell(code, store_history=True, cell_id="the same")
    result = shell.run_cell("%modelop register churn", store_history=True, cell_id="another")

    assert result.error_in_exec is None


def test_a_cell_that_was_changed_since_it_ran_is_named(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executed text is registered, and a warning names the changed cell."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "n.ipynb"))
    text = register_with_saved_text(shell, tmp_path / "n.ipynb", seconds_later=10)

    assert "cell 2 was edited since it ran, and the text that ran is taken" in text
    assert "return 1" in text


def test_a_cell_that_ran_after_the_notebook_was_saved_is_not_called_edited(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab saves every two minutes: until then, the file has the text before the edit."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "n.ipynb"))
    text = register_with_saved_text(shell, tmp_path / "n.ipynb", seconds_later=-10)

    assert "edited since it ran" not in text
    assert "return 1" in text


def register_with_saved_text(
    shell: InteractiveShell, notebook: Path, *, seconds_later: float
) -> str:
    """Register a cell whose text in the file is another, saved before or after it ran."""
    code = "# modelop.score\ndef score(r):\n    return 1\n"
    cells = [nbformat.v4.new_code_cell(code.replace("1", "2"), id="changed")]
    shell.run_cell("%load_ext modelop_jupyter", store_history=True)
    shell.run_cell(code, store_history=True, cell_id="changed")
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    written = time.time() + seconds_later
    os.utime(notebook, (written, written))
    with capture_output() as shown:
        shell.run_cell("%modelop register churn", store_history=True, cell_id="another")
    return shown.stdout + "".join(str(output.data) for output in shown.outputs)
