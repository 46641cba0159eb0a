"""The values of the form of a new job, and the magic line that submits the same job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.shell_words import quote, split
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.errors import UsageMistakeError


@dataclass(frozen=True, slots=True)
class JobDraft:
    """The fields of the form as typed; an empty text is no value."""

    kind: JobKind
    model: str
    inputs: str = ""
    connection: str = ""
    output: str = ""
    schemas: str = ""
    max_errors: str = ""
    limit: str = ""
    workers: str = ""
    format: str = ""
    engine: str = ""
    parameters: str = ""

    @property
    def has_query(self) -> bool:
        """Whether an input is a .sql file, which needs a connection."""
        try:
            return any(word.lower().endswith(".sql") for word in self._inputs())
        except UsageMistakeError:
            return False  # a quote that is not closed yet

    def words(self) -> list[str]:
        """Return the words of the verb; raises :class:`UsageMistakeError` for wrong quotes or JSON."""
        return [self.kind.value, self.model, *self._inputs(), *self._options()]

    def line(self) -> str:
        """Return the magic line; raises :class:`UsageMistakeError` as :meth:`words` does."""
        return " ".join(["%modelop", *map(quote, self.words())])

    def _inputs(self) -> list[str]:
        text = self.inputs.strip()
        # A file chosen from the suggestions has no quotes around its blanks.
        return [text] if text and _is_file(text) else split(text)

    def _options(self) -> Iterator[str]:
        options = {
            "--connection": self.connection if self.has_query else "",
            "--output": self.output,
            "--schemas": self.schemas,
            "--max-errors": self.max_errors,
            "--limit": self.limit,
            "--workers": self.workers,
            "--format": self.format,
            "--engine": self.engine,
        }
        for option, text in options.items():
            if text.strip():
                yield from (option, text.strip())
        for key, value in _parse_parameters(self.parameters).items():
            yield from ("--param", f"{key}={json.dumps(value, ensure_ascii=False)}")


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        # Too long for a path, or in the home of an unknown user.
        return False


def _parse_parameters(text: str) -> dict[str, Any]:
    try:
        parameters = json.loads(text) if text.strip() else {}
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise UsageMistakeError(
            f"the parameters {text.strip()} are not a JSON object",
            'Write them as {"threshold": 0.5}',
        )
    return parameters
