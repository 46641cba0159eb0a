"""``python -m modelop_jupyter``: the command line."""

from __future__ import annotations

import sys

from modelop_jupyter.cli import main

if __name__ == "__main__":
    sys.exit(main())
