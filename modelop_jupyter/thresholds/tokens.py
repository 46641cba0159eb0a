"""The words of FEEL and JUEL, which have most of them in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "text", "name", "sign", "end"]
MOST_LETTERS = 4_000

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[^\W\d]\w*|`[^`]+`)
      | (?P<sign>\.\.|&&|\|\||==|!=|<=|>=|[-+*/%<>=!?:.,()\[\]{}$])
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
# JUEL spells its operators with letters, too; FEEL some of them.
_SIGNS = {
    "and": "&&",
    "or": "||",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "=": "==",
}


class UnreadableError(ValueError):
    """An expression that is neither FEEL nor JUEL as it is spoken here; the text says where."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str


def tokens(text: str) -> list[Token]:
    """Return the words of an expression; raises :class:`UnreadableError`."""
    if len(text) > MOST_LETTERS:
        raise UnreadableError(f"it is longer than {MOST_LETTERS} letters")
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise UnreadableError(f"nothing is known to begin with {text[at : at + 10].strip()!r}")
        found.append(_token(match))
        at = match.end()
    return [*found, Token("end", "")]


def _token(match: re.Match[str]) -> Token:
    if match["number"] is not None:
        return Token("number", match["number"])
    if match["text"] is not None:
        return Token("text", _ESCAPED.sub(r"\1", match["text"][1:-1]))
    if match["name"] is not None:
        name = match["name"].strip("`")
        return Token("sign", _SIGNS[name]) if name in _SIGNS else Token("name", name)
    return Token("sign", _SIGNS.get(match["sign"], match["sign"]))
