"""Write a JSON document to a file that the user named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.errors import InvalidError


def write_json(path: str, document: Any) -> str:
    """Write a document atomically and return the file's path; raises :class:`InvalidError`."""
    target = Path(path).expanduser()
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        with files.write_to_user_path(target) as file:
            file.write(text.encode())
    except OSError as error:
        raise InvalidError(f"{target} cannot be written: {error.strerror or error}") from None
    return str(target)
