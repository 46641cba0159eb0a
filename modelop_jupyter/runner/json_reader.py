"""JSON text to values, by the standard library's rules without NaN and Infinity."""

import json
import json.decoder
import re

from .errors import MalformedRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

WHITESPACE = b" \t\r\n"
CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')


class BlankLineError(Exception):
    """A line that holds no record."""


def _refuse_constant(word: str) -> "NoReturn":
    raise ValueError(word + " is not JSON")


_decoder: "Any" = json.JSONDecoder(parse_constant=_refuse_constant)
scan_json = _decoder.scan_once


def parse_json(text: str) -> "Any":
    """Return what ``json.loads`` does, without NaN and Infinity; ``text`` has no space around it.

    Raises ValueError for what is not JSON, RecursionError for what is nested too deep.
    """
    try:
        value, end = scan_json(text, 0)
    except StopIteration as stop:
        raise json.JSONDecodeError("Expecting value", text, stop.value) from None
    if end != len(text):
        end = json.decoder.WHITESPACE.match(text, end).end()  # type: ignore[attr-defined]
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def read_line(line: bytes) -> "Any":
    """Return the value of a line of JSON; raises what ``parse_json`` does, and BlankLineError."""
    line = line.strip(WHITESPACE)
    if not line:
        raise BlankLineError()
    return parse_json(line.decode("utf-8"))


def malformed_json(error: Exception, line: bytes) -> MalformedRecord:
    """Return the place and kind of a mistake as ModelOp's decoder names it, and a message."""
    text = line.decode("utf-8", "replace")
    if isinstance(error, RecursionError):
        return MalformedRecord("{1,invalid_json}", "nested too deep")
    if isinstance(error, UnicodeDecodeError):
        place = error.start + 1
        return MalformedRecord(f"{{{place},invalid_string}}", f"not UTF-8 at byte {place}")
    if not isinstance(error, json.JSONDecodeError):  # NaN, or a number with too many digits
        return MalformedRecord(f"{{{constant_position(text)},invalid_json}}", str(error))
    kind = "invalid_json"
    if error.msg.startswith(("Unterminated", "Invalid control", "Invalid \\")):
        kind = "invalid_string"
    elif error.pos >= len(text):
        kind = "truncated_json"
    elif error.msg == "Extra data":
        kind = "invalid_trailing_data"
    place = error.pos + 1
    return MalformedRecord(f"{{{place},{kind}}}", f"not JSON: {error.msg} at character {place}")


def constant_position(text: str) -> int:
    """Return where in a text, counted from 1, the first NaN or Infinity stands."""
    return next((match.start() + 1 for match in CONSTANT.finditer(text) if match.group(1)), 1)
