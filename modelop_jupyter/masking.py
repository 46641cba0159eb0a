"""Replace credentials in text that is written or shown.

Credentials are the user part of a URL, and query parameters that are named like a secret. A secret
in the path of a URL cannot be told from a folder's name and stays.
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
    r"""(?<=[?&;])
    ( (?: [\w.-]* (?:token|secret|passw(?:or)?d|api[_-]?key|signature|credential) [\w.-]* | sig ) = )
    ( [^&;\#\s'"<>]+ )""",
    re.VERBOSE | re.IGNORECASE,
)
# A container of Azure, a user of SFTP: neither is secret without a password.
_NAMING = re.compile(r"\b(abfss?|sftp)://\Z", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}\Z")
# Placeholders of format strings in a model's source.
_TEMPLATE = re.compile(r"(\{[^{}]*\}|%s)(:(\{[^{}]*\}|%s))?\Z")
# A lone word is a user name whose password a keyring or netrc has; ``${VARIABLE}`` holds no secret.
_HARMLESS = re.compile(r"([A-Za-z]{1,16}|([^:]*:)?(\$\{[A-Z0-9_]+\})?)\Z")


_SECRET_NAME = re.compile(
    r"token|secret|passw(?:or)?d|api[_-]?key|signature|credential", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Return whether what has this name is a secret by that."""
    return _SECRET_NAME.search(name) is not None


class Masker:
    """Masks URLs as :func:`mask` does, and the secrets of given URLs wherever else they appear."""

    def __init__(self, urls: Iterable[str] = ()) -> None:
        self._secrets: list[str] = []
        for url in urls:
            self._secrets += secrets_of(url)
        self._secrets.sort(key=len, reverse=True)

    def __call__(self, text: str) -> str:
        text = mask(text)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def mask(text: str) -> str:
    """Return a text with ``****`` in place of each credential in a URL."""
    if "://" not in text:
        return text
    return _QUERY.sub(_masked_value, _USERINFO.sub(_masked_user, text))


def has_literal_secret(line: str) -> bool:
    """Return whether a requirements line holds a credential itself, not a ``${VARIABLE}``."""
    return any(not _HARMLESS.match(user) for user in _USERINFO.findall(line)) or any(
        not _VARIABLE.match(value) for _, value in _QUERY.findall(line) if "://" in line
    )


def _masked_user(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 8) : match.start()]
    is_name = ":" not in match[0] and _NAMING.search(before)
    return match[0] if is_name or _TEMPLATE.match(match[0]) else MASK


def _masked_value(match: re.Match[str]) -> str:
    return match[0] if _VARIABLE.match(match[2]) else match[1] + MASK


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
    is_name = re.fullmatch(r"[A-Za-z]{1,16}", user) or _NAMING.match(f"{parts.scheme}://")
    secret = password or ("" if is_name else user)
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
