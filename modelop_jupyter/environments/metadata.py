"""Packages whose own description a resolver cannot read: a pip of before 24.1 can.

uv and today's pip refuse what is not valid by PEP 440, such as ``pytz (>=2011k)``, and pass over
the version that says so. What they then call a conflict is none.
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
class Unreadable:
    """A package whose metadata a resolver refuses, and what it is that cannot be read."""

    name: str
    version: str | None
    what: str

    def __str__(self) -> str:
        package = f"{self.name} {self.version}" if self.version else self.name
        return f"the metadata of {package} is not valid ({self.what})"


def find_unreadable(said: str) -> Unreadable | None:
    """Return the package that a resolver could not read, None where it tells of none."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", said)
    found = _UV.search(text) or _PIP.search(text)
    if found:
        return Unreadable(found[1], found[2], _offending(found[3]))
    found = _UV_FILE.search(text)
    return Unreadable(found[2], None, _offending(found[3])) if found else None


def _offending(block: str) -> str:
    """Return the line that arrows point at, or the first one."""
    lines = [_CAUSE.sub("", line) for line in block.splitlines()]
    for line, below in pairwise(lines):
        if _ARROWS.match(below) or re.match(r"\s*~*\^", below):
            return line.strip()
    return next((line.strip() for line in lines if line.strip()), "")
