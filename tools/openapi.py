"""Print the server's OpenAPI document, as tests/wire/openapi.json holds it.

usage: python tools/openapi.py > tests/wire/openapi.json
"""

from __future__ import annotations

import json

from modelop_jupyter.server.rest.openapi import openapi_document
from modelop_jupyter.server.routes import resources

PREFIX = "/modelop-jupyter"

if __name__ == "__main__":
    print(json.dumps(openapi_document(resources(PREFIX), base_path=PREFIX), indent=1))
