"""Find in a tool's output the package whose metadata it refused; a pip of before 24.1 reads it.

uv and today's pip refuse requirements that are not valid by PEP 440, such as ``pytz (>=2011k)``, and
skip the versions that have them. What they then report as a conflict is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*)"
_BLOCK = r"((?:[^\n]*\n?){1,4})"
_UV = re.compile(
    rf"(?:Metadata for|The structure of) `{_NAME}`(?: \(v([^)]+)\))?"
    rf" (?:could not be parsed|was inconsistent|was invalid):\n{_BLOCK}"
)
_UV_FILE = re.compile(rf"Couldn't parse metadata of `{_NAME}` from `{_NAME}[^`]*`\n{_BLOCK}")
_PIP = re.compile(
    rf"Requested {_NAME}(?:\[[^\]]*\])?(?:==(\S+))? from [^\n]* has invalid metadata: {_BLOCK}"
)
_ARROWS = re.compile(r"\s*[\^~]+\s*\Z")
_CAUSE = re.compile(r"\A\s*(?:cause:|[\u251c\u2570]\u2500\u25b6|\u2502)?\s*")


@dataclass(frozen=True, slots=True)
class InvalidMetadata:
    """A package whose metadata a tool refuses, and the text that is not valid."""

    name: str
    version: str | None
    text: str

    def __str__(self) -> str:
        package = f"{self.name} {self.version}" if self.version else self.name
        return f"the metadata of {package} is not valid ({self.text})"


def find_invalid_metadata(messages: str) -> InvalidMetadata | None:
    """Return the package whose metadata was refused, None where the output names none."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", messages)
    match = _UV.search(text) or _PIP.search(text)
    if match:
        return InvalidMetadata(match[1], match[2], _invalid_text(match[3]))
    match = _UV_FILE.search(text)
    return InvalidMetadata(match[2], None, _invalid_text(match[3])) if match else None


def _invalid_text(block: str) -> str:
    """Return the line that arrows point at, or the first one."""
    lines = [_CAUSE.sub("", line) for line in block.splitlines()]
    for line, below in pairwise(lines):
        if _ARROWS.match(below) or re.match(r"\s*~*\^", below):
            return line.strip()
    return next((line.strip() for line in lines if line.strip()), "")
