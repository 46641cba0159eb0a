"""What a model prints, line by line, bars that are written over included."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.jobs.console import Console


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "console.log"


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_lines_come_once_and_whole(path: Path) -> None:
    """Half a line, or half a character, waits."""
    console = Console(path)
    taken = []
    for data in (b"one\ntw", b"o\n\xc3", b"\xa9\n"):
        add(path, data)
        console.read()
        taken.append(console.take())

    assert taken == ["one\n", "two\n", "é\n"]


def test_a_bar_is_one_line_however_often_it_moves(path: Path) -> None:
    """Issue 5: tqdm inside a model works, and floods nothing."""
    console = Console(path)
    seen = []
    for percent in range(101):
        add(path, b"\r%3d%%|####|" % percent)
        console.read()
        seen.append((console.take(), console.tail))
    add(path, b"\ndone\n")
    console.read()

    assert seen[41] == ("", " 41%|####|")
    assert console.take() == "100%|####|\ndone\n"


def test_the_end_brings_what_was_never_finished(path: Path) -> None:
    """The last words of a process often have no newline."""
    console = Console(path)
    add(path, b"a\nlast words")
    console.read()

    assert console.take(is_last=True) == "a\nlast words"


@pytest.mark.parametrize(("lines", "text"), [(0, ""), (2, "b\nc\n"), (9, "a\nb\nc\n")])
def test_who_comes_later_sees_the_last_lines(path: Path, lines: int, text: str) -> None:
    """Issue 5: attach continues where the job stands."""
    add(path, b"a\nb\nc\n")
    console = Console(path)
    console.skip(lines)
    console.read()

    assert console.take() == text


def test_nothing_is_there_before_the_model_starts(path: Path) -> None:
    """The file is made with the first runner."""
    console = Console(path)
    console.skip(5)

    assert (console.read(), console.take(), console.tail) == (False, "", "")
