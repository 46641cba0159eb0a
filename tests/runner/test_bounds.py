"""What stands beyond any bound: read as it is, or said; never read as something else."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from .harness import Stage, load_parts

pandas = pytest.importorskip("pandas")

ECHO = "def score(row): return row"
SIZE = "def score(row): return {key: len(str(value)) for key, value in row.items()}"
csv_reader, errors, input_stream, record_loop = load_parts(
    "csv_reader", "errors", "input_stream", "record_loop"
)


def read(data: bytes) -> tuple[list[Any], list[tuple[int, str]]]:
    """Return the records of a CSV file, and where rejected ones stand and why they are."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        item = {"path": file.name}
        found = list(csv_reader.csv_records(item, input_stream.InputStream(item), None))
    bad = [(place[0], bad.message) for bad, _, _, place in found if bad]
    return [value for bad, value, *_ in found if bad is None], bad


@pytest.mark.parametrize("lines", [9_999, 10_000, 12_000, 300_000])
def test_a_quoted_cell_of_any_number_of_lines_is_one_cell(lines: int) -> None:
    """RFC 4180: as pandas and Python's csv read it."""
    text = "line\n" * lines
    data = f'a,b\n1,x\n"{text}",2\n3,y\n'.encode()
    records, bad = read(data)

    assert bad == []
    assert records[1] == {"a": text, "b": 2}
    assert len(records) == len(pandas.read_csv(io.BytesIO(data)))


def test_a_batch_counts_rows_as_metrics_does(stage: Stage) -> None:
    """The way it was found: 12,000 lines in a cell, and three rows."""
    data = 'a,b\n1,2\n"' + "line\n" * 12_000 + '",2\n3,4\n'
    batch = stage(SIZE, data, names=["in.csv"])

    assert batch.counts == (3, 3, 0, 0, 3)
    assert batch.records[1] == {"a": 60_000, "b": 1}


def test_a_cell_larger_than_the_library_allows_by_default_is_read() -> None:
    """The csv module refuses more than 131,072 characters unless it is told otherwise."""
    assert read(b'a,b\n"' + b"x" * 2_000_000 + b'",1\n')[0] == [{"a": "x" * 2_000_000, "b": 1}]


def test_a_cell_beyond_what_the_library_can_hold_stops_the_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bound that is passed is an error: read another way, the rows would be other ones."""
    before = csv.field_size_limit()
    monkeypatch.setattr(csv_reader, "MAX_CELL", 100)
    try:
        with pytest.raises(errors.StageError, match="begins at byte 4"):
            read(b'a,b\n"' + b"x\n" * 200 + b'",1\n')
    finally:
        csv.field_size_limit(before)


@pytest.mark.slow
def test_a_row_that_does_not_fit_into_memory_stops_the_job(stage: Stage) -> None:
    """Memory is the only bound, and it is said what needed more."""
    source = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))\n" + SIZE
    data = gzip.compress(b'a,b\n1,2\n"' + b"line\n" * 20_000_000 + b'",2\n', 1)
    ran = stage(source, data, names=["in.csv.gz"])

    assert ran.ended == ("ERROR", "FAILURE")
    assert "row that begins at byte 8 does not fit into memory" in ran.result["error"]["message"]


@pytest.mark.slow
def test_a_line_that_does_not_fit_into_memory_stops_the_job(stage: Stage) -> None:
    """The same for a line of JSON, which was cut off and rejected beyond 128 MB."""
    source = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))\n" + ECHO
    ran = stage(
        source, gzip.compress(b'1\n"' + b"x" * 200_000_000 + b'"\n2\n', 1), names=["in.json.gz"]
    )

    assert ran.ended == ("ERROR", "FAILURE")
    assert "line that begins at byte 2 does not fit into memory" in ran.result["error"]["message"]


def test_no_more_is_read_than_the_machine_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without an end would make the machine swap long before MemoryError is raised."""
    monkeypatch.setattr(input_stream, "LARGE", 1 << 16)
    monkeypatch.setattr(input_stream, "MEMORY_FACTOR", 1 << 40)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"1\n" + b"x" * 200_000)
        file.flush()
        with pytest.raises(errors.StageError, match="line that begins at byte 2 does not fit"):
            list(input_stream.Blocks(input_stream.InputStream({"path": file.name})))


@pytest.mark.slow
def test_a_long_line_is_a_record(stage: Stage) -> None:
    """One line is one record, also beyond 128 MB (spec 2.1)."""
    length = (1 << 27) + 10
    data = gzip.compress(b'"' + b"x" * length + b'"\n"y"\n', 1)
    ran = stage("def score(text): return len(text)", data, names=["in.json.gz"])

    assert ran.records == [length, 1]


CELL = st.one_of(
    st.text('ab",;\n\r x', max_size=8),
    st.sampled_from(['"', '""', "a" * 200_000, "x\n" * 11_000, '"\n', "\r\n", ',"']),
)
ROWS = st.lists(st.tuples(CELL, CELL), max_size=5)


@given(ROWS, st.sampled_from(["\r\n", "\n"]))
@example([("x\n" * 12_000, '""\n"')], "\r\n")
def test_cells_are_what_the_csv_module_reads(rows: list[tuple[str, str]], ending: str) -> None:
    """Quoted line ends, doubled quotes and cells of any size, beside Python's own reader."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    records, bad = read(file.getvalue().encode())
    told = list(csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True))[1:]

    assert bad == []
    assert [list(map(csv_reader.read_cell, row)) for row in told] == [
        list(record.values()) for record in records
    ]


@given(
    st.lists(st.tuples(st.text('ab",; x\n', max_size=8), st.text("ab x", max_size=3)), max_size=4)
)
def test_cells_are_what_pandas_reads(rows: list[tuple[str, str]]) -> None:
    """The texts that a metrics function gets of the same file."""
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    frame = pandas.read_csv(
        io.StringIO(file.getvalue()), dtype=str, keep_default_na=False, skip_blank_lines=True
    )
    records, _ = read(file.getvalue().encode())

    assert [
        [value or "" for value in record.values()] for record in records
    ] == frame.to_numpy().tolist()


LINES = st.lists(
    st.sampled_from(['"a', 'x","y', '"', '""', '"a""b', "1,2", '"1",2', ',"', 'a"b,"', '"x"y', ""]),
    max_size=12,
)


def one_by_one(lines: list[bytes]) -> list[tuple[int, int]]:
    """Return where rows begin and how long they are: each read to its end, a bad one given back."""
    found, place = [], 0
    while lines:
        taken = 0

        def feed(lines: list[bytes] = lines) -> Any:
            nonlocal taken
            for line in lines:
                taken += 1
                yield line.decode()

        try:
            next(csv.reader(feed(), strict=True))
        except csv.Error:
            taken = 1
        found.append((place, sum(map(len, lines[:taken]))))
        place += found[-1][1]
        lines = lines[taken:]
    return found


@given(LINES, st.sampled_from([1 << 24, 0, 5]))
def test_a_lone_quote_rejects_its_line_and_no_other(lines: list[str], ahead: int) -> None:
    """What is known of lines that were read before gives what reading them over again gave."""
    data = [line.encode() + b"\n" for line in lines]
    before, csv_reader.LOOK_AHEAD_BYTES = csv_reader.LOOK_AHEAD_BYTES, ahead
    try:
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"a,b\n" + b"".join(data))
            file.flush()
            item = {"path": file.name}
            found = list(csv_reader.csv_records(item, input_stream.InputStream(item), None))
    finally:
        csv_reader.LOOK_AHEAD_BYTES = before
    places = [(place[0] - 4, place[1]) for *_, place in found]

    assert places == [each for each in one_by_one(data) if data_of(data, each).strip()]


def data_of(lines: list[bytes], place: tuple[int, int]) -> bytes:
    return b"".join(lines)[place[0] : sum(place)]


@pytest.mark.parametrize(
    ("header", "row", "record"),
    [
        ('"x,\ny";z', "1;2", {"x,\ny": 1, "z": 2}),
        ('a;"x,\n""y"",";z', "1;2;3", {"a": 1, 'x,\n"y",': 2, "z": 3}),
        ('6" pipe;price', "1;2", {'6" pipe': 1, "price": 2}),
        ('"' + "long\n" * 12_000 + '";b', "1;2", {"long\n" * 12_000: 1, "b": 2}),
    ],
)
def test_the_delimiter_is_that_of_the_whole_header(
    header: str, row: str, record: dict[str, Any]
) -> None:
    """A comma in a quoted name tells nothing, whatever line of the header it stands in."""
    assert read(f"{header}\n{row}\n".encode()) == ([record], [])


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of Python, and calls of what is written in C, some work takes."""
    count = 0

    def trace(*_: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def wide(columns: int) -> bytes:
    """A row of so many columns, each second name of which is there twice."""
    names = ",".join(f"c{number // 2}" for number in range(columns))
    return f"{names}\n{','.join('1' * columns)}\n".encode()


def same(columns: int) -> bytes:
    """A row of so many columns of one name."""
    return f"{','.join('c' * columns)}\n{','.join('1' * columns)}\n".encode()


def quotes(rows: int) -> bytes:
    """Rows of which each opens a quote that the next one closes and opens again."""
    return b"a,b\n" + b'x","y\n' * rows


def header_lines(lines: int) -> bytes:
    """A header whose first name has so many lines."""
    return b'"' + b"x\n" * lines + b'",b\n1,2\n'


@pytest.mark.parametrize("data", [wide, same, quotes, header_lines])
def test_twice_as_much_is_twice_the_work(data: Callable[[int], bytes]) -> None:
    """A row of 100,000 columns took more than a minute; what is counted is what is done."""
    once, twice = (lines_run(lambda: read(data(count))) for count in (2_000, 4_000))  # noqa: B023

    assert twice < 2.5 * once


class CountedText(str):
    """A name that counts how often it is compared."""

    compared = 0
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        CountedText.compared += 1
        return str.__eq__(self, other)


def test_names_are_not_searched_through_for_each_other() -> None:
    """Comparisons within a list are made where no line of Python is run."""
    CountedText.compared = 0
    csv_reader.csv_columns([CountedText(number) for number in range(10_000)], None)

    assert CountedText.compared < 10_000
