"""Answers arrive in any pieces."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.deployments.frames import Answer, AnswerReader, Ready, record_frame

_OUTPUTS = st.lists(st.tuples(st.sampled_from([1, 3, 5]), st.binary(max_size=40)), max_size=3)
_ANSWERS = st.builds(
    Answer, _OUTPUTS.map(tuple), st.one_of(st.none(), st.binary(min_size=1, max_size=40))
)


def _part(kind: bytes, slot: int, data: bytes) -> bytes:
    return struct.pack("<cBI", kind, slot, len(data)) + data


def _sent(answer: Answer) -> bytes:
    parts = [_part(b"O", slot, lines) for slot, lines in answer.outputs]
    if answer.problem is not None:
        parts.append(_part(b"P", 0, answer.problem))
    return b"".join(parts) + _part(b"E", 0, b"")


@given(st.lists(_ANSWERS, max_size=4), st.lists(st.integers(1, 20)))
def test_answers_are_put_together_from_any_pieces(answers: list[Answer], sizes: list[int]) -> None:
    data = _part(b"R", 0, b"") + b"".join(map(_sent, answers))
    reader = AnswerReader()
    found: list[Ready | Answer] = []
    for size in sizes:
        found += reader.feed(data[:size])
        data = data[size:]
    found += reader.feed(data)

    assert found == [Ready(), *answers]


def test_a_record_has_its_slot_and_its_length() -> None:
    assert record_frame(2, b'{"x": 1}') == b"\x02\x08\x00\x00\x00" + b'{"x": 1}'
