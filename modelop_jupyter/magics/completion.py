"""TAB completion of magic lines, as an IPython matcher."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from modelop_jupyter.commands.completion import CompletionSource, complete
from modelop_jupyter.commands.notebook import NotebookSession

_LINE = re.compile(r"\s*(?:[\w.,\[\]'\" ]+=\s*)?%modelop\s(?P<rest>.*)\Z")
_CELL = re.compile(r"%%modelop\s(?P<rest>.*)\Z")


def matches(context: Any, session: NotebookSession) -> Mapping[str, Any]:
    """Return the completions at the cursor of a ``%modelop`` line, and suppress other matchers.

    For any other line there are no completions, and other matchers are used.
    """
    from IPython.core.completer import SimpleCompletion

    before = context.line_with_cursor[: context.cursor_position]
    in_cell = context.full_text.lstrip("\n").startswith("%%modelop")
    match = _CELL.match(before) if in_cell else None
    if match is None:
        match = _LINE.match(before)
    if match is None:
        return {"completions": []}
    is_cell = before.startswith("%%")
    completions = complete(match["rest"], CompletionSource(session), is_cell=is_cell)
    # Without a match, the word itself is offered: after an empty answer IPython adds Python names.
    fragment = completions.fragment
    texts = completions.candidates or ([fragment] if fragment else [])
    return {
        "completions": [SimpleCompletion(text=text, type=completions.kind) for text in texts],
        "matched_fragment": fragment,
        "suppress": True,
        "ordered": True,
    }
