"""Parse sizes and ages that a user wrote: ``5GB``, ``30d``."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?", re.IGNORECASE)
_BYTES = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BYTES |= {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def bytes_of(word: str) -> int | None:
    """Return the bytes of ``2GB``, ``500 MB``, ``1.5g`` or ``2GiB``, None for text that is not a size."""
    match = _SIZE.fullmatch(word.strip())
    if match is None:
        return None
    return round(float(match[1]) * (_BYTES[match[2].lower()] if match[2] else 1))


def seconds_of(word: str) -> float | None:
    """Return the seconds of ``30d``, ``12h``, ``90m``, ``2w`` or ``0``, None for text that is not an age."""
    if word.strip() == "0":
        return 0.0
    match = _AGE.fullmatch(word.strip())
    return None if match is None else float(match[1]) * _SECONDS[match[2].lower()]


def size_word(count: int) -> str:
    """Return bytes as :func:`bytes_of` reads them: ``2GB``, ``1.5GB``, ``500MB``."""
    unit = "G" if count >= _BYTES["g"] else "M" if count >= _BYTES["m"] else "k"
    return f"{round(count / _BYTES[unit.lower()], 2):g}{unit}B"
