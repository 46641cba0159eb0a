"""Who may ask a deployment: those with its token, and no page of another site."""

from __future__ import annotations

import functools
import hmac
import ipaddress
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.errors import (
    CrossSiteError,
    HostError,
    RequestError,
    TokenError,
)

if TYPE_CHECKING:
    from starlette.types import Scope

# They say nothing that a caller does not know: the page asks for the token itself.
_OPEN_PATHS = frozenset({"/", "/1/health", "/ping"})
_BEARER = b"bearer "
_READING = ("GET", "HEAD", "OPTIONS")
_OWN_SITES = (b"same-origin", b"none")


class Access:
    """Decides about requests.

    ``token`` is None where everybody who reaches the deployment may ask; it can be set
    anew. Where only this machine can, ``is_loopback``, a request for another host is one that a page has sent whose site's name
    leads here (DNS rebinding).
    """

    def __init__(self, token: str | None = None, *, is_loopback: bool = True) -> None:
        self._is_loopback = is_loopback
        self.set_token(token)

    @property
    def has_token(self) -> bool:
        return self._token is not None

    def set_token(self, token: str | None) -> None:
        """Have requests name this token from now on."""
        # Headers are bytes, and a token may be of any characters.
        self._token = None if token is None else token.encode("utf-8", "surrogatepass")

    def refusal(self, scope: Scope) -> RequestError | None:
        """Return why a request is not answered, None for one that is."""
        host = origin = site = authorization = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"authorization":
                authorization = value
        if self._is_loopback and host is not None and not _is_loopback(host):
            return HostError(host.decode("latin-1"))
        is_reading = scope["method"] in _READING
        if site is not None:
            is_own = site in _OWN_SITES
        else:
            # Not the scheme: TLS may end at a proxy.
            is_own = origin is None or origin.partition(b"://")[2] == host
        if not (is_own or is_reading):
            return CrossSiteError()
        if self._token is not None and scope["path"] not in _OPEN_PATHS:
            given = authorization or b""
            is_bearer = given[: len(_BEARER)].lower() == _BEARER
            given = given[len(_BEARER) :].strip() if is_bearer else b""
            if not hmac.compare_digest(given, self._token):
                return TokenError()
        return None


@functools.lru_cache(maxsize=100)
def _is_loopback(host: bytes) -> bool:
    """Say whether a Host header, with or without a port, is this machine."""
    name = host.decode("latin-1").lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    else:
        name = name.partition(":")[0].removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
