"""Values to one line of JSON, with the forms of values that JSON does not know (spec 13.10)."""

import collections.abc
import json
import json.encoder
import sys

from .json_reader import CONSTANT, constant_position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

INFINITE = float("inf")
MAX_DIGITS = 4000
MAX_DEPTH = 200  # of a value that json has refused
MAX_SEARCH_DEPTH = 50  # to which a NaN is looked for
CONTAINERS = (dict, list, tuple)


class UnwritableError(Exception):
    """A value that cannot be written as JSON; ``reason`` shows no content of it."""

    def __init__(self, message: str, reason: "str | None" = None) -> None:
        Exception.__init__(self, message)
        self.message, self.reason = message, reason or message


class AmbiguousKeysError(TypeError):
    """Keys that are not strings: two of them may become the same one in JSON."""


def to_json(value: "Any") -> bytes:
    """Return a value as one line of UTF-8 JSON; raises UnwritableError where it has none."""
    try:
        if has_non_string_keys(value):
            raise AmbiguousKeysError()
        return "".join(_encode(value, 0)).encode("utf-8")
    except Exception as error:  # the model's objects may do anything when they are looked at
        return _to_json_carefully(value, error)


def _to_json_carefully(value: "Any", error: Exception) -> bytes:
    """Write a value that the encoder has refused with an error, or raise UnwritableError."""
    _markers.clear()
    try:
        if isinstance(error, UnicodeEncodeError):  # half a pair of surrogates: only escaped
            return "".join(_encode_ascii(value, 0)).encode("ascii")
        if isinstance(error, (TypeError, UnwritableError)):
            return "".join(_encode_ascii(to_plain(value), 0)).encode("ascii")
    except Exception as second:
        error = second
        _markers.clear()
    if isinstance(error, UnwritableError):
        raise error
    if isinstance(error, RecursionError):
        raise UnwritableError("nested too deep")
    if isinstance(error, ValueError):
        raise _unwritable_value(value, error)
    raise UnwritableError(f"{type(error).__name__} while it was converted to JSON")


def _unwritable_value(value: "Any", error: ValueError) -> UnwritableError:
    """Say that a record contains itself, or where in it a NaN stands, counted as ModelOp does."""
    if "ircular" in str(error):
        return UnwritableError("the record contains itself")
    try:
        text = json.dumps(value, default=json_form, ensure_ascii=False)
    except Exception:
        return UnwritableError("a value that JSON does not have", "{1,invalid_json}")
    words = [match.group(1) for match in CONSTANT.finditer(text) if match.group(1)]
    word, path = (words or ["a value"])[0], path_of_constant(value)
    message = f"{path} is {word}, which is not JSON" if path else f"{word} is not JSON"
    return UnwritableError(message, f"{{{constant_position(text)},invalid_json}}")


def path_of_constant(value: "Any", path: str = "", depth: int = 0) -> str:
    """Return where in a value the first NaN or infinite number stands: ``bias[0].values.auc``."""
    if isinstance(value, float):
        return path if value != value or value in (INFINITE, -INFINITE) else ""
    if depth > MAX_SEARCH_DEPTH:
        return ""
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        items = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        items = [(f"{path}[{number}]", item) for number, item in enumerate(value)]
    paths = (path_of_constant(item, inner, depth + 1) for inner, item in items)
    return next(filter(None, paths), "")


def json_form(value: "Any") -> "Any":
    """Return what JSON has for a value that ``json`` does not know; imports no library for it.

    Missing values of pandas (NA, NaT) are null; a DataFrame is the list of its rows, a Series a
    list, or an object where its index has names; time spans are seconds; sets are lists, sorted
    where that is possible; a Decimal is a number where that is the same one, else its text. The
    host's ``formats/json_values.py`` has the same table for what a model gets.
    """
    kind = type(value)
    ancestors = {parent.__name__ for parent in kind.__mro__}
    library = kind.__module__.partition(".")[0]
    if ancestors & {"NAType", "NaTType"}:
        return None
    if library == "pandas" and hasattr(value, "to_dict"):
        return pandas_form(value)
    if library == "numpy" and value.dtype.kind in "mM":
        if value.dtype.kind == "m":
            return (value / sys.modules["numpy"].timedelta64(1, "s")).tolist()
        return numpy_dates(sys.modules["numpy"], value)
    if isinstance(value, (bytes, bytearray, memoryview, complex)):
        raise UnwritableError(f"{kind.__name__} has no JSON form")
    if "Decimal" in ancestors:
        return decimal_form(value)
    if "Enum" in ancestors:
        return value.value
    if ancestors & {"UUID", "PurePath"}:
        return str(value)
    # Time spans, dates; arrays and scalars of any library.
    for method in ("total_seconds", "isoformat", "tolist"):
        if method in dir(kind):
            form = getattr(value, method)()
            return float(form) if type(form) is kind else form
    return container_form(value)


def container_form(value: "Any") -> "Any":
    """Return a mapping, set or sequence of any class as a dict or a list."""
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    if isinstance(value, (collections.abc.Set, collections.abc.Sequence)):
        try:
            return sorted(value) if isinstance(value, collections.abc.Set) else list(value)
        except TypeError:
            return list(value)
    raise UnwritableError(f"{type(value).__name__} has no JSON form")


def pandas_form(value: "Any") -> "Any":
    """Return a DataFrame as its rows, a Series as a list, or a dict where its index has names."""
    if hasattr(value, "columns"):
        return frame_rows(value)
    if type(value.index).__name__ == "RangeIndex":
        return value.tolist()
    if not value.index.is_unique:
        raise UnwritableError("a Series with a repeated label has no JSON form")
    return value.to_dict()


def frame_rows(frame: "Any") -> "list[dict[Any, Any]]":
    """Return the rows of a frame as dicts; a second column ``a`` is called ``a.1``."""
    if not frame.columns.is_unique:
        frame = frame.copy(deep=False)
        names: list[str] = []
        for label in map(str, frame.columns):
            name, copy = label, 0
            while name in names:
                copy += 1
                name = f"{label}.{copy}"
            names.append(name)
        frame.columns = names
    rows: list[dict[Any, Any]] = frame.to_dict(orient="records")
    return rows


def numpy_dates(numpy: "Any", value: "Any") -> "Any":
    """Return numpy's dates as Python's; as text where these are too coarse."""
    rough = value.astype("datetime64[us]")
    is_same = (rough.astype(value.dtype) == value) | numpy.isnat(value)
    return rough.tolist() if is_same.all() else numpy.datetime_as_string(value).tolist()


def decimal_form(value: "Any") -> "int | float | str":
    """Return a Decimal as a number where that is the same one, else as its text."""
    if not value.is_finite():
        return float("nan") if value.is_nan() else float(value)
    is_short = abs(value.adjusted()) < MAX_DIGITS
    if is_short and value.as_tuple().exponent >= 0:
        return int(value)
    number = float(value)
    if abs(number) != INFINITE and type(value)(repr(number)) == value:
        return number
    if is_short and value == value.to_integral_value():
        return int(value)
    return str(value)


def unambiguous_form(value: "Any") -> "Any":
    """Return what ``json_form`` does; raises AmbiguousKeysError where its keys are not strings."""
    form = json_form(value)
    if has_non_string_keys(form):
        raise AmbiguousKeysError()
    return form


def has_non_string_keys(value: "Any") -> bool:
    """Say whether some key in a value is not a string."""
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str or (isinstance(item, CONTAINERS) and has_non_string_keys(item)):
                return True
    elif isinstance(value, CONTAINERS):
        for item in value:
            if isinstance(item, CONTAINERS) and has_non_string_keys(item):
                return True
    return False


def to_plain(value: "Any", path: str = "", depth: int = 0) -> "Any":
    """Return a value that ``json`` has refused with keys and values that JSON has.

    Raises UnwritableError, which says where in the value that is not possible.
    """
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        plain = {}
        for key, item in value.items():
            name = call_at(path, json_key, key)
            if name in plain:
                message = message_at(path, f"the key {name} appears twice")
                raise UnwritableError(message, "a key appears twice")
            plain[name] = to_plain(item, f"{path}.{name}" if path else name, depth + 1)
        return plain
    if isinstance(value, (list, tuple)):
        return [to_plain(item, f"{path}[{number}]", depth + 1) for number, item in enumerate(value)]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return to_plain(call_at(path, json_form, value), path, depth + 1)


def call_at(path: str, function: "Callable[[Any], Any]", value: "Any") -> "Any":
    """Call a function; an UnwritableError of it says where in its record the value stands."""
    try:
        return function(value)
    except UnwritableError as error:
        raise UnwritableError(message_at(path, error.message), error.reason) from error


def message_at(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def json_key(key: "Any") -> str:
    """Return the string that a key is in JSON."""
    if isinstance(key, str):
        return key
    form = key if key is None or isinstance(key, (int, float)) else json_form(key)
    if isinstance(form, (list, dict)) or (form is None and key is not None):
        raise UnwritableError(f"{type(key).__name__} cannot be a key in JSON")
    if form is None or isinstance(form, bool):
        return {None: "null", True: "true", False: "false"}[form]
    if isinstance(form, float):
        if form != form or form in (INFINITE, -INFINITE):
            raise UnwritableError("NaN and Infinity cannot be a key in JSON")
        return float.__repr__(form)
    return int.__repr__(form) if isinstance(form, int) else str(form)


def make_encoder(*, ascii_only: bool) -> "Callable[[Any, int], Iterable[str]]":
    """Return what encodes one value as parts of text.

    ``json`` makes such an encoder anew for each value; here it is made once.
    """
    make: Any = json.encoder.c_make_encoder  # type: ignore[attr-defined]
    if make is None:
        encoder = json.JSONEncoder(
            default=unambiguous_form,
            ensure_ascii=ascii_only,
            allow_nan=False,
            separators=(",", ":"),
        )
        return lambda value, _indent: encoder.iterencode(value)
    quote: Any = json.encoder.encode_basestring
    if ascii_only:
        quote = json.encoder.encode_basestring_ascii
    encode: Callable[[Any, int], Iterable[str]] = make(
        _markers, unambiguous_form, quote, None, ":", ",", False, False, False
    )
    return encode


_markers: "dict[int, Any]" = {}  # the containers being encoded; an exception leaves it full
_encode = make_encoder(ascii_only=False)
_encode_ascii = make_encoder(ascii_only=True)
