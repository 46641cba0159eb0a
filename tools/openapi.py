"""Write the server extension's OpenAPI document, of which the sidebar's types are made.

usage: python tools/openapi.py FILE        (then: cd labextension && jlpm generate)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from modelop_jupyter.server.openapi import document
from modelop_jupyter.server.resources import resources

if __name__ == "__main__":
    served = resources("/modelop-jupyter")
    text = json.dumps(document(served, base_path="/modelop-jupyter"), indent=1) + "\n"
    Path(sys.argv[1]).write_text(text, "utf-8")
