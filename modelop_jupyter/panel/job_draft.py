"""The values of the form of a new job, and the magic line that submits the same job."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.shell_words import quote, split
from modelop_jupyter.decisions.expectations import parse_expectations
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.errors import UsageMistakeError

_PROGRAM = "%modelop"


@dataclass(frozen=True, slots=True)
class JobDraft:
    """The fields of the form as typed; an empty text is no value. ``expect`` has a rule in each line."""

    kind: JobKind
    model: str
    inputs: str = ""
    connection: str = ""
    output: str = ""
    schemas: str = ""
    max_errors: str = ""
    limit: str = ""
    record_timeout: str = ""
    retry: str = ""
    retry_on: str = ""
    timeout: str = ""
    memory: str = ""
    cpu_time: str = ""
    workers: str = ""
    expect: str = ""
    against: str = ""
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
        """Return the magic line.

        Raises :class:`UsageMistakeError` as :meth:`words` does and for a value that the magic would
        refuse, and :class:`ExpectationError` for a rule that cannot be applied.
        """
        words = self.words()
        parse(words, program=_PROGRAM)
        if not self.against.strip():
            parse_expectations(self.rules)
        return " ".join([_PROGRAM, *map(quote, words)])

    @property
    def rules(self) -> tuple[str, ...]:
        """What the result of a metrics job must meet."""
        return tuple(line.strip() for line in self.expect.splitlines() if line.strip())

    @property
    def uses_reference(self) -> bool:
        """Whether a rule compares with the metrics of another job."""
        return any(re.search(r"\bref\b", re.sub(r"`[^`]*`", "", rule)) for rule in self.rules)

    def with_input(self, path: str) -> str:
        """Return the text of the inputs with one more file."""
        return with_input(self.inputs, path)

    def _inputs(self) -> list[str]:
        return input_words(self.inputs)

    def _options(self) -> Iterator[str]:
        options = {
            "--connection": self.connection if self.has_query else "",
            "--output": self.output,
            "--schemas": self.schemas,
            "--max-errors": self.max_errors,
            "--limit": self.limit,
            "--record-timeout": self.record_timeout,
            "--retry": self.retry,
            "--retry-on": re.sub(r"\s*,\s*|\s+", ",", self.retry_on.strip()),
            "--timeout": self.timeout,
            "--memory": self.memory,
            "--cpu-time": self.cpu_time,
            "--workers": self.workers,
            "--format": self.format,
            "--engine": self.engine,
        }
        for option, text in options.items():
            if text.strip():
                yield from (option, text.strip())
        rules = self.rules
        for rule in rules:
            yield from ("--expect", rule)
        if rules and self.against.strip():
            yield from ("--against", self.against.strip())
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


def input_words(text: str) -> list[str]:
    """Return the inputs that a field names; raises :class:`UsageMistakeError` for wrong quotes."""
    text = text.strip()
    # A file chosen from the suggestions has no quotes around its blanks.
    return [text] if text and _is_file(text) else split(text)


def with_input(text: str, path: str) -> str:
    """Return the text of a field for inputs with one more file."""
    try:
        words = input_words(text)
    except UsageMistakeError:
        words = []  # a quote that is not closed yet
    return " ".join(map(quote, [*words, path]))
