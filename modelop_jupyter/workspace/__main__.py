"""Build a model's environment: ``python -m modelop_jupyter.workspace NAME -``.

It does what ``env build NAME`` does, at low priority and without output: if it fails, the reason is in
the status file that ``env show`` reads. Secret variables are read from standard input.
"""

from __future__ import annotations

import contextlib
import os
import sys

from modelop_jupyter.engines import load_variables
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.workspace import Workspace

_NICENESS = 10


def main(arguments: list[str]) -> int:
    """Build the environment of one model."""
    load_variables(arguments[1])
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with contextlib.suppress(ModelOpError), Workspace() as workspace:
        workspace.environments.build_announced(arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
