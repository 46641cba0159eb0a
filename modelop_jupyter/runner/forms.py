"""What JSON knows for values that it does not know (13.10)."""

import collections.abc
import sys


class Unwritable(Exception):
    """A value that has no place in the output; ``reason`` tells no content."""

    def __init__(self, message, reason=None):
        Exception.__init__(self, message)
        self.message, self.reason = message, reason or message


def json_form(value):
    """Return what JSON knows for a value that ``json`` does not (13.10); no library is imported for it.

    Missing values of pandas (NA, NaT) are null; a DataFrame is the list of its rows, a Series a list, or an
    object where its index has names; spans of time are seconds; sets are lists, sorted where that can be.
    """
    kind = type(value)
    family = {parent.__name__ for parent in kind.__mro__}
    library = kind.__module__.partition(".")[0]
    if family & {"NAType", "NaTType"}:
        return None
    if library == "pandas" and hasattr(value, "to_dict"):
        return pandas_form(value)
    if library == "numpy" and value.dtype.kind in "mM":
        if value.dtype.kind == "m":
            return (value / sys.modules["numpy"].timedelta64(1, "s")).tolist()
        return value.astype("datetime64[us]").tolist()
    if isinstance(value, (bytes, bytearray, memoryview, complex)):
        raise Unwritable("%s has no JSON form" % kind.__name__)
    if "Decimal" in family:
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if "Enum" in family:
        return value.value
    if family & {"UUID", "PurePath"}:
        return str(value)
    for method in ("isoformat", "total_seconds", "tolist"):  # dates, spans; arrays and scalars of any library
        if method in dir(kind):
            form = getattr(value, method)()
            return float(form) if type(form) is kind else form
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    if isinstance(value, (collections.abc.Set, collections.abc.Sequence)):
        try:
            return sorted(value) if isinstance(value, collections.abc.Set) else list(value)
        except TypeError:
            return list(value)
    raise Unwritable("%s has no JSON form" % kind.__name__)


def pandas_form(value):
    if hasattr(value, "columns"):
        return value.to_dict(orient="records")
    if type(value.index).__name__ == "RangeIndex":
        return value.tolist()
    return value.to_dict()


def plain(value, depth=0):
    """Rebuild a value with keys that JSON knows; only used where ``json`` refused one."""
    if depth > 200:
        raise RecursionError
    if isinstance(value, dict):
        return {json_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return plain(json_form(value), depth + 1)


def json_key(key):
    if key is None or isinstance(key, (str, int, float)):
        return key
    form = json_form(key)
    if isinstance(form, (list, dict)) or form is None:
        raise Unwritable("%s cannot be a key in JSON" % type(key).__name__)
    return form
