"""Check that the text of a query is one statement that only reads."""

from __future__ import annotations

import re

from modelop_jupyter.errors import InputError

# Where words are no words of SQL.
_TEXTS = re.compile(
    r"""
    \b[eE]'(?:[^'\\]|''|\\.)*'         # PostgreSQL's strings with backslashes
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | `[^`]*`
  | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$    # PostgreSQL's dollar quotes
  | --[^\n]*
  | /\*.*?\*/
    """,
    re.VERBOSE | re.DOTALL,
)
_READING = ("select", "with", "values", "table")
_WRITING = re.compile(
    r"\b(insert|update|delete|merge|drop|create|alter|truncate|grant|revoke|into|call|execute)\b",
    re.IGNORECASE,
)


def require_select(name: str, text: str, *, is_guarded: bool) -> str:
    """Return a query without its last semicolon; raises :class:`InputError` for what may write.

    ``is_guarded``: the database itself refuses to write; otherwise no word may stand in the query
    that could.
    """
    words = _TEXTS.sub(_blank, text)
    end = len(words.rstrip().rstrip(";").rstrip())
    if second := re.search(r";[\s;]*", words[:end]):
        raise InputError(
            name,
            f"holds several statements, the second in line {_line(words, second.end())}",
            "Keep the one SELECT",
        )
    first = re.match(r"[\s(]*(\w*)", words)
    word = first[1].lower() if first else ""
    if word not in _READING:
        if not words[:end].strip():
            raise InputError(name, "holds no query", "Write a SELECT")
        raise InputError(
            name,
            f"the query is not a SELECT: it begins with {(word or words.strip()[:1]).upper()!r}",
            "A job only reads from a database",
        )
    writing = None if is_guarded else _WRITING.search(words)
    if writing is not None:
        raise InputError(
            name,
            f"the query may write: {writing[0].upper()} in line {_line(words, writing.start())}, and"
            " this database has no read-only transactions",
            "Write only a SELECT; put a column of that name in quotes",
        )
    return text[:end].strip() if ";" in words[end:] else text.strip()


def _blank(match: re.Match[str]) -> str:
    """Return as many quotes in place of a text, or blanks of a comment: positions and lines stay."""
    filler = " " if match[0].startswith(("--", "/*")) else '"'
    return re.sub(r"[^\n]", filler, match[0])


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
