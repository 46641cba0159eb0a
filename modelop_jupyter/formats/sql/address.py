"""Addresses of queries: ``postgresql://host/db?query=SELECT …&key=id``.

The query is written as it is or percent-encoded. As a query has blanks and an address has none, one
with blanks is taken as it is: everything from ``query=`` on, but for a ``&key=`` at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

from modelop_jupyter.errors import InputError

if TYPE_CHECKING:
    import sqlalchemy as sa

_SCHEME = re.compile(r"([a-z][a-z0-9_]*)(\+[a-z0-9_]+)?://", re.IGNORECASE)
_QUERY = re.compile(r"[?&]query=")
_KEY = re.compile(r"&key=([^&\s]+)\s*\Z")
_DATABASES = frozenset("postgresql postgres mysql mariadb sqlite oracle mssql".split())
# Their addresses may well have a parameter called "query".
_OTHERS = frozenset("http https ftp file".split())
# What a database's address may say besides in its parameters: where it is, and nothing secret.
_PUBLIC = frozenset("host port service driver".split())
EXAMPLE = "postgresql://host/db?query=SELECT …"


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the database that answers it.

    ``name`` is what messages call it, ``url`` an SQLAlchemy URL with its credentials, ``key`` the
    column whose order the rows are read in.
    """

    name: str
    url: str = field(repr=False)
    text: str
    key: str | None = None


def is_database_address(word: str) -> bool:
    """Return whether a word is the address of a database that SQLAlchemy knows, or has a query."""
    match = _SCHEME.match(word)
    if match is None:
        return False
    scheme = match[1].lower()
    if scheme in _DATABASES or scheme in _OTHERS:
        return scheme in _DATABASES
    return _QUERY.search(word) is not None or scheme in _plugins()


def query_of_address(word: str) -> Query:
    """Return the query that an address has; raises :class:`InputError` where it has none."""
    head, text, key = _split(word)
    name = public_address(head)
    if not text.strip():
        raise InputError(
            name, "the address has no query", f"Write one behind it, such as '{EXAMPLE}'"
        )
    return Query(name, head, text.strip(), key)


def parsed(url: str) -> sa.URL:
    """Return an SQLAlchemy URL; raises :class:`InputError` for what is none."""
    import sqlalchemy as sa
    from sqlalchemy.exc import ArgumentError

    try:
        address = sa.make_url(url.strip())
    except (ArgumentError, ValueError):
        raise InputError(
            f"{url.partition('://')[0]}://…" if "://" in url else "",
            "is not the address of a database",
            "Write dialect://user:password@host:port/database, with @ and / in a password as %40"
            " and %2F",
        ) from None
    name = address.drivername.lower()
    # As PostgreSQL's own tools and some hosts write it.
    if name.partition("+")[0] == "postgres":
        name = name.replace("postgres", "postgresql", 1)
    return address.set(drivername=name)


def public_address(url: str) -> str:
    """Return an address without user, password and parameters that may be secret."""
    import sqlalchemy as sa

    address = parsed(url)
    shown = {name: value for name, value in address.query.items() if name in _PUBLIC}
    public = sa.URL.create(
        address.drivername, None, None, address.host, address.port, address.database, shown
    )
    # SQLAlchemy encodes the slashes of the folder of a socket.
    return unquote(public.render_as_string(hide_password=False))


def _split(word: str) -> tuple[str, str, str | None]:
    """Return the address of the database, the query and the key."""
    match = _QUERY.search(word)
    if match is not None and re.search(r"\s", word[match.end() :].strip()):
        text, key = word[match.end() :], None
        if found := _KEY.search(text):
            text, key = text[: found.start()], unquote(found[1])
        head, _, parameters = word[: match.start()].partition("?")
        head, named = _without(head, parameters, "key")
        return head, text, key or named.get("key")
    head, _, parameters = word.partition("?")
    head, named = _without(head, parameters, "query", "key")
    return head, named.get("query", ""), named.get("key") or None


def _without(head: str, parameters: str, *names: str) -> tuple[str, dict[str, str]]:
    """Return an address with its parameters except those named, and these."""
    pairs = parse_qsl(parameters, keep_blank_values=True)
    others = [(name, value) for name, value in pairs if name not in names]
    return (
        f"{head}?{urlencode(others)}" if others else head,
        {name: value for name, value in pairs if name in names},
    )


def _plugins() -> set[str]:
    """Return the databases that installed packages add to SQLAlchemy."""
    from importlib.metadata import entry_points

    return {
        entry.name.partition(".")[0].lower() for entry in entry_points(group="sqlalchemy.dialects")
    }
