"""The fast JSON codec: orjson, where it reads and writes what the standard library would.

Where it refuses a record, or may mean something else by it, the standard library reads or writes
that record. All that it may mean otherwise, of what the tests have found:

    reading     integers beyond 64 bits, of which it makes floats
    writing     NaN and infinite, as ``null``; fractions below 0.0001 and their exponents
                (``1e-5`` for ``1e-05``)
    refused     all but None, bool, int, float, str, list, tuple and dict with string keys

The host offers a folder with copies of its library; docs/accelerators.md describes the whole.
"""

import importlib.machinery
import importlib.util
import os
import re
import sys
import types

from ..json_reader import parse_json, read_line
from ..json_writer import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..protocol import CodecLibrary

# Digits become zeros, so that a run of them is found by a search for zeros.
DIGITS_TO_ZEROS = bytes(48 if 48 <= code < 58 else code for code in range(256))
LONG_NUMBER, SAMPLE = b"0" * 19, b"0" * 4
ZEROS = re.compile(b"0+")
MINUS = ord("-")  # one byte is found sooner than two
SMALL_FRACTION = re.compile(rb"[0-9]e-[0-9](?![0-9])|(?<![0-9])0\.0000")
# The codec does not find these classes when it is loaded, so it refuses their values, which are
# then written by json_writer. That also spares their import.
HIDDEN = {
    "enum": ["EnumMeta", "EnumType"],
    "uuid": ["UUID"],
    "dataclasses": ["_FIELD"],
    "zoneinfo": ["ZoneInfo"],
}
# What it is tried with each time that it is loaded.
READ_TRIALS = [
    *("-0", "-0.0", "1E400", "18446744073709551615", "-9223372036854775808", "5e-324"),
    *('"\\u00e9"', "NaN", '"\t"'),
]
WRITE_TRIALS = [
    *(1e16, 1e15, 1.5e300, 0.0001, -0.0, 5e-324, 0.1 + 0.2, 2**64 - 1, -(2**63)),
    '\x00\x1f\x7f\u2028é"\\/\b\f',
]


def fast_codec(library: "CodecLibrary | None") -> "OrjsonCodec | None":
    """Return the codec whose library the host offers, None where it is not what was tested.

    It may be made for another Python or platform, or be a version that writes otherwise.
    """
    if library and library["name"] == "orjson":
        try:
            codec = OrjsonCodec(load_extension(library["path"], "orjson"))
            if codec.is_exact():
                return codec
        except Exception:  # noqa: S110 - whatever it is, the standard library does it
            pass
    return None


class OrjsonCodec:
    """Lines of JSON by orjson. ``json_lines.line_scorer`` says how its documents are checked."""

    suspect_bytes = b"null"  # NaN is written so

    def __init__(self, module: "Any") -> None:
        self.read: Callable[[bytes], Any] = module.loads
        self.write: Callable[[Any, None, int | None], bytes] = module.dumps
        self.option: int | None = (
            module.OPT_APPEND_NEWLINE
            | module.OPT_PASSTHROUGH_DATACLASS
            | module.OPT_PASSTHROUGH_DATETIME
            | module.OPT_PASSTHROUGH_SUBCLASS
        )

    def reader(self, text: bytes) -> "Callable[[bytes], Any]":
        """Return what reads the lines of a block of text."""
        return read_line if has_long_number(text) else self.read

    def normalize(self, documents: bytes) -> bytes:
        """Return lines of documents with small fractions as Python writes them."""
        has_minus = MINUS in documents and documents.find(b"e-") >= 0
        if not has_minus and documents.find(b"0.0000") < 0:
            return documents
        return b"".join(map(with_python_fractions, documents.splitlines(True)))

    def is_exact(self) -> bool:
        """Say whether it does with the trials what the standard library does."""
        return all(map(self._reads, READ_TRIALS)) and all(map(self._writes, WRITE_TRIALS))

    def _reads(self, text: str) -> bool:
        try:
            value = self.read(text.encode())
        except ValueError:  # it may refuse anything
            return True
        return repr(value) == repr(parse_json(text))

    def _writes(self, value: "Any") -> bool:
        return self.normalize(self.write(value, None, self.option)) == to_json(value) + b"\n"


def with_python_fractions(document: bytes) -> bytes:
    if SMALL_FRACTION.search(document):
        return to_json(parse_json(document[:-1].decode("utf-8"))) + b"\n"
    return document


def has_long_number(text: bytes) -> bool:
    """Say whether 19 digits stand in a row that are neither a fraction nor the start of a string.

    Of these at least four are found by a look at every fourth byte, which settles most texts.
    """
    if text[::4].translate(DIGITS_TO_ZEROS).find(SAMPLE) < 0:
        return False
    zeros = text.translate(DIGITS_TO_ZEROS)
    place = zeros.find(LONG_NUMBER)
    while place >= 0:
        if zeros[place - 1 : place] not in (b".", b'"'):
            return True
        run: Any = ZEROS.match(zeros, place)
        place = zeros.find(LONG_NUMBER, run.end())
    return False


def load_extension(folder: str, name: str) -> types.ModuleType:
    """Load an extension module that no ``import`` finds: a model may have one of the same name.

    The classes of HIDDEN are replaced by empty ones while it is loaded.
    """
    paths = (
        os.path.join(folder, name + ending) for ending in importlib.machinery.EXTENSION_SUFFIXES
    )
    path = next(path for path in paths if os.path.exists(path))
    spec: Any = importlib.util.spec_from_file_location(f"_modelop_runner.{name}", path)
    before = dict(sys.modules)
    for hidden, classes in HIDDEN.items():
        sys.modules[hidden] = types.ModuleType(hidden)
        for class_name in classes:
            setattr(sys.modules[hidden], class_name, type(class_name, (), {}))
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        changed = [key for key in sys.modules if sys.modules[key] is not before.get(key)]
        for key in changed:
            if key in before:
                sys.modules[key] = before[key]
            elif key in HIDDEN or key.startswith("_modelop_runner."):
                del sys.modules[key]
    return module
