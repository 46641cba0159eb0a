"""JSON text to values, by the standard library's rules without NaN and Infinity."""

import json
import json.decoder
import re

from .malformed import Malformed

CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')


def _no_constant(word):
    raise ValueError(word + " is not JSON")


scan_json = json.JSONDecoder(parse_constant=_no_constant).scan_once


def parse_json(text):
    """Mean what ``json.loads`` means, only without NaN and Infinity; ``text`` has no space around it."""
    try:
        value, end = scan_json(text, 0)
    except StopIteration as stop:
        raise json.JSONDecodeError("Expecting value", text, stop.value)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, json.decoder.WHITESPACE.match(text, end).end())
    return value


def json_records(blocks):
    """Yield what ``read_records`` does, for blocks of lines."""
    for lines in blocks:
        offset = blocks.offset
        for line in lines:
            place = [offset, len(line)]
            offset += len(line) + 1
            line = line.strip(b" \t\r\n")
            if not line:
                continue
            try:
                value = parse_json(line.decode("utf-8"))
            except (ValueError, RecursionError) as error:
                yield malformed_json(error, line), None, line, place
                continue
            yield None, value, line, place


def malformed_json(error, line):
    """Name the place and kind of a mistake as ModelOp's decoder does, and say it to people."""
    text = line.decode("utf-8", "replace")
    if isinstance(error, RecursionError):
        return Malformed("{1,invalid_json}", "nested too deep")
    if isinstance(error, UnicodeDecodeError):
        return Malformed("{%d,invalid_string}" % (error.start + 1), "not UTF-8 at byte %d" % (error.start + 1))
    if not isinstance(error, json.JSONDecodeError):  # NaN, or a number with too many digits
        return Malformed("{%d,invalid_json}" % constant_position(text), str(error))
    kind = "invalid_json"
    if error.msg.startswith(("Unterminated", "Invalid control", "Invalid \\")):
        kind = "invalid_string"
    elif error.pos >= len(text):
        kind = "truncated_json"
    elif error.msg == "Extra data":
        kind = "invalid_trailing_data"
    place = error.pos + 1
    return Malformed("{%d,%s}" % (place, kind), "not JSON: %s at character %d" % (error.msg, place))


def constant_position(text):
    """Return where in a text, counted from 1, the first NaN or Infinity stands."""
    return next((match.start() + 1 for match in CONSTANT.finditer(text) if match.group(1)), 1)
