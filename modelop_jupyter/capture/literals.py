"""Write the value of a variable as a Python literal that gives exactly this value again.

The sidebar has the kernel of a notebook execute this file's text, and its environment need not have
this package: nothing but the standard library is imported, and nothing else of ours.
"""

from __future__ import annotations

import ast
import math

LONGEST = 4096
_DEEPEST = 20


class NotLiteralError(ValueError):
    """A value that no short literal gives again; the message says why, as in "it is ...".

    ``is_near``: a value like it would have one.
    """

    def __init__(self, reason: str, *, is_near: bool = True) -> None:
        super().__init__(reason)
        self.is_near = is_near


def literal_text(value: object) -> str:
    """Return the literal of a value on one line: equal values of equal types have equal texts.

    None, bool, int, float, str, bytes and lists, tuples, dicts and sets of these, no subclasses. A
    float that has no literal is written as a call: ``float('nan')``. Raises :class:`NotLiteralError`
    for any other value, and for a text of more than ``LONGEST`` bytes.
    """
    text = _Writer().text_of(value, ())
    if len(text.encode()) > LONGEST:
        raise _too_long()
    return text


def read_literal(text: str) -> object:
    """Return the value of a literal, in whatever layout; raises :class:`NotLiteralError` for others."""
    try:
        tree = _SpecialFloats().visit(ast.parse(text.strip(), mode="eval"))
        value: object = ast.literal_eval(tree)
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise NotLiteralError(f"it is no literal: {error}") from None
    return value


def literal_or_reason(value: object) -> dict[str, str]:
    """Return the ``text`` of a value's literal, or the ``reason`` why it has none, if that helps."""
    try:
        return {"text": literal_text(value)}
    except NotLiteralError as error:
        return {"reason": str(error) if error.is_near else ""}


class _Writer:
    """Writes one value; gives up as soon as the text is too long, which shared parts can make it."""

    def __init__(self) -> None:
        self._left = LONGEST

    def text_of(self, value: object, outer: tuple[int, ...]) -> str:
        kind = type(value)
        if kind in (list, tuple, dict, set):
            if id(value) in outer:
                raise NotLiteralError("it contains itself")
            if len(outer) >= _DEEPEST:
                raise NotLiteralError(f"it is nested more than {_DEEPEST} deep")
            self._spend(2)
            return self._container(value, (*outer, id(value)))
        text = self._scalar(value, "it contains" if outer else "it is")
        self._spend(len(text))
        return text

    def _scalar(self, value: object, verb: str) -> str:
        if value is None or value is True or value is False:
            return repr(value)
        if type(value) is float:
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        if type(value) is int:
            if value.bit_length() > 3 * LONGEST:  # Python writes at most 4,300 digits.
                raise _too_long()
            return repr(value)
        if type(value) is str or type(value) is bytes:
            if len(value) > LONGEST:
                raise _too_long()
            return repr(value)
        module, name = type(value).__module__, type(value).__qualname__
        kind = name if module == "builtins" else f"{module}.{name}"
        is_near = hasattr(type(value), "tolist")
        remedy = " (.item() and .tolist() make plain values)" if is_near else ""
        raise NotLiteralError(f"{verb} a value of type {kind}{remedy}", is_near=is_near)

    def _container(self, value: object, outer: tuple[int, ...]) -> str:
        if type(value) is dict:
            items = [
                f"{self.text_of(key, outer)}: {self.text_of(item, outer)}"
                for key, item in list(value.items())
            ]
            return "{" + self._joined(items) + "}"
        if type(value) is set:
            # An order of its own for each process is what sets of texts have.
            keyed = [(self.text_of(item, outer), item) for item in list(value)]
            items = [text for text, _ in sorted(keyed, key=_sort_key)]
            return "{" + self._joined(items) + "}" if items else "set()"
        assert isinstance(value, (list, tuple))
        items = [self.text_of(item, outer) for item in list(value)]
        if type(value) is list:
            return "[" + self._joined(items) + "]"
        return "(" + self._joined(items) + ("," if len(items) == 1 else "") + ")"

    def _joined(self, items: list[str]) -> str:
        self._spend(2 * len(items))
        return ", ".join(items)

    def _spend(self, length: int) -> None:
        self._left -= length
        if self._left < -LONGEST:
            raise _too_long()


def _sort_key(item: tuple[str, object]) -> tuple[float, str]:
    """Sort numbers by their size, and all else by its text."""
    text, value = item
    if isinstance(value, (int, float)) and abs(value) <= 1e300:
        return value, text
    return math.inf, text


def _too_long() -> NotLiteralError:
    return NotLiteralError(f"its text is longer than {LONGEST // 1024} kB")


class _SpecialFloats(ast.NodeTransformer):
    """Replaces the calls that stand for a float without a literal by its value."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.dump(node) in _CALLS:
            return ast.copy_location(ast.Constant(_CALLS[ast.dump(node)]), node)
        return node


_CALLS = {
    ast.dump(ast.parse(f"float({text!r})", mode="eval").body): float(text)
    for text in ("nan", "inf", "-inf")
}
