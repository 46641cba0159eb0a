"""How a file is cut at borders of records."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.chunks import TO_END, ByteRange
from modelop_jupyter.formats.cuts import CUTS, cut_of
from modelop_jupyter.formats.gzip_members import GzipText, has_several_members, index_of

LINES = [b'{"x": %d}\n' % number for number in range(2000)]
TEXTS = st.lists(
    st.binary(max_size=60).map(lambda text: text.replace(b"\0", b"\n")), min_size=1, max_size=12
)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    "data",
    [b"", b"1\n", b"1\n2\n3\n", b"1\n2", b"\n\n\n", b"a" * 100 + b"\n1\n", b"1\n" + b"b" * 100],
)
def test_every_line_belongs_to_exactly_one_range(data: bytes, count: int) -> None:
    """Issue 5: by bytes, at record borders."""
    found = CUTS["json"].ranges(BytesIO(data), len(data), count)

    assert b"".join(data[part.start : part.end] for part in found) == data
    assert len(found) <= count
    assert [part for part in found[:-1] if data[part.end - 1 : part.end] != b"\n"] == []


def test_ranges_are_of_about_one_size() -> None:
    """Two workers are through at about the same time."""
    data = b'{"x": 1}\n' * 1000

    assert CUTS["json"].ranges(BytesIO(data), len(data), 2) == [
        ByteRange(0, 4509),
        ByteRange(4509, 9000),
    ]


def bgzf(text: bytes) -> bytes:
    """Return a member as ``bgzip`` writes it: its size stands in a field of its header."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(text) + packer.flush()
    header = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H2sHH", 6, b"BC", 2, len(body) + 25)
    return header + body + struct.pack("<II", zlib.crc32(text), len(text))


PACKERS = pytest.mark.parametrize("pack", [gzip.compress, bgzf])


@given(texts=TEXTS, count=st.integers(1, 6), is_bgzf=st.booleans(), is_padded=st.booleans())
def test_every_line_of_a_gzip_file_belongs_to_exactly_one_range(
    texts: list[bytes], count: int, is_bgzf: bool, is_padded: bool
) -> None:
    """Wherever members begin, also within a record."""
    text = b"".join(texts)
    data = b"".join(map(bgzf if is_bgzf else gzip.compress, texts)) + bytes(600 * is_padded)
    cut = cut_of("json", gzip=True)
    assert cut is not None
    found = cut.ranges(BytesIO(data), len(data), count)

    assert len(found) <= max(1, min(count, len(texts)))
    assert parts_of(cut, data, found) == [text[part.start : part.end] for part in found]
    assert b"".join(text[part.start : part.end] for part in found) == text
    assert [part for part in found[:-1] if text[part.end - 1 : part.end] != b"\n"] == []
    assert [part for part in found if part.member and part.member.text > part.start] == []


@PACKERS
def test_gzip_members_are_shared(pack: Any) -> None:
    """Issue 14: several members are shared; a worker unzips from the member before its part."""
    data = b"".join(pack(b"".join(LINES[start : start + 100])) for start in range(0, 2000, 100))
    cut = cut_of("json", gzip=True)
    assert cut is not None
    first, second = cut.ranges(BytesIO(data), len(data), 2)

    assert (first.start, first.end, second.end) == (0, second.start, len(b"".join(LINES)))
    assert second.member is not None
    assert 0 <= second.start - second.member.text <= len(b"".join(LINES)) / 20
    assert gzip.decompress(data[second.member.zipped :]).endswith(LINES[-1])


@given(texts=TEXTS, count=st.integers(1, 4), pieces=st.integers(1, 4))
def test_a_part_of_a_gzip_file_is_cut_again(texts: list[bytes], count: int, pieces: int) -> None:
    """A chunk that its nodes lost is scored in pieces."""
    text, data = b"".join(texts), b"".join(map(gzip.compress, texts))
    cut = cut_of("json", gzip=True)
    assert cut is not None
    found = cut.ranges(BytesIO(data), len(data), count)
    again = [CUTS["json"].cut_part(BytesIO(data), part, pieces) for part in found]
    flat = [piece for several in again for piece in several]

    assert [len(several) <= pieces for several in again] == [True] * len(found)
    assert parts_of(cut, data, flat) == [text[piece.start : piece.end] for piece in flat]
    assert b"".join(parts_of(cut, data, flat)) == text


def test_one_member_is_one_range() -> None:
    """Issue 14: it is read once, whatever its bytes look like."""
    noise = b"\x1f\x8b\x08\x00" + bytes(6)
    data = gzip.compress(b"1\n2\n" + noise + os.urandom(3000) + noise, 0)
    cut = cut_of("json", gzip=True)
    assert cut is not None

    assert not has_several_members(BytesIO(gzip.compress(b"1\n" * 999)), 99)
    assert [part.start for part in cut.ranges(BytesIO(data), len(data), 4)] == [0]


def test_a_member_within_the_text_of_another_is_no_border() -> None:
    """Only what the members before lead to is one."""
    inner = gzip.compress(b"9\n" * 50)
    data = gzip.compress(b"1\n" + inner + b"\n2\n", 0) + gzip.compress(b"3\n")
    index = index_of(BytesIO(data), len(data))

    assert index is not None
    assert len(index.members) == 2
    assert index.size == len(gzip.decompress(data))


def test_members_that_several_threads_find_are_put_together() -> None:
    """A file of megabytes is unzipped from several places at once."""
    texts = [os.urandom(300_000).hex().encode() + b"\n" for _ in range(12)]
    members = [gzip.compress(text, 1) for text in texts]
    data = b"".join(members)
    index = index_of(BytesIO(data), len(data))

    assert index is not None
    assert [one.zipped for one in index.members] == sums(members)
    assert [one.text for one in index.members] == sums(texts)


def sums(pieces: Sequence[bytes]) -> list[int]:
    """Return where each piece begins in all of them together."""
    return [0, *accumulate(map(len, pieces[:-1]))]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-20],
        lambda data: data + b"garbage",
        lambda data: data[:40] + b"\xff\xff" + data[42:],
    ],
    ids=["cut short", "garbage behind it", "other bytes"],
)
def test_a_damaged_gzip_file_is_one_range(damage: Any) -> None:
    """One worker reads what stands before the damage, and reports it."""
    data = damage(b"".join(gzip.compress(b"".join(LINES[:200])) for _ in range(3)))
    cut = cut_of("json", gzip=True)
    assert cut is not None

    assert cut.ranges(BytesIO(data), len(data), 3) == [ByteRange(0, TO_END)]


@PACKERS
def test_the_text_of_a_gzip_file_is_read_from_anywhere(pack: Any) -> None:
    """Forward within a member, over members, and back."""
    data = b"".join(pack(line * 10) for line in LINES[:50])
    text = b"".join(line * 10 for line in LINES[:50])
    index = index_of(BytesIO(data), len(data))
    assert index is not None
    file = io.BufferedReader(GzipText(BytesIO(data), index), 64)
    places = [3000, 3005, 4000, 0, 90, len(text) - 5, 2000]

    assert index.size == len(text)
    for place in places:
        assert file.seek(place) == place
        assert file.read(40) == text[place : place + 40]


def parts_of(cut: Any, data: bytes, found: Sequence[ByteRange]) -> list[bytes]:
    """Return what is sent of each range to a node that cannot read the file."""
    parts = []
    for part in found:
        text = cut.text(BytesIO(data), part)
        needed = cut.needed(text, part)
        assert needed == [part]
        text.seek(part.start)
        parts.append(text.read(part.end - part.start))
    return parts
