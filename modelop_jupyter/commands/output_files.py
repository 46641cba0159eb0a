"""Write a document to a file that the user named."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.errors import InvalidError

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}</style>
</head>
<body>
{body}
</body>
</html>
"""


def write_json(path: str, document: Any) -> str:
    """Write a document atomically and return the file's path; raises :class:`InvalidError`."""
    return write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_page(path: str, title: str, value: object) -> str:
    """Write a value's view as a page of HTML; raises :class:`InvalidError`."""
    from modelop_jupyter.display import html as renderer
    from modelop_jupyter.display.views import describe

    return write_text(
        path, _PAGE.format(title=html.escape(title), body=renderer.page(describe(value)))
    )


def write_text(path: str, text: str) -> str:
    """Write a text atomically and return the file's path; raises :class:`InvalidError`."""
    target = Path(path).expanduser()
    try:
        with files.write_to_user_path(target) as file:
            file.write(text.encode())
    except OSError as error:
        raise InvalidError(f"{target} cannot be written: {error.strerror or error}") from None
    return str(target)
