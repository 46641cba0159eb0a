"""The records in the body of a request, each as the text that stands there.

A value that is read and written again may be another one: ``1e400`` for one. So the records of an
array are cut at its commas, and it is the model's process that reads them.
"""

from __future__ import annotations

import json
import json.decoder
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE: Any = json.decoder.WHITESPACE  # type: ignore[attr-defined]
_BLANKS = b" \t\r\n"


def is_array(body: bytes) -> bool:
    """Say whether a body is, or begins as, a JSON array."""
    return body.lstrip(_BLANKS)[:1] == b"["


def elements(body: bytes) -> Iterator[bytes]:
    """Yield the text of each element of a JSON array.

    Raises :class:`ValueError` for a text that is no array, and :class:`RecursionError` for one that
    is nested too deep, in both cases after the elements before.
    """
    text = body.decode("utf-8")
    place = _next(text, 0)
    if text[place : place + 1] != "[":
        raise json.JSONDecodeError("Expecting an array", text, place)
    place = _next(text, place + 1)
    if text[place : place + 1] != "]":
        end = place
        while True:
            _, end = _DECODER.raw_decode(text, place)
            yield text[place:end].encode()
            end = _next(text, end)
            if text[end : end + 1] == "]":
                break
            if text[end : end + 1] != ",":
                raise json.JSONDecodeError("Expecting ',' delimiter", text, end)
            place = _next(text, end + 1)
        place = end
    if _next(text, place + 1) != len(text):
        raise json.JSONDecodeError("Extra data", text, _next(text, place + 1))


def members(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the key of each member of a JSON object, and the text of its value.

    Raises :class:`ValueError` for a text that is no object, and :class:`RecursionError` for one that
    is nested too deep, in both cases after the members before.
    """
    text = body.decode("utf-8")
    place = _next(text, 0)
    if text[place : place + 1] != "{":
        raise json.JSONDecodeError("Expecting an object", text, place)
    place = _next(text, place + 1)
    if text[place : place + 1] != "}":
        while True:
            if text[place : place + 1] != '"':
                raise json.JSONDecodeError("Expecting a property name", text, place)
            key, place = _DECODER.raw_decode(text, place)
            place = _next(text, place)
            if text[place : place + 1] != ":":
                raise json.JSONDecodeError("Expecting ':' delimiter", text, place)
            begin = _next(text, place + 1)
            _, end = _DECODER.raw_decode(text, begin)
            yield key, text[begin:end].encode()
            place = _next(text, end)
            if text[place : place + 1] == "}":
                break
            if text[place : place + 1] != ",":
                raise json.JSONDecodeError("Expecting ',' delimiter", text, place)
            place = _next(text, place + 1)
    if _next(text, place + 1) != len(text):
        raise json.JSONDecodeError("Extra data", text, _next(text, place + 1))


def _next(text: str, place: int) -> int:
    end: int = _SPACE.match(text, place).end()
    return end
