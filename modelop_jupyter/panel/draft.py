"""A new job as its form has it, and the magic line that does the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.words import quote, split
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.errors import UsageMistakeError


@dataclass(frozen=True, slots=True)
class JobDraft:
    """What somebody typed into the form; an empty text is nothing."""

    kind: JobKind
    model: str
    inputs: str = ""
    output: str = ""
    schemas: str = ""
    max_errors: str = ""
    limit: str = ""
    workers: str = ""
    parameters: str = ""

    def words(self) -> list[str]:
        """Return the words of the verb; raises :class:`UsageMistakeError` for what is none."""
        return [self.kind.value, self.model, *self._inputs(), *self._options()]

    def line(self) -> str:
        """Return the magic line."""
        return " ".join(["%modelop", *map(quote, self.words())])

    def _inputs(self) -> list[str]:
        text = self.inputs.strip()
        # A file that is chosen from a list comes without the quotes that its blanks need.
        return [text] if text and _is_there(text) else split(text)

    def _options(self) -> Iterator[str]:
        options = {
            "--output": self.output,
            "--schemas": self.schemas,
            "--max-errors": self.max_errors,
            "--limit": self.limit,
            "--workers": self.workers,
        }
        for option, text in options.items():
            if text.strip():
                yield from (option, text.strip())
        for key, value in _parameters(self.parameters).items():
            yield from ("--param", f"{key}={json.dumps(value, ensure_ascii=False)}")


def _is_there(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        # Too long for a name, or in the home of nobody who is known.
        return False


def _parameters(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageMistakeError(
            f"the parameters {text.strip()} are no JSON object",
            'Write them as {"threshold": 0.5}',
        )
    return found
