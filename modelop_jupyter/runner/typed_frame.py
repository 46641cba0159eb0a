"""Frames that keep their types (spec 13.19), and exact values, written by the host.

The host's ``frames.py`` describes the form of the file, and its ``typed_json.py`` that of values.
"""

import base64
import datetime
import decimal
import json
import struct
import uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HEAD = struct.Struct("<IQ")  # number and size of a block
MAX_EXACT = 2**53  # integers up to here are floats of the same value
# The names that pandas 2.2 has given to frequencies, and those before.
NEW_FREQUENCIES = (
    ("YE", "A"),
    ("QE", "Q"),
    ("ME", "M"),
    ("Y", "A"),
    ("min", "T"),
    ("ms", "L"),
    ("us", "U"),
)


class NotKeptError(Exception):
    """A column that this environment's pandas cannot hold as it is; the message names it."""


def typed_frame(pandas: "Any", path: str) -> "Any":
    """Return the frame in a file; raises NotKeptError."""
    with open(path, "rb") as file:
        header = json.loads(file.readline().decode("ascii"))
        blocks = {}
        for head in iter(lambda: file.read(HEAD.size), b""):
            number, size = HEAD.unpack(head)
            blocks[number] = file.read(size)
    return FrameReader(pandas, blocks).frame(header)


class FrameReader:
    """Makes arrays of pandas and numpy from the nodes of a header and the blocks they name.

    ``column`` is what an error calls the column, such as "column 'a'" or "the index".
    """

    def __init__(self, pandas: "Any", blocks: "dict[int, bytes]") -> None:
        import numpy

        self.pandas, self.blocks = pandas, blocks
        self.numpy: Any = numpy

    def frame(self, header: "dict[str, Any]") -> "Any":
        pandas = self.pandas
        if "records" in header:
            values = list(self.objects(header["records"]))
            if all(isinstance(value, dict) for value in values):
                return pandas.DataFrame(values)
            return pandas.Series(values, dtype=object)
        index = self.index_of(header["index"], "the index")
        columns = {}
        for place, node in enumerate(header["columns"]):
            columns[place] = self.series(node, index)
        frame = pandas.DataFrame(columns, index=index, columns=range(len(columns)))
        frame.columns = self.index_of(header["names"], "the names of the columns")
        return frame

    def series(self, node: "dict[str, Any]", index: "Any") -> "Any":
        values = self.values(node, f"column {node['label']}")
        if node["kind"] == "object":
            return self.pandas.Series(values, index=index, dtype=object)
        return self.pandas.Series(values, index=index)

    def index_of(self, node: "dict[str, Any]", column: str) -> "Any":
        pandas, kind = self.pandas, node["kind"]
        if kind == "range":
            start, stop, step = node["range"]
            return pandas.RangeIndex(start, stop, step, name=value_of(pandas, node["name"]))
        if kind == "multi":
            levels = [self.index_of(level, column) for level in node["levels"]]
            codes = [self.raw(level) for level in node["codes"]]
            names = [value_of(pandas, name) for name in node["names"]]
            try:
                return pandas.MultiIndex(levels=levels, codes=codes, names=names)
            except TypeError:  # before pandas 0.24
                return pandas.MultiIndex(levels=levels, labels=codes, names=names)
        if kind == "object":
            return pandas.Index(self.objects(node), dtype=object)
        return self.flat_index(node, column)

    def flat_index(self, node: "dict[str, Any]", column: str) -> "Any":
        pandas, inner, name = self.pandas, node["of"], value_of(self.pandas, node["name"])
        values = self.values(inner, column)
        if inner["kind"] == "object":
            return pandas.Index(values, dtype=object, name=name, tupleize_cols=False)
        index = pandas.Index(values, name=name)
        if node.get("freq"):
            try:
                with_freq(lambda freq: setattr(index, "freq", freq), node["freq"])
            except (ValueError, TypeError, AttributeError):
                raise NotKeptError(f"{column}: the frequency {node['freq']}") from None
        return index

    def values(self, node: "dict[str, Any]", column: str) -> "Any":
        """Return the values of a node; raises NotKeptError for whatever pandas raises."""
        try:
            return getattr(self, "read_" + node["kind"])(node, column)
        except NotKeptError:
            raise
        except Exception as error:
            version, kind = self.pandas.__version__, node.get("dtype") or node["kind"]
            if isinstance(error, AttributeError):
                raise NotKeptError(f"{column}: pandas {version} has no type {kind}") from error
            message = f"{column}: pandas {version} cannot hold it as {kind} ({error})"
            raise NotKeptError(message) from error

    def raw(self, node: "dict[str, Any]") -> "Any":
        return self.numpy.frombuffer(self.blocks[node["data"]], dtype=node["dtype"]).copy()

    def objects(self, node: "dict[str, Any]") -> "Any":
        values = json.loads(self.blocks[node["data"]].decode("ascii"))
        array = self.numpy.empty(len(values), dtype=object)
        for place, value in enumerate(values):
            array[place] = value if type(value) is str else value_of(self.pandas, value)
        return array

    def read_object(self, node: "dict[str, Any]", _column: str) -> "Any":
        return self.objects(node)

    def read_raw(self, node: "dict[str, Any]", column: str) -> "Any":
        return self.in_known_unit(self.raw(node), column)

    def in_known_unit(self, values: "Any", column: str) -> "Any":
        """Return times in nanoseconds where pandas, before 2.0, knows no other unit."""
        if values.dtype.kind not in "mM" or self.major_version() >= 2:
            return values
        finer = values.astype(f"<{values.dtype.kind}8[ns]")
        if (finer.astype(values.dtype) != values)[~self.numpy.isnat(values)].any():
            version = self.pandas.__version__
            raise NotKeptError(f"{column}: a moment that pandas {version} cannot hold")
        return finer

    def major_version(self) -> int:
        return int(self.pandas.__version__.partition(".")[0])

    def read_zoned(self, node: "dict[str, Any]", column: str) -> "Any":
        moments = self.pandas.DatetimeIndex(self.in_known_unit(self.raw(node["moments"]), column))
        return moments.tz_localize("UTC").tz_convert(pandas_zone(node["zone"]))

    def read_category(self, node: "dict[str, Any]", column: str) -> "Any":
        categories = self.index_of(node["categories"], column)
        return self.pandas.Categorical.from_codes(
            self.raw(node["codes"]), categories, ordered=node["ordered"]
        )

    def read_masked(self, node: "dict[str, Any]", _column: str) -> "Any":
        return self.masked(node["dtype"], self.raw(node["values"]), self.raw(node["mask"]))

    def masked(self, dtype: str, values: "Any", mask: "Any") -> "Any":
        arrays = self.pandas.arrays
        if dtype == "boolean":
            return arrays.BooleanArray(values, mask)
        if dtype.startswith("Float"):
            return arrays.FloatingArray(values, mask)
        return arrays.IntegerArray(values, mask)

    def read_gaps(self, node: "dict[str, Any]", _column: str) -> "Any":
        """Return numbers with gaps as pandas has them by default, if they stay the same numbers."""
        numpy, values, mask = self.numpy, self.raw(node["values"]), self.raw(node["mask"])
        if values.dtype.kind == "b":
            objects = values.astype(object)
            objects[mask] = None
            return self.pandas.Series(objects, dtype=object)
        if values.dtype.kind == "f":
            values[mask] = numpy.nan
            return values
        if len(values) and (values.max() > MAX_EXACT or values.min() < -MAX_EXACT):
            return self.masked("Int64", values, mask)
        values = values.astype("float64")
        values[mask] = numpy.nan
        return values

    def read_text(self, node: "dict[str, Any]", _column: str) -> "Any":
        texts, dtype = json.loads(self.blocks[node["data"]].decode("ascii")), node["dtype"]
        if dtype.startswith("string"):
            kinds = [dtype, "string"] if dtype != "string" else ["string"]
            for kind in kinds:  # a storage that this environment lacks is no part of the type
                try:
                    return self.pandas.array(texts, dtype=kind)
                except (ImportError, TypeError):
                    if kind == "string":
                        raise
        if self.major_version() >= 3:
            return self.pandas.array(texts, dtype="str")
        array = self.numpy.empty(len(texts), dtype=object)
        array[:] = texts
        if dtype == "str":
            array[self.numpy.array([text is None for text in texts], dtype=bool)] = self.numpy.nan
        return array

    def read_period(self, node: "dict[str, Any]", _column: str) -> "Any":
        numbers = self.raw(node["values"])
        arrays, kind = self.pandas.arrays, self.pandas.PeriodDtype
        return with_freq(lambda freq: arrays.PeriodArray(numbers, dtype=kind(freq)), node["freq"])

    def read_interval(self, node: "dict[str, Any]", column: str) -> "Any":
        left, right = self.index_of(node["left"], column), self.index_of(node["right"], column)
        return self.pandas.IntervalIndex.from_arrays(left, right, closed=node["closed"])

    def read_sparse(self, node: "dict[str, Any]", column: str) -> "Any":
        dense = self.values(node["dense"], column)
        kind = self.pandas.SparseDtype(dense.dtype, value_of(self.pandas, node["fill"]))
        return self.pandas.arrays.SparseArray(dense, dtype=kind)

    def read_arrow(self, node: "dict[str, Any]", column: str) -> "Any":
        try:
            import pyarrow
        except ImportError as error:
            message = (
                f"{column}: its type {node['dtype']} needs pyarrow in the model's requirements"
            )
            raise NotKeptError(message) from error
        table = pyarrow.ipc.open_stream(self.blocks[node["data"]]).read_all()
        return self.pandas.arrays.ArrowExtensionArray(table.column(0))


def value_of(pandas: "Any", form: "Any") -> "Any":
    """Return the value that a form of exact values stands for."""
    kind = type(form)
    if kind is list:
        return [value_of(pandas, item) for item in form]
    if kind is not dict:
        return form
    return READERS[form["$"]](pandas, form["v"])


def python_zone(zone: "str | int | None") -> "datetime.tzinfo | None":
    """Return a time zone of Python by its name, or by seconds east of UTC."""
    if zone is None:
        return None
    if zone == "UTC":
        return datetime.timezone.utc
    if isinstance(zone, int):
        return datetime.timezone(datetime.timedelta(seconds=zone))
    try:
        import zoneinfo

        return zoneinfo.ZoneInfo(zone)
    except ImportError:  # before Python 3.9
        import dateutil.tz

        older: datetime.tzinfo | None = dateutil.tz.gettz(zone)
        return older


def pandas_zone(zone: "str | int") -> "str | datetime.tzinfo":
    """Return a time zone as pandas takes it: by its name, or as one of Python's."""
    return datetime.timezone(datetime.timedelta(seconds=zone)) if isinstance(zone, int) else zone


def with_freq(make: "Callable[[str], Any]", freq: str) -> "Any":
    """Call a function with the name that this pandas has for a frequency."""
    names = [freq]
    for new, old in NEW_FREQUENCIES:
        if freq.lstrip("0123456789").startswith(new):
            names.append(freq.replace(new, old, 1))
    names += [freq.upper(), freq.replace("A-", "Y-"), freq.lower()]
    for name in names:
        try:
            return make(name)
        except ValueError:
            pass
    return make(freq)


def array_of(form: "Any") -> "Any":
    import numpy

    dtype, shape, data = form
    array = numpy.frombuffer(base64.b64decode(data), dtype=dtype)
    return array[0] if shape is None else array.reshape(shape).copy()


def object_array_of(pandas: "Any", form: "Any") -> "Any":
    import numpy

    shape, values = form
    array = numpy.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value_of(pandas, value)
    return array.reshape(shape)


def collection_of(kind: "Callable[[Any], Any]") -> "Callable[[Any, Any], Any]":
    return lambda pandas, form: kind(value_of(pandas, item) for item in form)


def dict_of(pandas: "Any", form: "Any") -> "dict[Any, Any]":
    return {value_of(pandas, key): value_of(pandas, item) for key, item in form}


def period_of(pandas: "Any", form: "Any") -> "Any":
    ordinal, freq = form
    return with_freq(lambda name: pandas.Period(ordinal=ordinal, freq=name), freq)


def interval_of(pandas: "Any", form: "Any") -> "Any":
    left, right, closed = form
    return pandas.Interval(value_of(pandas, left), value_of(pandas, right), closed=closed)


def timestamp_of(pandas: "Any", form: "Any") -> "Any":
    text, zone, _fold = form
    moment = pandas.Timestamp(text)
    digits = len(text.partition(".")[2])
    if "." not in text or digits <= 6:
        try:
            unit = {0: "s", 3: "ms", 6: "us"}.get(digits)
            moment = moment.as_unit(unit) if unit and hasattr(moment, "as_unit") else moment
        except ValueError:
            pass
    if zone is None:
        return moment
    return moment.tz_localize("UTC").tz_convert("UTC" if zone == "UTC" else pandas_zone(zone))


def datetime_of(_pandas: "Any", form: "Any") -> datetime.datetime:
    parts, zone, fold = form
    return datetime.datetime(*parts).replace(tzinfo=python_zone(zone), fold=fold)


def time_of(_pandas: "Any", form: "Any") -> datetime.time:
    parts, zone, fold = form
    return datetime.time(*parts).replace(tzinfo=python_zone(zone), fold=fold)


READERS: "dict[str, Callable[[Any, Any], Any]]" = {
    "float": lambda _pandas, form: float(form),
    "tuple": collection_of(tuple),
    "set": collection_of(set),
    "frozenset": collection_of(frozenset),
    "dict": dict_of,
    "decimal": lambda _pandas, form: decimal.Decimal(form),
    "uuid": lambda _pandas, form: uuid.UUID(form),
    "bytes": lambda _pandas, form: form.encode("latin-1"),
    "bytearray": lambda _pandas, form: bytearray(form.encode("latin-1")),
    "complex": lambda _pandas, form: complex(*map(float, form)),
    "datetime": datetime_of,
    "date": lambda _pandas, form: datetime.date(*form),
    "time": time_of,
    "timedelta": lambda _pandas, form: datetime.timedelta(*form),
    "numpy": lambda _pandas, form: array_of(form),
    "objects": object_array_of,
    "NaTType": lambda pandas, _form: pandas.NaT,
    "NAType": lambda pandas, _form: pandas.NA if hasattr(pandas, "NA") else None,
    "Timestamp": timestamp_of,
    "Timedelta": lambda pandas, form: pandas.Timedelta(int(form), unit="ns"),
    "Period": period_of,
    "Interval": interval_of,
}
