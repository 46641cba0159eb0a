"""A rule explains one kind of failure of uv and pip from their output."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from modelop_jupyter.domain.requirements import RequirementLine
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.masking import without_credentials

NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*)"
_TOKEN = re.compile(rf"(?<![\w.-]){NAME}(?:\[[^\]]*\])?\s*((?:[<>=!~]=?=?\s*[\w.*+!]+,?\s*)*)")


class Alternatives(Protocol):
    """Resolves again for other Pythons and versions; implemented by ``OtherPythons``."""

    def advice(self, package: str | None) -> str | None:
        """Return which Python has wheels for a package."""

    def versions_near(self, package: str, version: str) -> list[str]:
        """Return versions of a package near one that does not exist."""


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What was resolved or installed when the tool failed, and the path of the log.

    ``others`` resolves for other Pythons and versions; None leaves their advice out.
    """

    request: ResolveRequest
    log: str
    others: Alternatives | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a tool failed, what to do, and the package (``name``) or line at fault.

    ``depends_on_python``: another Python may help, and advice about it replaces the remedy, or
    follows it where ``keeps_remedy``.
    """

    reason: str
    remedy: str
    name: str | None = None
    line: RequirementLine | None = None
    depends_on_python: bool = False
    keeps_remedy: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A function that explains an output, and returns None for an output it does not know.

    It gets the output on one line, as the tools break their sentences, unless ``keeps_lines``.
    ``is_unavailable``: what it explains is a file that could not be had.
    """

    explain: Callable[[str, RuleContext], Explanation | None]
    keeps_lines: bool = False
    is_unavailable: bool = False

    @property
    def name(self) -> str:
        return self.explain.__name__


def line_with_address(text: str, request: ResolveRequest) -> RequirementLine | None:
    """Return the requirement whose address a text contains, whatever the tool added to it."""
    for line in request.requirements.lines:
        if line.url:
            address = without_credentials(line.url.removeprefix("git+").partition("#")[0])
            host, slash, path = address.partition("://")[2].partition("/")
            if f"{host}{slash}{path.partition('@')[0]}" in text:
                return line
    return None


def first_required(text: str, request: ResolveRequest) -> str | None:
    """Return the first required package that a text names."""
    for token in _TOKEN.finditer(text):
        if request.requirements.of(token[1]):
            return token[1]
    return None
