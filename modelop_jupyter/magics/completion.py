"""TAB in a magic line: our candidates in the form of IPython's matchers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from modelop_jupyter.commands.completion import Known, complete
from modelop_jupyter.commands.notebook import NotebookSession

_LINE = re.compile(r"\s*(?:[\w.,\[\]'\" ]+=\s*)?%modelop\s(?P<rest>.*)\Z")
_CELL = re.compile(r"%%modelop\s(?P<rest>.*)\Z")


def matches(context: Any, session: NotebookSession) -> Mapping[str, Any]:
    """Return what may stand at the cursor, and keep other matchers silent there."""
    from IPython.core.completer import SimpleCompletion

    before = context.line_with_cursor[: context.cursor_position]
    in_cell = context.full_text.lstrip("\n").startswith("%%modelop")
    match = _CELL.match(before) if in_cell else None
    if match is None:
        match = _LINE.match(before)
    if match is None:
        return {"completions": []}
    found = complete(match["rest"], SessionKnown(session), is_cell=before.startswith("%%"))
    # Where nothing fits, the word itself is offered: an empty answer would let in Python's names.
    texts = found.candidates or ([found.fragment] if found.fragment else [])
    return {
        "completions": [SimpleCompletion(text=text, type=found.kind) for text in texts],
        "matched_fragment": found.fragment,
        "suppress": True,
        "ordered": True,
    }


class SessionKnown(Known):
    """What a notebook knows: the registry's names, and the user's variables."""

    def __init__(self, session: NotebookSession) -> None:
        self._session = session

    def variables(self) -> Iterable[str]:
        return [
            name
            for name, value in self._session.variables().items()
            if type(value).__name__ in ("DataFrame", "Table", "list")
        ]
