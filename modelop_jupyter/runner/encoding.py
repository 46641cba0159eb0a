"""Values to one line of JSON."""

import json
import json.encoder

from .forms import Ambiguous, Unwritable, has_odd_keys, json_form, plain, unambiguous
from .jsontext import CONSTANT, constant_position

INFINITE, DEEPEST = float("inf"), 50


def to_json(value):
    """Return a value as one line of UTF-8 JSON; raise Unwritable where it has none."""
    try:
        if has_odd_keys(value):
            raise Ambiguous()
        return "".join(_encode(value, 0)).encode("utf-8")
    except Exception as error:  # the model's objects may do anything when they are looked at
        return to_json_with_care(value, error)


def to_json_with_care(value, error):
    _markers.clear()
    try:
        if isinstance(error, UnicodeEncodeError):  # half a pair of surrogates: only its escape can be written
            return "".join(_encode_ascii(value, 0)).encode("ascii")
        if isinstance(error, (TypeError, Unwritable)):
            return "".join(_encode_ascii(plain(value), 0)).encode("ascii")
    except Exception as second:
        error = second
        _markers.clear()
    if isinstance(error, Unwritable):
        raise error
    if isinstance(error, RecursionError):
        raise Unwritable("nested too deep")
    if isinstance(error, ValueError):
        raise unwritable_value(value, error)
    raise Unwritable("%s while it was made JSON" % type(error).__name__)


def unwritable_value(value, error):
    """Say that a record holds itself, or where in it a NaN stands, counted as ModelOp's decoder does."""
    if "ircular" in str(error):
        return Unwritable("the record contains itself")
    try:
        text = json.dumps(value, default=json_form, ensure_ascii=False)
    except Exception:
        return Unwritable("a value that JSON does not have", "{1,invalid_json}")
    found = [match.group(1) for match in CONSTANT.finditer(text) if match.group(1)]
    word, where = (found or ["a value"])[0], place_of_constant(value)
    said = "%s is %s, which is not JSON" % (where, word) if where else "%s is not JSON" % word
    return Unwritable(said, "{%d,invalid_json}" % constant_position(text))


def place_of_constant(value, path="", depth=0):
    """Return where in a value the first number stands that is none: ``bias[0].values.auc``."""
    if isinstance(value, float):
        return path if value != value or value in (INFINITE, -INFINITE) else ""
    pairs = []
    if depth > DEEPEST:
        return ""
    if isinstance(value, dict):
        pairs = [("%s.%s" % (path, key) if path else str(key), each) for key, each in value.items()]
    elif isinstance(value, (list, tuple)):
        pairs = [("%s[%d]" % (path, number), each) for number, each in enumerate(value)]
    return next(filter(None, (place_of_constant(each, inner, depth + 1) for inner, each in pairs)), "")


def make_encoder(ascii_only):
    """Return what encodes one value as parts of text; what ``json`` sets up anew for each value is kept."""
    if json.encoder.c_make_encoder is None:
        encoder = json.JSONEncoder(default=unambiguous, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))
        return lambda value, _indent: encoder.iterencode(value)
    quote = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    return json.encoder.c_make_encoder(_markers, unambiguous, quote, None, ":", ",", False, False, False)


_markers = {}  # the containers being encoded; left full by an exception
_encode = make_encoder(False)
_encode_ascii = make_encoder(True)
