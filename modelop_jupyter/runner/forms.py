"""What JSON knows for values that it does not know (13.10)."""

import collections.abc
import sys

MOST_DIGITS = 4000
INFINITE = float("inf")
PLAIN = (dict, list, tuple)


class Unwritable(Exception):
    """A value that has no place in the output; ``reason`` tells no content."""

    def __init__(self, message, reason=None):
        Exception.__init__(self, message)
        self.message, self.reason = message, reason or message


class Ambiguous(TypeError):
    """Keys that are no texts: two of them may be one in JSON."""


def json_form(value):
    """Return what JSON knows for a value that ``json`` does not (13.10); no library is imported for it.

    Missing values of pandas (NA, NaT) are null; a DataFrame is the list of its rows, a Series a list, or an
    object where its index has names; spans of time are seconds; sets are lists, sorted where that can be; a
    Decimal is a number where that is the same one, else its text. The host's ``formats/values.py`` has the
    same table for what a model gets.
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
        return moments(sys.modules["numpy"], value)
    if isinstance(value, (bytes, bytearray, memoryview, complex)):
        raise Unwritable("%s has no JSON form" % kind.__name__)
    if "Decimal" in family:
        return number_of(value)
    if "Enum" in family:
        return value.value
    if family & {"UUID", "PurePath"}:
        return str(value)
    for method in ("total_seconds", "isoformat", "tolist"):  # spans, dates; arrays and scalars of any library
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
        return frame_rows(value)
    if type(value.index).__name__ == "RangeIndex":
        return value.tolist()
    if not value.index.is_unique:
        raise Unwritable("a Series with a label that repeats has no JSON form")
    return value.to_dict()


def frame_rows(frame):
    """Return the rows of a frame as dicts; a second column ``a`` is called ``a.1``."""
    if not frame.columns.is_unique:
        frame = frame.copy(deep=False)
        names = []
        for label in map(str, frame.columns):
            name, copy = label, 0
            while name in names:
                copy += 1
                name = "%s.%d" % (label, copy)
            names.append(name)
        frame.columns = names
    return frame.to_dict(orient="records")


def moments(numpy, value):
    """Return numpy's dates as Python's; as text where these are too coarse."""
    rough = value.astype("datetime64[us]")
    is_same = (rough.astype(value.dtype) == value) | numpy.isnat(value)
    return rough.tolist() if is_same.all() else numpy.datetime_as_string(value).tolist()


def number_of(value):
    """Return a Decimal as a number where that is the same one, else as its text."""
    if not value.is_finite():
        return float("nan") if value.is_nan() else float(value)
    is_short = abs(value.adjusted()) < MOST_DIGITS
    if is_short and value.as_tuple().exponent >= 0:
        return int(value)
    number = float(value)
    if abs(number) != INFINITE and type(value)(repr(number)) == value:
        return number
    if is_short and value == value.to_integral_value():
        return int(value)
    return str(value)


def unambiguous(value):
    """Return what ``json_form`` does, with keys of which no two can be one in JSON."""
    form = json_form(value)
    if has_odd_keys(form):
        raise Ambiguous()
    return form


def has_odd_keys(value):
    """Say whether some key in a value is no text."""
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str or (isinstance(item, PLAIN) and has_odd_keys(item)):
                return True
    elif isinstance(value, PLAIN):
        for item in value:
            if isinstance(item, PLAIN) and has_odd_keys(item):
                return True
    return False


def plain(value, place="", depth=0):
    """Rebuild a value with keys that JSON knows, and say where that cannot be; for what ``json`` refused."""
    if depth > 200:
        raise RecursionError
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            name = at(place, json_key, key)
            if name in found:
                raise Unwritable(said_at(place, "the key %s is there twice" % name), "a key is there twice")
            found[name] = plain(item, "%s.%s" % (place, name) if place else name, depth + 1)
        return found
    if isinstance(value, (list, tuple)):
        return [plain(item, "%s[%d]" % (place, number), depth + 1) for number, item in enumerate(value)]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return plain(at(place, json_form, value), place, depth + 1)


def at(place, function, value):
    """Call a function; say where in its record a value stands that it refuses."""
    try:
        return function(value)
    except Unwritable as error:
        raise Unwritable(said_at(place, error.message), error.reason)


def said_at(place, text):
    return "%s: %s" % (place, text) if place else text


def json_key(key):
    """Return the text that a key is in JSON."""
    if isinstance(key, str):
        return key
    form = key if key is None or isinstance(key, (int, float)) else json_form(key)
    if isinstance(form, (list, dict)) or (form is None and key is not None):
        raise Unwritable("%s cannot be a key in JSON" % type(key).__name__)
    if form is None or isinstance(form, bool):
        return {None: "null", True: "true", False: "false"}[form]
    if isinstance(form, float):
        if form != form or form in (INFINITE, -INFINITE):
            raise Unwritable("NaN and Infinity cannot be a key in JSON")
        return float.__repr__(form)
    return int.__repr__(form) if isinstance(form, int) else str(form)
