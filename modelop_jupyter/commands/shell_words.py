"""Split a magic line into words, with quotes and the notebook's variables.

IPython would insert ``{name}`` and ``$name`` into the text of the line before it is split: a path
with a blank would become two words, and ``--param x={"a":1}`` would be taken for a format string and
become ``x=a``. Here an inserted value stays one word, and braces without an expression stay as they
are. A ``#`` starts no comment, as it may be part of a file name.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Sequence

from modelop_jupyter.errors import UsageMistakeError


class Inserted(str):
    """A word that is the value of an expression of the notebook, such as ``{path}`` or ``$path``."""

    __slots__ = ("expression", "value")

    def __new__(cls, value: object, expression: str) -> Inserted:
        word = super().__new__(cls, str(value))
        word.expression, word.value = expression, value
        return word

    expression: str
    value: object


_EXPRESSION = re.compile(r"\{([A-Za-z_][^{}]*)\}|\$([A-Za-z_]\w*)")
# An inserted value is replaced by this while the line is split: private-use characters.
_PLACEHOLDER = re.compile("\ue000(\\d+)\ue001")


def split(line: str, *, windows: bool = os.name == "nt") -> list[str]:
    """Return the words of a line.

    A backslash escapes the next character, except on Windows, where it separates folders. Raises
    :class:`UsageMistakeError` for an unclosed quote.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if windows:
        lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageMistakeError(
            f"a quote or backslash is not closed in: {line.strip()}",
            "Close it, or put the word in the other kind of quotes",
        ) from None


def expand(line: str, evaluate: Callable[[str], object]) -> list[str]:
    """Return the words of a line, with the values of ``{expression}`` and ``$name`` inserted.

    A word that is nothing else is :class:`Inserted`. ``evaluate`` raises :class:`LookupError` for an expression that it cannot evaluate, whose text
    then stays as it is. Raises :class:`UsageMistakeError` for an unclosed quote.
    """
    inserted: list[Inserted] = []

    def insert(match: re.Match[str]) -> str:
        expression = match[1] or match[2]
        try:
            value = evaluate(expression)
        except LookupError:
            return match[0]
        inserted.append(Inserted(value, expression))
        return f"\ue000{len(inserted) - 1}\ue001"

    words = split(_EXPRESSION.sub(insert, line))
    return [_with_values(word, inserted) for word in words]


def _with_values(word: str, inserted: Sequence[Inserted]) -> str:
    if whole := _PLACEHOLDER.fullmatch(word):
        return inserted[int(whole[1])]
    return _PLACEHOLDER.sub(lambda match: inserted[int(match[1])], word)


def quote(word: str) -> str:
    """Return a word with the quotes that it needs to stay one word."""
    return word if re.fullmatch(r"[^\s'\"\\]+", word) else shlex.quote(word)
