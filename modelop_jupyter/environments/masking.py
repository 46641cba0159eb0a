"""Keep credentials out of everything that is written or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

MASK = "****"

_USERINFO = re.compile(r"(?<=://)[^/@\s'\"<>]+@")


class Masker:
    """Replaces the user part of every URL, and known secrets wherever else they appear."""

    def __init__(self, urls: Iterable[str] = ()) -> None:
        self._secrets: list[str] = []
        for url in urls:
            self._secrets += secrets_of(url)
        self._secrets.sort(key=len, reverse=True)

    def __call__(self, text: str) -> str:
        text = _USERINFO.sub(f"{MASK}@", text)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


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
