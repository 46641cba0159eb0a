"""Parquet, Arrow (Feather), ORC and Avro files, by pyarrow and fastavro (extras)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from modelop_jupyter import files
from modelop_jupyter.errors import InvalidError, MissingExtraError
from modelop_jupyter.formats.base import Format, Opener, Writable, open_anywhere
from modelop_jupyter.formats.frames import avro_columns, write_arrow, write_columns, write_variable
from modelop_jupyter.formats.json_values import table_rows
from modelop_jupyter.safe_open import open_regular

_ROWS = 10_000


def parquet_file(source: BinaryIO) -> Any:
    """Return pyarrow's reader of an open file; raises :class:`MissingExtraError` without pyarrow."""
    _arrow("a Parquet file")
    import pyarrow.parquet

    return pyarrow.parquet.ParquetFile(source)


def rows_of_parquet(source: BinaryIO, groups: list[int] | None = None) -> Iterator[Any]:
    """Yield the rows of an open file, or those of some of its row groups."""
    with parquet_file(source) as file:
        for batch in file.iter_batches(batch_size=_ROWS, row_groups=groups):
            yield from table_rows(batch)


def avro_reader(source: BinaryIO) -> Any:
    """Return fastavro's reader of an open file, whose header has been read."""
    return _avro_library().reader(source)


def _avro_library() -> Any:
    """Return fastavro; raises :class:`MissingExtraError` without it."""
    try:
        import fastavro
    except ImportError:
        raise MissingExtraError("an Avro file", "avro") from None
    return fastavro


def _arrow(feature: str) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(feature, "arrow") from None
    return pyarrow


def _table(arrow: Any, records: Iterable[Any]) -> Any:
    """Return records as an Arrow table; raises :class:`InvalidError` if that is impossible."""
    try:
        return arrow.Table.from_pylist(list(records))
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidError(
            f"the records do not fit into one table ({error})", "Choose an output ending in .json"
        ) from None


class Parquet(Writable):
    """Apache Parquet; a row is a record."""

    name = "parquet"
    endings = (".parquet", ".pq")
    runner_format = None

    def require(self) -> None:
        _arrow("a Parquet file")

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_anywhere(path, opener=opener) as source:
            yield from rows_of_parquet(source)

    def write_frame(self, name: str, path: Path, target: Path) -> None:
        with open_regular(path) as source, parquet_file(source) as file:
            write_arrow(name, file.read(), target)

    def write(self, records: Iterable[Any], path: Path) -> None:
        arrow = _arrow("a Parquet file")
        import pyarrow.parquet

        pyarrow.parquet.write_table(_table(arrow, records), path)


class Arrow(Writable):
    """Arrow's file format, which is Feather version 2; a row is a record."""

    name = "arrow"
    endings = (".arrow", ".feather")
    runner_format = None

    def require(self) -> None:
        _arrow("an Arrow file")

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        arrow = _arrow("an Arrow file")
        with open_anywhere(path, opener=opener) as source:
            reader = arrow.ipc.open_file(source)
            for number in range(reader.num_record_batches):
                yield from table_rows(reader.get_batch(number))

    def write_frame(self, name: str, path: Path, target: Path) -> None:
        arrow = _arrow("an Arrow file")
        with open_regular(path) as source:
            write_arrow(name, arrow.ipc.open_file(source).read_all(), target)

    def write(self, records: Iterable[Any], path: Path) -> None:
        arrow = _arrow("an Arrow file")
        table = _table(arrow, records)
        with arrow.OSFile(str(path), "wb") as sink, arrow.ipc.new_file(sink, table.schema) as file:
            file.write_table(table)


class Orc(Format):
    """Apache ORC; a row is a record."""

    name = "orc"
    endings = (".orc",)
    runner_format = None

    def require(self) -> None:
        _arrow("an ORC file")

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_anywhere(path, opener=opener) as source:
            file = self._file(source)
            for number in range(file.nstripes):
                stripe = file.read_stripe(number)
                for start in range(0, stripe.num_rows, _ROWS):
                    yield from table_rows(stripe.slice(start, _ROWS))

    def write_frame(self, name: str, path: Path, target: Path) -> None:
        with open_regular(path) as source:
            write_arrow(name, self._file(source).read(), target)

    @staticmethod
    def _file(source: BinaryIO) -> Any:
        _arrow("an ORC file")
        import pyarrow.orc

        return pyarrow.orc.ORCFile(source)


class Avro(Writable):
    """Avro container files, read and written by fastavro (extra ``avro``)."""

    name = "avro"
    endings = (".avro",)
    runner_format = None

    def require(self) -> None:
        _avro_library()

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_anywhere(path, opener=opener) as file:
            yield from avro_reader(file)

    def write_frame(self, name: str, path: Path, target: Path) -> None:
        fastavro = _avro_library()
        with open_regular(path) as file:
            reader = fastavro.reader(file)
            records = list(reader)
            columns = avro_columns(reader.writer_schema, records)
        if columns is None:
            write_variable(name, records, target)
        else:
            write_columns(name, columns, target)

    def write(self, records: Iterable[Any], path: Path) -> None:
        fastavro = _avro_library()
        rows = iter(records)
        head = list(islice(rows, _ROWS))
        with files.open_private(path, "wb") as file:
            try:
                fastavro.writer(file, fastavro.parse_schema(_record_schema(head)), [*head, *rows])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise InvalidError(
                    f"the records are not flat records of one kind ({error!r})",
                    "Choose an output ending in .json",
                ) from None


_AVRO = {bool: "boolean", int: "long", float: "double", str: "string", type(None): "null"}


def _record_schema(rows: list[Any]) -> dict[str, Any]:
    """Return the schema of flat records, each field the union of the types seen."""
    names = {name: None for row in rows for name in row}
    return {
        "type": "record",
        "name": "record",
        "fields": [
            {"name": name, "type": sorted({_AVRO[type(row.get(name))] for row in rows})}
            for name in names
        ],
    }
