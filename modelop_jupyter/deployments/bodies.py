"""The records in the body of a request, each as the text that stands there.

A value that is read and written again may be another one: ``1e400`` for one. So the records of an
array are cut at its commas, and it is the model's process that reads them.
"""

from __future__ import annotations

import json
import json.decoder
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
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
    return _items(body, ("[", "]"), "an array", _value)


def members(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the key of each member of a JSON object, and the text of its value.

    Raises :class:`ValueError` for a text that is no object, and :class:`RecursionError` for one that
    is nested too deep, in both cases after the members before.
    """
    return _items(body, ("{", "}"), "an object", _member)


def _items(
    body: bytes, brackets: tuple[str, str], expected: str, read: Callable[[str, int], tuple[T, int]]
) -> Iterator[T]:
    """Yield what ``read`` returns for each item between brackets; it also returns where that ends."""
    text = body.decode("utf-8")
    opening, closing = brackets
    place = _next(text, 0)
    if text[place : place + 1] != opening:
        raise json.JSONDecodeError(f"Expecting {expected}", text, place)
    place = _next(text, place + 1)
    if text[place : place + 1] != closing:
        while True:
            item, end = read(text, place)
            yield item
            place = _next(text, end)
            if text[place : place + 1] == closing:
                break
            if text[place : place + 1] != ",":
                raise json.JSONDecodeError("Expecting ',' delimiter", text, place)
            place = _next(text, place + 1)
    if _next(text, place + 1) != len(text):
        raise json.JSONDecodeError("Extra data", text, _next(text, place + 1))


def _value(text: str, place: int) -> tuple[bytes, int]:
    _, end = _DECODER.raw_decode(text, place)
    return text[place:end].encode(), end


def _member(text: str, place: int) -> tuple[tuple[str, bytes], int]:
    if text[place : place + 1] != '"':
        raise json.JSONDecodeError("Expecting a property name", text, place)
    key, place = _DECODER.raw_decode(text, place)
    place = _next(text, place)
    if text[place : place + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, place)
    value, end = _value(text, _next(text, place + 1))
    return (key, value), end


def _next(text: str, place: int) -> int:
    end: int = _SPACE.match(text, place).end()
    return end
