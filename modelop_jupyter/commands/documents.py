"""JSON documents written to a file of the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.errors import InvalidError


def write_json(word: str, document: Any) -> str:
    """Write a document whole or not at all and return its path; raises :class:`InvalidError`."""
    path = Path(word).expanduser()
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        with files.delivering(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise InvalidError(f"{path} cannot be written: {error.strerror or error}") from None
    return str(path)
