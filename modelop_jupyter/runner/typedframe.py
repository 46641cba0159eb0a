"""Frames that arrive with their types (13.19); the host's ``frames.py`` tells the form of the file."""

import json
import struct

from .exactvalues import value_of, with_freq, zone_name

HEAD = struct.Struct("<IQ")
EXACT = 2**53  # whole numbers up to here are fractions of the same value


class NotKept(Exception):
    """A column that this environment's pandas cannot hold as it is."""


def typed_frame(pandas, path):
    """Return the frame in a file; raise NotKept, which names the column, for what cannot be."""
    with open(path, "rb") as file:
        header = json.loads(file.readline().decode("ascii"))
        blocks = {}
        for head in iter(lambda: file.read(HEAD.size), b""):
            number, size = HEAD.unpack(head)
            blocks[number] = file.read(size)
    return Reader(pandas, blocks).frame(header)


class Reader:
    """The nodes of a header to arrays of pandas and numpy."""

    def __init__(self, pandas, blocks):
        import numpy

        self.pandas, self.numpy, self.blocks = pandas, numpy, blocks

    def frame(self, header):
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

    def series(self, node, index):
        label = node["label"]
        values = self.values(node, "column " + label)
        if node["kind"] == "object":
            return self.pandas.Series(values, index=index, dtype=object)
        return self.pandas.Series(values, index=index)

    def index_of(self, node, what):
        pandas, kind = self.pandas, node["kind"]
        if kind == "range":
            start, stop, step = node["range"]
            return pandas.RangeIndex(start, stop, step, name=value_of(pandas, node["name"]))
        if kind == "multi":
            levels = [self.index_of(level, what) for level in node["levels"]]
            codes = [self.raw(each) for each in node["codes"]]
            names = [value_of(pandas, name) for name in node["names"]]
            try:
                return pandas.MultiIndex(levels=levels, codes=codes, names=names)
            except TypeError:  # before pandas 0.24
                return pandas.MultiIndex(levels=levels, labels=codes, names=names)
        if kind == "object":
            return pandas.Index(self.objects(node), dtype=object)
        inner, name = node["of"], value_of(pandas, node["name"])
        values = self.values(inner, what)
        if inner["kind"] == "object":
            return pandas.Index(values, dtype=object, name=name, tupleize_cols=False)
        index = pandas.Index(values, name=name)
        if node.get("freq"):
            try:
                with_freq(lambda freq: setattr(index, "freq", freq), node["freq"])
            except (ValueError, TypeError, AttributeError):
                raise NotKept("%s: the frequency %s" % (what, node["freq"]))
        return index

    def values(self, node, what):
        try:
            return getattr(self, "read_" + node["kind"])(node, what)
        except NotKept:
            raise
        except AttributeError:
            version = self.pandas.__version__
            raise NotKept(
                "%s: pandas %s has no type %s" % (what, version, node.get("dtype") or node["kind"])
            )
        except Exception as error:
            said = node.get("dtype") or node["kind"]
            version = self.pandas.__version__
            raise NotKept("%s: pandas %s cannot hold it as %s (%s)" % (what, version, said, error))

    def raw(self, node):
        return self.numpy.frombuffer(self.blocks[node["data"]], dtype=node["dtype"]).copy()

    def objects(self, node):
        values = json.loads(self.blocks[node["data"]].decode("ascii"))
        found = self.numpy.empty(len(values), dtype=object)
        for place, value in enumerate(values):
            found[place] = value if type(value) is str else value_of(self.pandas, value)
        return found

    def read_object(self, node, _what):
        return self.objects(node)

    def read_raw(self, node, what):
        return self.of_unit(self.raw(node), what)

    def of_unit(self, values, what):
        """Moments and spans in another unit than nanoseconds are known to pandas 2 and newer."""
        if values.dtype.kind not in "mM" or self.major() >= 2:
            return values
        finer = values.astype("<%s8[ns]" % values.dtype.kind)
        if (finer.astype(values.dtype) != values)[~self.numpy.isnat(values)].any():
            raise NotKept(
                "%s: a moment that pandas %s cannot hold" % (what, self.pandas.__version__)
            )
        return finer

    def major(self):
        return int(self.pandas.__version__.partition(".")[0])

    def read_zoned(self, node, what):
        moments = self.pandas.DatetimeIndex(self.of_unit(self.raw(node["moments"]), what))
        return moments.tz_localize("UTC").tz_convert(zone_name(node["zone"]))

    def read_category(self, node, what):
        categories = self.index_of(node["categories"], what)
        return self.pandas.Categorical.from_codes(
            self.raw(node["codes"]), categories, ordered=node["ordered"]
        )

    def read_masked(self, node, what):
        return self.masked(node["dtype"], self.raw(node["values"]), self.raw(node["mask"]))

    def masked(self, dtype, values, mask):
        arrays = self.pandas.arrays
        if dtype == "boolean":
            return arrays.BooleanArray(values, mask)
        if dtype.startswith("Float"):
            return arrays.FloatingArray(values, mask)
        return arrays.IntegerArray(values, mask)

    def read_gaps(self, node, what):
        """Numbers with gaps as pandas has them by default, as long as they stay the same numbers."""
        numpy, values, mask = self.numpy, self.raw(node["values"]), self.raw(node["mask"])
        if values.dtype.kind == "b":
            found = values.astype(object)
            found[mask] = None
            return self.pandas.Series(found, dtype=object)
        if values.dtype.kind == "f":
            values[mask] = numpy.nan
            return values
        if len(values) and (values.max() > EXACT or values.min() < -EXACT):
            return self.masked("Int64", values, mask)
        values = values.astype("float64")
        values[mask] = numpy.nan
        return values

    def read_text(self, node, _what):
        texts, dtype = json.loads(self.blocks[node["data"]].decode("ascii")), node["dtype"]
        if dtype.startswith("string"):
            kinds = [dtype, "string"] if dtype != "string" else ["string"]
            for kind in kinds:  # a storage that this environment lacks is no part of the type
                try:
                    return self.pandas.array(texts, dtype=kind)
                except (ImportError, TypeError):
                    if kind == "string":
                        raise
        if self.major() >= 3:
            return self.pandas.array(texts, dtype="str")
        found = self.numpy.empty(len(texts), dtype=object)
        found[:] = texts
        if dtype == "str":
            found[self.numpy.array([text is None for text in texts], dtype=bool)] = self.numpy.nan
        return found

    def read_period(self, node, _what):
        numbers = self.raw(node["values"])
        arrays, kind = self.pandas.arrays, self.pandas.PeriodDtype
        return with_freq(lambda freq: arrays.PeriodArray(numbers, dtype=kind(freq)), node["freq"])

    def read_interval(self, node, what):
        left, right = self.index_of(node["left"], what), self.index_of(node["right"], what)
        return self.pandas.IntervalIndex.from_arrays(left, right, closed=node["closed"])

    def read_sparse(self, node, what):
        dense = self.values(node["dense"], what)
        kind = self.pandas.SparseDtype(dense.dtype, value_of(self.pandas, node["fill"]))
        return self.pandas.arrays.SparseArray(dense, dtype=kind)

    def read_arrow(self, node, what):
        try:
            import pyarrow
        except ImportError:
            raise NotKept(
                "%s: its type %s needs pyarrow in the model's requirements" % (what, node["dtype"])
            )
        table = pyarrow.ipc.open_stream(self.blocks[node["data"]]).read_all()
        return self.pandas.arrays.ArrowExtensionArray(table.column(0))
