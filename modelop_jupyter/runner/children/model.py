"""The module ``model`` in a process that the model has started, by whatever start method.

Such a process has ``sys.path`` and the environment of the one that started it, and none of its
finders. This folder is the first on ``sys.path`` and holds nothing else; what is imported replaces
this module.
"""

import importlib.util
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load_source_module() -> "Any":
    """Return the runner's source.py, leaving no ``__pycache__`` beside it."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "source.py")
    spec: Any = importlib.util.spec_from_file_location("_modelop_runner_source", path)
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


load_source_module().import_in_child()
