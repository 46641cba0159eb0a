"""The file with the last lines."""

from __future__ import annotations

from pathlib import Path

from modelop_jupyter.deployments.kept_lines import MOST_LINES, KeptLines, kept_values


def test_values_come_back_in_their_order(tmp_path: Path) -> None:
    kept = KeptLines(tmp_path / "lines")
    for number in range(3):
        kept.add({"index": number, "text": "é\n"})
    kept.close()

    assert kept_values(tmp_path / "lines") == [{"index": n, "text": "é\n"} for n in range(3)]


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    """However many there are, the file has at most twice as many lines."""
    kept = KeptLines(tmp_path / "lines")
    for number in range(5 * MOST_LINES):
        kept.add(number)
    kept.close()

    assert kept_values(tmp_path / "lines") == list(range(4 * MOST_LINES, 5 * MOST_LINES))
    assert len((tmp_path / "lines").read_bytes().splitlines()) < 2 * MOST_LINES


def test_it_goes_on_where_another_process_ended(tmp_path: Path) -> None:
    """Also after a line that a full disk has cut."""
    first = KeptLines(tmp_path / "lines")
    first.add(1)
    first.close()
    with (tmp_path / "lines").open("ab") as file:
        file.write(b'{"ind')

    second = KeptLines(tmp_path / "lines")
    assert second.last == 1
    second.add(2)
    second.close()

    assert kept_values(tmp_path / "lines") == [1, 2]


def test_a_file_that_is_not_there_has_no_values(tmp_path: Path) -> None:
    assert kept_values(tmp_path / "lines") == []
