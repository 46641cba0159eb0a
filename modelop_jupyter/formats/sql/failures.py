"""What a database or its driver says, as the error of an input.

Drivers have no codes in common, so that their texts are shown, without the SQL that SQLAlchemy adds.
"""

from __future__ import annotations

import re

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql.address import Query, parsed
from modelop_jupyter.masking import MASK, Masker

# PostgreSQL, in any language; MySQL and MariaDB.
_LINE = re.compile(r"^\w+ (\d+) ?: |\bat line (\d+)\b", re.MULTILINE)
# SQLite tells no lines: "no such column: x", 'near "x": syntax error'.
_NAMED = re.compile(r'no such \w+: ([\w.]+)|near "([^"]+)"')
_SECRET = re.compile(r"(?:password|passwd|pwd|token|secret)=([^;&]+)", re.IGNORECASE)
_REFUSED = re.compile(r"password|authentication|access denied|login|logon", re.IGNORECASE)
_LONGEST_LINE = 80


def refusal_of_connection(query: Query, error: Exception) -> InputError:
    """Return the error of a database that cannot be opened."""
    said = _said(query, error)
    hint = "Check host, port and the database's name"
    if _REFUSED.search(said):
        hint = "Check user and password"
    return InputError(query.name, f"the database cannot be opened ({said})", hint)


def refusal_of_query(query: Query, error: Exception) -> InputError:
    """Return the error of a query that the database refuses, or that fails while it is read."""
    said = _said(query, error)
    line = _line_of(query, str(getattr(error, "orig", None) or error))
    return InputError(query.name, f"the database refuses the query: {said}{line}")


def _said(query: Query, error: Exception) -> str:
    """Return the first sentence of what a driver says, without credentials."""
    original = getattr(error, "orig", None) or error
    text = str(original)
    # MySQL's drivers have a number and a text.
    if len(original.args) == 2 and isinstance(original.args[1], str):
        text = original.args[1]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = lines[0] if lines else type(original).__name__
    # psycopg tells what it tried, then the server's answer.
    said = next((line for line in lines if "FATAL:" in line), said)
    said = said.rpartition("FATAL:")[2].strip()
    return masked(query, said).rstrip(".")


def masked(query: Query, text: str) -> str:
    """Return a text without the credentials of a query's database."""
    address = parsed(query.url)
    secrets = [found for value in address.query.values() for found in _SECRET.findall(str(value))]
    secrets += [value for name, value in address.query.items() if _SECRET.match(f"{name}=x")]
    if address.password:
        secrets.append(str(address.password))
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return Masker([query.url])(text)


def _line_of(query: Query, said: str) -> str:
    """Return `` (line 2: FROM nosuch)`` if the message tells the line or the word of a longer query."""
    lines = query.text.splitlines()
    number = None
    if match := _LINE.search(said):
        number = int(match[1] or match[2])
    elif match := _NAMED.search(said):
        word = re.escape((match[1] or match[2]).rpartition(".")[2])
        number = next(
            (
                place
                for place, line in enumerate(lines, 1)
                if re.search(rf"(?<!\w){word}(?!\w)", line)
            ),
            None,
        )
    if number is None or not 0 < number <= len(lines):
        return ""
    return f" (line {number}: {lines[number - 1].strip()[:_LONGEST_LINE]})"
