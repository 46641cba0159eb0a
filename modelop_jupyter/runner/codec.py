"""The fast codec: it reads and writes JSON as the standard library does, only sooner.

Where it refuses a record, or might mean something else by it, the standard library reads or writes that
record. What it could mean otherwise, of all the things that the tests have found:

    reading     whole numbers beyond 64 bits, of which it makes floats
    writing     NaN and infinite, as ``null``; fractions below 0.0001 and their exponents (``1e-5`` for ``1e-05``)
    refused     everything that is not None, bool, int, float, str, list, tuple or dict with string keys
"""

import importlib.machinery
import importlib.util
import os
import re
import sys
import types

from .encoding import to_json
from .jsontext import parse_json

DIGITS = bytes(48 if 48 <= code < 58 else code for code in range(256))
LONG, SAMPLE = b"0" * 19, b"0" * 4
MINUS = ord("-")  # one byte is found sooner than two
RUN = re.compile(b"0+")
SHORT_EXPONENT = re.compile(rb"[0-9]e-[0-9](?![0-9])|(?<![0-9])0\.0000")
# Not known to the codec, their values are refused and take our own way. It also spares their import.
HIDDEN = {"enum": ["EnumMeta", "EnumType"], "uuid": ["UUID"], "dataclasses": ["_FIELD"], "zoneinfo": ["ZoneInfo"]}
READS = ["-0", "-0.0", "1E400", "18446744073709551615", "-9223372036854775808", "5e-324", '"\\u00e9"', "NaN", '"\t"']
WRITES = [1e16, 1e15, 1.5e300, 0.0001, -0.0, 5e-324, 0.1 + 0.2, 2**64 - 1, -(2**63), "\x00\x1f\x7f\u2028é\"\\/\b\f"]


class Standard:
    """The standard library's json."""

    option = None
    doubt = b"\xff"  # is in no document

    @staticmethod
    def reader(_text):
        return read_line

    @staticmethod
    def write(value, _default, _option):
        return to_json(value) + b"\n"

    @staticmethod
    def settled(data):
        return data


def read_line(line):
    line = line.strip(b" \t\r\n")
    if not line:
        raise Blank()
    return parse_json(line.decode("utf-8"))


class Blank(Exception):
    """A line without a record."""


class Fast:
    """The codec, for lines of bytes."""

    doubt = b"null"

    def __init__(self, module):
        self.read, self.write = module.loads, module.dumps
        names = ("APPEND_NEWLINE", "PASSTHROUGH_DATACLASS", "PASSTHROUGH_DATETIME", "PASSTHROUGH_SUBCLASS")
        self.option = sum(getattr(module, "OPT_" + name) for name in names)

    def reader(self, text):
        """Return what reads the lines of a text."""
        return read_line if has_long_number(text) else self.read

    @staticmethod
    def settled(data):
        """Return lines of documents with fractions as Python writes them."""
        if (MINUS not in data or data.find(b"e-") < 0) and data.find(b"0.0000") < 0:
            return data
        return b"".join(map(as_python, data.splitlines(True)))

    def is_exact(self):
        """Say whether it does what this version of it is expected to do."""
        return all(map(self.reads, READS)) and all(map(self.writes, WRITES))

    def reads(self, text):
        try:
            found = self.read(text.encode())
        except ValueError:  # it may refuse anything
            return True
        return repr(found) == repr(parse_json(text))

    def writes(self, value):
        return self.settled(self.write(value, None, self.option)) == to_json(value) + b"\n"


def as_python(document):
    if SHORT_EXPONENT.search(document):
        return to_json(parse_json(document[:-1].decode("utf-8"))) + b"\n"
    return document


def has_long_number(text):
    """Say whether 19 digits stand in a row that are neither a fraction nor the beginning of a string.

    Of these at least four are found by a look at every fourth byte, which most texts settle.
    """
    if text[::4].translate(DIGITS).find(SAMPLE) < 0:
        return False
    flat = text.translate(DIGITS)
    place = flat.find(LONG)
    while place >= 0:
        if flat[place - 1 : place] not in (b".", b'"'):
            return True
        place = flat.find(LONG, RUN.match(flat, place).end())
    return False


def codec_for(request):
    """Return the codec that the host offers for this Python, where it does what is expected of it."""
    offered = request.get("codec")
    if offered and offered["name"] == "orjson":
        try:
            codec = Fast(extension(offered["path"], "orjson"))
            if codec.is_exact():
                return codec
        except Exception:  # of another Python, another platform, another version: whatever it is, we have our own
            pass
    return Standard


def extension(folder, name):
    """Load an extension module that no ``import`` finds: a model may have one of the same name."""
    endings = importlib.machinery.EXTENSION_SUFFIXES
    path = next(path for path in (os.path.join(folder, name + end) for end in endings) if os.path.exists(path))
    spec = importlib.util.spec_from_file_location("_modelop_runner." + name, path)
    before = dict(sys.modules)
    for hidden, names in HIDDEN.items():
        sys.modules[hidden] = types.ModuleType(hidden)
        for each in names:
            setattr(sys.modules[hidden], each, type(each, (), {}))
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        for loaded in [loaded for loaded in sys.modules if sys.modules[loaded] is not before.get(loaded)]:
            if loaded in before:
                sys.modules[loaded] = before[loaded]
            elif loaded in HIDDEN or loaded.startswith("_modelop_runner."):
                del sys.modules[loaded]
    return module
