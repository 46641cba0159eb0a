"""Why a tool failed, in words: what every recogniser of its output gives back, and what they share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.domain.requirements import RequirementLine, Requirements
from modelop_jupyter.masking import Masker, without_credentials

NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*)"
_TOKEN = re.compile(rf"(?<![\w.-]){NAME}(?:\[[^\]]*\])?\s*((?:[<>=!~]=?=?\s*[\w.*+!]+,?\s*)*)")


@dataclass(frozen=True, slots=True)
class Context:
    """What was being done when the tool failed; ``elsewhere`` tells which other Python has wheels.

    ``around`` gives versions of a package near to one that is not there.
    """

    requirements: Requirements
    interpreter: Interpreter
    mask: Masker
    log: str
    is_offline: bool = False
    elsewhere: Callable[[str | None], str | None] | None = None
    around: Callable[[str, str], list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, what to do, and which package or line is at fault.

    ``hangs_on_python``: another Python may do, which takes the place of the remedy unless that
    mends it here (``is_mendable``).
    """

    reason: str
    remedy: str
    name: str | None = None
    line: RequirementLine | None = None
    hangs_on_python: bool = False
    is_mendable: bool = False


def line_with_address(text: str, context: Context) -> RequirementLine | None:
    """Return the line whose address a text names, however it was completed."""
    for line in context.requirements.lines:
        if line.url:
            address = without_credentials(line.url.removeprefix("git+").partition("#")[0])
            host, slash, path = address.partition("://")[2].partition("/")
            if f"{host}{slash}{path.partition('@')[0]}" in text:
                return line
    return None


def first_known(text: str, context: Context) -> str | None:
    """Return the first package asked for that a text names."""
    for token in _TOKEN.finditer(text):
        if context.requirements.of(token[1]):
            return token[1]
    return None
