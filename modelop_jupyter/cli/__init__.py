"""The command line: ``modelop VERB …``."""

from __future__ import annotations

from modelop_jupyter.cli.program import main

__all__ = ["main"]
