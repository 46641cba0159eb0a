"""Keep credentials out of everything that is written or shown: the one place that knows them.

Known are the user part of an address, and values in its query that are named like a secret. A
secret in an address's path cannot be told from a folder's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

MASK = "****"

# A password may hold an @ as it is, and quotation marks behind the user's name.
_USERINFO = re.compile(
    r"""(?<=://) ( [^/\s'"<>]+ | [^/\s'"<>:,]*:[^/\s"<>,]* ) (?=@)""", re.VERBOSE
)
_QUERY = re.compile(
    r"""(?<=[?&;]) ( [\w.-]* (?:token|secret|passw(?:or)?d|api[_-]?key|signature|credential) [\w.-]* = )
    ( [^&;\#\s'"<>]+ )""",
    re.VERBOSE | re.IGNORECASE,
)
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}\Z")
# What a model's source puts values into.
_TEMPLATE = re.compile(r"(\{[^{}]*\}|%s)(:(\{[^{}]*\}|%s))?\Z")
# A lone word is the name that a keyring or netrc has the password of; a variable has none in it.
_HARMLESS = re.compile(r"([A-Za-z]{1,16}|([^:]*:)?(\$\{[A-Z0-9_]+\})?)\Z")


class Masker:
    """Does what :func:`masked` does, and replaces known secrets wherever else they appear."""

    def __init__(self, urls: Iterable[str] = ()) -> None:
        self._secrets: list[str] = []
        for url in urls:
            self._secrets += secrets_of(url)
        self._secrets.sort(key=len, reverse=True)

    def __call__(self, text: str) -> str:
        text = masked(text)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def masked(text: str) -> str:
    """Return a text with a mark in the place of each credential in an address."""
    if "://" not in text:
        return text
    return _QUERY.sub(_masked_value, _USERINFO.sub(_masked_user, text))


def holds_secret(line: str) -> bool:
    """Say whether a line of requirements has a credential written out, and not by a variable."""
    return any(not _HARMLESS.match(user) for user in _USERINFO.findall(line)) or any(
        not _VARIABLE.match(value) for _, value in _QUERY.findall(line) if "://" in line
    )


def _masked_user(found: re.Match[str]) -> str:
    return found[0] if _TEMPLATE.match(found[0]) else MASK


def _masked_value(found: re.Match[str]) -> str:
    return found[0] if _VARIABLE.match(found[2]) else found[1] + MASK


def secrets_of(url: str) -> list[str]:
    """Return the passwords and tokens in a URL, as written and decoded.

    Three characters or fewer are left out: replacing them everywhere would garble the text.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    # A lone user part is a token (https://TOKEN@host), unless it is a word: the name that a keyring
    # or netrc has the password of. Beside a password it is only a name.
    secret = password or ("" if re.fullmatch(r"[A-Za-z]{1,16}", user) else user)
    return list(dict.fromkeys(s for s in (secret, unquote(secret)) if len(s) > 3))


def without_credentials(url: str) -> str:
    """Return a URL without its user part; anything that is no such URL stays as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    user, at, host = parts.netloc.rpartition("@")
    # git+ssh://git@host: a name alone is an address there, not a secret.
    if not at or (parts.scheme.endswith("ssh") and ":" not in user):
        return url
    return urlunsplit(parts._replace(netloc=host))
