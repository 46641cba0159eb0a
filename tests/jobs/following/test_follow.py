"""Rate and time left of a job, its console as lines, and who waits for its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelop_jupyter.domain.chunks import ByteRange, Chunk, ChunkCounts
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.following.follow import (
    ChunkCounter,
    ConsoleReader,
    ProgressRate,
    announce_follower,
    has_follower,
)
from modelop_jupyter.jobs.protocol import ChunkList, Progress, ResultCounts, RunnerResult


def paced(
    *looks: tuple[float, int, int], total: int | None = 1000, limit: int | None = None
) -> ProgressRate:
    """Return the pace after some progress events ``(t, records_in, bytes)``."""
    pace = ProgressRate(limit=limit)
    for moment, records, size in looks:
        pace.add(Progress(moment, records, records, 0, 0, records, size, total))
    return pace


def test_the_time_left_is_told_from_the_first_second() -> None:
    """Issue 5: bytes tell how many records there are, and how long they take."""
    pace = paced((0.0, 0, 0), (5.0, 1, 10), (5.5, 11, 110))

    assert (pace.rate, pace.total) == (20.0, 100)
    assert pace.seconds_left == pytest.approx(4.45)


def test_loading_the_model_does_not_slow_the_rate_down() -> None:
    """Nor does what an earlier runner had done make it faster."""
    pace = paced((0.0, 0, 0), (60.0, 500, 500), (61.0, 510, 510))

    assert pace.rate == 10.0


def test_the_last_seconds_count() -> None:
    """A model that gets slower is told of."""
    pace = paced(*((float(n), 100 * n + 1, n) for n in range(10)), (40.0, 904, 10), (60.0, 906, 11))

    assert pace.rate == pytest.approx(0.1)


@pytest.mark.parametrize("looks", [(), ((0.0, 0, 0),), ((0.0, 1, 10), (0.1, 2, 20))])
def test_nothing_is_said_before_there_is_something_to_say(
    looks: tuple[tuple[float, int, int], ...],
) -> None:
    """A tenth of a second is no base for a guess."""
    pace = paced(*looks)

    assert (pace.rate, pace.seconds_left) == (None, None)


def test_an_input_of_unknown_size_has_a_rate_alone() -> None:
    """Such as one that vanished."""
    pace = paced((0.0, 1, 10), (1.0, 11, 110), total=None)

    assert (pace.rate, pace.seconds_left, pace.total) == (10.0, None, None)


@pytest.mark.parametrize(
    ("limit", "size", "total", "left"),
    [
        (900, 900, 900, 4.0),
        (6000, 6000, 6000, 29.8),
        (9000, 6000, 6000, 29.8),
        (None, 6000, 6000, 29.8),
    ],
)
def test_a_limit_is_where_the_job_is_through(
    limit: int | None, size: int, total: int, left: float
) -> None:
    """Issue 12, F6: 900 of 6,000 records are all there is to do."""
    pace = paced((0.0, 0, 0), (1.0, 1, 1), (1.5, 100, 100), total=6000, limit=limit)

    assert (pace.total_bytes, pace.total) == (size, total)
    assert pace.seconds_left == pytest.approx(left, abs=0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "console.log"


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_lines_come_once_and_whole(path: Path) -> None:
    """Half a line, or half a character, waits."""
    console = ConsoleReader(path)
    taken = []
    for data in (b"one\ntw", b"o\n\xc3", b"\xa9\n"):
        add(path, data)
        console.read()
        taken.append(console.take())

    assert taken == ["one\n", "two\n", "é\n"]


def test_a_bar_is_one_line_however_often_it_moves(path: Path) -> None:
    """Issue 5: tqdm inside a model works, and floods nothing."""
    console = ConsoleReader(path)
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
    console = ConsoleReader(path)
    add(path, b"a\nlast words")
    console.read()

    assert console.take(is_last=True) == "a\nlast words"


@pytest.mark.parametrize(("lines", "text"), [(0, ""), (2, "b\nc\n"), (9, "a\nb\nc\n")])
def test_who_comes_later_sees_the_last_lines(path: Path, lines: int, text: str) -> None:
    """Issue 5: attach continues where the job stands."""
    add(path, b"a\nb\nc\n")
    console = ConsoleReader(path)
    console.skip(lines)
    console.read()

    assert console.take() == text


def test_nothing_is_there_before_the_model_starts(path: Path) -> None:
    """The file is made with the first runner."""
    console = ConsoleReader(path)
    console.skip(5)

    assert (console.read(), console.take(), console.tail) == (False, "", "")


WAITING = """
import sys
from pathlib import Path
from modelop_jupyter.domain.chunks import ByteRange, Chunk, ChunkCounts
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.following.follow import announce_follower
folder = JobFolder(Path(sys.argv[1]))
with announce_follower(folder):
    (folder.root / "outcome.json").touch()
"""


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def test_nobody_waits_at_first(folder: JobFolder) -> None:
    """A job in the background is announced."""
    assert not has_follower(folder)


def test_a_process_that_waits_is_known_to(folder: JobFolder) -> None:
    """Also when the job has ended: a page may look a little later."""
    with announce_follower(folder):
        is_known = has_follower(folder)
        (folder.root / "outcome.json").touch()

    assert is_known
    assert has_follower(folder)


def test_who_leaves_a_running_job_waits_no_more(folder: JobFolder) -> None:
    """As by an interrupt of `job attach`."""
    with pytest.raises(KeyboardInterrupt), announce_follower(folder):
        raise KeyboardInterrupt

    assert not has_follower(folder)


def test_a_process_that_is_gone_has_seen_nothing(folder: JobFolder) -> None:
    """As when a kernel is restarted under its cell."""
    subprocess.run([sys.executable, "-c", WAITING, str(folder.root)], check=True)

    assert (folder.root / "follower.json").exists()
    assert not has_follower(folder)


def test_the_chunks_that_are_done_are_counted(tmp_path: Path) -> None:
    """Pieces of a lost chunk take its place; an input that is not shared has none (issue 14)."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    whole = ChunkCounter(folder).count()
    pieces = tuple(Chunk(name, 0, ByteRange(0, 1)) for name in ("0", "1.0", "1.1", "2"))
    folder.write(ChunkList(pieces))
    result = RunnerResult("COMPLETE", "SUCCESS", ResultCounts(1, 1, 0, 0, 1), {})
    for name in ("0", "1", "1.1"):
        (folder.workers_folder / name).mkdir(parents=True)
        JobFolder(folder.workers_folder / name).write(result)

    assert whole is None
    assert ChunkCounter(folder).count() == ChunkCounts(2, 4)
