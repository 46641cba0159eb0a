"""Rows as JSON lines and as a frame: every type that PostgreSQL and SQLite have in common use."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import pandas
import pytest
import sqlalchemy as sa

from modelop_jupyter.domain.queries import ReadingStep
from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql.address import Query
from modelop_jupyter.formats.sql.open_query import open_query
from modelop_jupyter.formats.sql.records import write_frame, write_json_lines
from modelop_jupyter.runner.typed_frame import typed_frame

from .conftest import Database


def lines(query: Query, *, limit: int | None = None) -> list[str]:
    target = io.BytesIO()
    with open_query(query) as opened:
        count = write_json_lines(opened, target, limit=limit)
    written = target.getvalue().decode().splitlines()
    assert count == len(written)
    return written


def frame(query: Query, path: Path) -> pandas.DataFrame:
    with open_query(query) as opened:
        write_frame(opened, path)
    return typed_frame(pandas, str(path))


def test_a_row_is_a_record_with_the_columns_in_their_order(database: Database) -> None:
    """Text, whole numbers, fractions and NULL."""
    assert lines(database.query("select score, id, name from people", key="id")) == [
        '{"score": 0.5, "id": 1, "name": "Ann"}',
        '{"score": -1.0, "id": 2, "name": "a:b %s"}',
        '{"score": null, "id": 3, "name": "Zoë"}',
        '{"score": 2.25, "id": 4, "name": "Bo"}',
    ]


def test_no_more_rows_are_read_than_are_scored(postgresql: Database) -> None:
    """One far behind them could not be read."""
    query = postgresql.query("select 9000 / (9000 - n) as x from generate_series(0, 9999) n")

    assert lines(query, limit=5) == ['{"x": 1}'] * 5


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("9223372036854775807::bigint", 9223372036854775807),
        ("'NaN'::float8", None),
        ("'-Infinity'::float8", None),
        ("1.10::numeric", 1.1),
        ("7.000::numeric", 7),
        ("12345678901234567890.123456789::numeric", "12345678901234567890.123456789"),
        ("'NaN'::numeric", None),
        ("true", True),
        ("null::text", None),
        ("date '2024-02-29'", "2024-02-29"),
        ("timestamp '2024-02-29 10:00:00.5'", "2024-02-29T10:00:00.500000"),
        ("timestamptz '2024-02-29 10:00+02'", "2024-02-29T08:00:00+00:00"),
        ("array[timestamptz '2024-02-29 10:00+02', null]", ["2024-02-29T08:00:00+00:00", None]),
        ("time '10:00'", "10:00:00"),
        ("interval '1 day 2 hours'", 93600.0),
        ("'\\x00ff'::bytea", "\x00ÿ"),
        ("""'{"a": [1, null]}'::jsonb""", {"a": [1, None]}),
        ("""'"\\ud83d"'::json""", "\ud83d"),
        ("array[1, null, 3]", [1, None, 3]),
        ("array[[1], [2]]", [[1], [2]]),
        ("'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ],
)  # fmt: skip
def test_a_value_has_the_form_that_it_has_of_a_parquet_file(
    postgresql: Database, value: str, form: object
) -> None:
    """The table of types is that of json_values; moments are in UTC, whatever the session's zone."""
    (line,) = lines(postgresql.query(f"select {value} as x"))

    assert json.loads(line) == {"x": form}


def test_a_value_without_a_form_is_named_with_row_and_column(postgresql: Database) -> None:
    """And what to write in the query."""
    query = postgresql.query(
        "select n, case n when 2 then '[1,2)'::int4range end as r from generate_series(1, 3) n"
    )
    with pytest.raises(InputError) as caught:
        lines(query)

    assert str(caught.value) == (
        "input people: row 1, column 'r': Range has no JSON form."
        " Write it as text in the query: CAST(r AS TEXT) AS r."
    )


_COLUMNS = """
    select n as whole, n * 0.5::float8 as fraction, n * 1.10 as price, 'x' || n as text, n > 1 as flag,
    case n when 2 then n end as gaps, case n when 2 then n > 1 end as maybe,
    timestamp '2024-02-29 10:00' + n * interval '1 hour' as moment,
    timestamptz '2024-02-29 10:00+02' + n * interval '1 hour' as zoned,
    n * interval '1 minute' as span, date '2024-02-29' + n as day, array[n] as list, null as nothing
    from generate_series(1, 3) n order by n"""


def test_the_columns_of_a_frame_have_the_types_of_read_sql(
    postgresql: Database, tmp_path: Path
) -> None:
    """Names, types and values, as pandas reads the same query itself."""
    engine = sa.create_engine(postgresql.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        expected = pandas.read_sql(sa.text(_COLUMNS), connection)
    got = frame(postgresql.query(_COLUMNS), tmp_path / "x.frame")
    expected["zoned"] = expected["zoned"].dt.tz_convert("UTC")

    pandas.testing.assert_frame_equal(got, expected, check_column_type=False)


def test_large_whole_numbers_with_gaps_stay_exact(postgresql: Database, tmp_path: Path) -> None:
    """As floats they would be others."""
    got = frame(
        postgresql.query("select 9007199254740993 as x union all select null"), tmp_path / "x.frame"
    )

    assert got["x"].dropna().tolist() == [9007199254740993]


def test_a_large_query_takes_little_memory(postgresql: Database) -> None:
    """60 MB of rows pass through a cursor of the server."""
    query = postgresql.query("select n, repeat('x', 3000) as text from generate_series(1, 20000) n")
    tracemalloc.start()
    with open_query(query) as opened, Path("/dev/null").open("wb") as target:
        count = write_json_lines(opened, target)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20000
    assert peak < 30_000_000


def test_progress_is_told_from_the_beginning_on(database: Database) -> None:
    """A query may take minutes before its first row."""
    steps: list[ReadingStep] = []
    with open_query(database.query("select id from people")) as opened:
        write_json_lines(opened, io.BytesIO(), progress=steps.append)

    assert steps[0] == ReadingStep("people", 0, 0.0)
