"""Loading costs next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys

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
