"""What goes through the connection of a replica; ``runner/requests.py`` is the other side."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VARIABLE = "MODELOP_REQUESTS"

_RECORD = struct.Struct("<BI")
_PART = struct.Struct("<cBI")
_OUTPUT, _PROBLEM, _END, _READY = b"O", b"P", b"E", b"R"


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is imported and initialised."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a record has given: ``outputs`` are pairs of a slot and lines of JSON.

    ``problem`` is a line of ``errors.jsonl``, None for a record that was scored; of a record set it is
    a line for each bad record.
    """

    outputs: tuple[tuple[int, bytes], ...] = ()
    problem: bytes | None = None


def record_frame(slot: int, text: bytes) -> bytes:
    """Return what hands the text of a record to a replica."""
    return _RECORD.pack(slot, len(text)) + text


class AnswerReader:
    """Puts the parts of answers together, in whatever pieces they arrive."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._outputs: list[tuple[int, bytes]] = []
        self._problem: bytes | None = None

    def feed(self, data: bytes) -> Iterator[Ready | Answer]:
        """Take data; yield what it completes."""
        if self._data:
            self._data += data
        pieces = self._data or data  # most answers come in one piece
        place = 0
        while len(pieces) - place >= _PART.size:
            kind, slot, size = _PART.unpack_from(pieces, place)
            begin = place + _PART.size
            if len(pieces) - begin < size:
                break
            place = begin + size
            if kind == _OUTPUT:
                self._outputs.append((slot, bytes(pieces[begin:place])))
            elif kind == _PROBLEM:
                self._problem = bytes(pieces[begin:place])
            elif kind == _END:
                yield Answer(tuple(self._outputs), self._problem)
                self._outputs, self._problem = [], None
            elif kind == _READY:
                yield Ready()
        if pieces is self._data:
            del self._data[:place]
        else:
            self._data += data[place:]
