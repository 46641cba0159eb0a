"""Compressed files are told by their first bytes, and read as what is in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.formats import FORMATS, format_for, is_compressed, is_data_file, open_bytes
from modelop_jupyter.formats.compression import COMPRESSIONS

from ..compressed import PACK

ENDINGS = [".gz", ".bz2", ".xz", ".zst"]
TEXT = b"".join(b'{"a": %d}\n' % number for number in range(20_000))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_compressed_file_is_read_whatever_its_name_is(tmp_path: Path, ending: str) -> None:
    """Also one of several parts, as ``cat a.zst b.zst`` makes it."""
    path = tmp_path / "file"
    path.write_bytes(PACK[ending](TEXT) + PACK[ending](TEXT))

    with open_bytes(path) as file:
        file.seek(len(TEXT) - 5)

        assert is_compressed(path)
        assert file.read(10) == (TEXT + TEXT)[len(TEXT) - 5 : len(TEXT) + 5]
        assert len(file.read()) == len(TEXT) - 5


@pytest.mark.parametrize("ending", ENDINGS[1:])
def test_damage_is_said(tmp_path: Path, ending: str) -> None:
    """A file that was cut off is no shorter file."""
    path = tmp_path / "file"
    path.write_bytes(PACK[ending](TEXT)[:-20])

    with open_bytes(path) as file, pytest.raises(OSError, match="compressed data is damaged"):
        file.read()


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_name_without_the_ending_says_the_format(ending: str) -> None:
    """As it does without compression."""
    assert format_for(f"A.CSV{ending}") is FORMATS["csv"]
    assert is_data_file(f"a.json{ending}")
    assert not is_data_file(f"a.tar{ending}")


def test_a_text_that_begins_with_the_letters_of_bzip2_is_none(tmp_path: Path) -> None:
    """``BZh9`` alone could be a word."""
    path = tmp_path / "file"
    path.write_bytes(b"BZh9 is not enough")

    assert not is_compressed(path)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_equal_content_gives_equal_files(tmp_path: Path, compression: object) -> None:
    """No time and no name are in them."""
    written = []
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file, compression.writer(file) as packed:  # type: ignore[attr-defined]
            packed.write(TEXT)
        written.append((tmp_path / name).read_bytes())

    assert written[0] == written[1]
    assert len(written[0]) < len(TEXT)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_compressed_parquet_file_is_read(tmp_path: Path, ending: str) -> None:
    """Its reader jumps about in what was unpacked."""
    rows = [{"a": 1}, {"a": 2}]
    FORMATS["parquet"].write(rows, tmp_path / "plain")  # type: ignore[attr-defined]
    packed = tmp_path / f"in.parquet{ending}"
    packed.write_bytes(PACK[ending]((tmp_path / "plain").read_bytes()))

    assert list(FORMATS["parquet"].read(packed)) == rows
