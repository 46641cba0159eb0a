"""Who is told that a job has ended: a web address, the desktop, or nobody."""

from __future__ import annotations

from urllib.parse import urlsplit

from modelop_jupyter.errors import InvalidError

DESKTOP = "desktop"
NOBODY = "none"
_HINT = "Write an address such as https://hooks.example.com/jobs, desktop, or none"


def parse_notify(text: str) -> str:
    """Return an address, ``desktop`` or ``none``; raises :class:`InvalidError` for anything else."""
    text = text.strip()
    if text in (DESKTOP, NOBODY):
        return text
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        # The number is read, and refused, only now.
        is_address = is_address and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address or text.split() != [text]:
        # The text may hold a secret.
        raise InvalidError("notify: this is neither an http address nor desktop", _HINT)
    return text


def shown(target: str) -> str:
    """Return what may be shown and stored: of an address its host alone.

    The path of a webhook is its secret as a rule, and so may user and query be.
    """
    if target in (DESKTOP, NOBODY):
        return target
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}/…"
