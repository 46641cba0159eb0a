"""Cells of CSV as values (13.7)."""

import re

from .jsontext import parse_json

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z").match


def read_cell(text):
    """Return None for an empty cell, a number where that loses nothing, else the text (13.7).

    A number is what JSON calls one, so ``007``, ``1_000``, ``+5``, ``.5``, ``0x10``, ``nan`` and `` 1`` stay
    text. ``1.50`` is 1.5; whole numbers of any size stay whole; a fraction whose digits a float cannot hold
    stays text, as does ``-0``.
    """
    if not text:
        return None
    match = NUMBER(text)
    if not match:
        return text
    fraction, exponent = match.groups()
    if fraction is None and exponent is None:
        return int(text) if len(text) < 4000 and text != "-0" else text
    if len(text) <= 16 and not exponent:  # up to 15 digits always survive
        return float(text)
    from decimal import Decimal

    try:
        is_same = Decimal(repr(float(text))) == Decimal(text)
    except ArithmeticError:  # an exponent beyond all bounds
        is_same = False
    return float(text) if is_same else text


def cell_reader(kind):
    """Return what reads the cells of a column whose type a schema tells."""
    kinds = kind if isinstance(kind, list) else [kind]
    kinds = [one.get("type") if isinstance(one, dict) else one for one in kinds]
    keeps_empty = "string" in kinds and "null" not in kinds

    def read(text):
        if not text and not keeps_empty:
            return None
        for one in kinds:
            value = read_as(one, text)
            if value is not None:
                return value
        return text

    return read


def read_as(kind, text):
    """Return a cell as a value of an Avro type, None where it is none."""
    try:
        if kind in ("int", "long"):
            return int(text) if re.match(r"-?[0-9]+\Z", text) else None
        if kind in ("float", "double"):
            return float(text) if re.match(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?\Z", text) else None
        if kind == "boolean":
            return {"true": True, "false": False}.get(text.lower())
        if kind in ("record", "array", "map"):
            return parse_json(text.strip())
    except (ValueError, RecursionError):
        return None
    return text if kind in ("string", "enum", "bytes", "fixed") else None
