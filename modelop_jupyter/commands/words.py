"""A line as words: quotes, the notebook's variables, and the two spellings of a path.

IPython would put ``{name}`` and ``$name`` into the text of the line before it is split, so that
a path with a blank falls into two words and ``--param x={"a":1}`` is taken for a format string
and becomes ``x=a``. Here a value stays one word, and braces that hold no expression stay as
they are. A ``#`` begins no comment: it may be part of a file name.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable

from modelop_jupyter.errors import UsageMistakeError

_EXPRESSION = re.compile(r"\{([A-Za-z_][^{}]*)\}|\$([A-Za-z_]\w*)")
_HELD = re.compile("\ue000(\\d+)\ue001")


def split(line: str, *, windows: bool = os.name == "nt") -> list[str]:
    """Return the words of a line; a backslash escapes, but on Windows it separates folders."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if windows:
        lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageMistakeError(
            f"a quote or backslash is left open in: {line.strip()}",
            "Close it, or put the word in the other kind of quotes",
        ) from None


def expand(line: str, evaluate: Callable[[str], object]) -> list[str]:
    """Return the words of a line with ``{expression}`` and ``$name`` in place.

    ``evaluate`` raises :class:`LookupError` for what it does not know: the text then stays.
    """
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        try:
            value = evaluate(match[1] or match[2])
        except LookupError:
            return match[0]
        held.append(str(value))
        return f"\ue000{len(held) - 1}\ue001"

    words = split(_EXPRESSION.sub(hold, line))
    return [_HELD.sub(lambda match: held[int(match[1])], word) for word in words]


def quote(word: str) -> str:
    """Return a word as it must be typed to be one word."""
    return word if re.fullmatch(r"[^\s'\"\\]+", word) else shlex.quote(word)
