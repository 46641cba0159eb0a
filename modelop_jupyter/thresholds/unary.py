"""Unary tests: what a cell of a decision table says of its column's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelop_jupyter.thresholds.expressions import Expression, Parser, Values, compared, same
from modelop_jupyter.thresholds.tokens import Token, UnreadableError, tokens

UnaryTest = Callable[[Any, Values], bool]


def unary_test(text: str) -> UnaryTest:
    """Parse a cell; an empty one and ``-`` hold for anything. Raises :class:`UnreadableError`.

    A cell may also be a condition of its own, as ModelOp's standard table has them in JUEL: then it
    is not compared with the column's value, it is what it comes to.
    """
    text = text.strip()
    if text in ("", "-"):
        return lambda _value, _values: True
    if text[:2] in ("${", "#{") and text.endswith("}"):
        text = text[2:-1]
    parser = Parser(tokens(text))
    found = _negated(parser) if _begins_negation(parser) else _list(parser)
    parser.expect_end()
    return found


def _begins_negation(parser: Parser) -> bool:
    return parser.next == Token("name", "not")


def _negated(parser: Parser) -> UnaryTest:
    parser.take_name("not")
    parser.expect("(")
    inner = _list(parser)
    parser.expect(")")
    # Nothing is known of null: it is neither in a range nor outside of it.
    return lambda value, values: value is not None and not inner(value, values)


def _list(parser: Parser) -> UnaryTest:
    tests = [_one(parser)]
    while parser.take(","):
        tests.append(_one(parser))
    return lambda value, values: any(test(value, values) for test in tests)


def _one(parser: Parser) -> UnaryTest:
    sign = parser.take("<", "<=", ">", ">=", "==", "!=")
    if sign:
        return _compared(sign, parser.value())
    range_ = _range(parser)
    if range_ is not None:
        return range_
    parser.has_names = parser.is_condition = False
    wanted = parser.expression()
    if not parser.has_names:
        return _equal(wanted)
    return _condition(wanted, is_whole=parser.is_condition)


def _compared(sign: str, bound: Expression) -> UnaryTest:
    return lambda value, values: compared(sign, value, bound(values)) is True


def _equal(wanted: Expression) -> UnaryTest:
    return lambda value, values: same(wanted(values), value)


def _condition(wanted: Expression, *, is_whole: bool) -> UnaryTest:
    """Hold where the expression is true, or equal to the column's value; null hits nothing.

    A truth value beside a column of truth values is compared with it only where it is a mere name.
    """

    def test(value: Any, values: Values) -> bool:
        found = wanted(values)
        if isinstance(found, bool) and (is_whole or not isinstance(value, bool)):
            return found
        return found is not None and same(found, value)

    return test


def _range(parser: Parser) -> UnaryTest | None:
    """Read ``[a..b]``, with ``(`` or ``]`` before an end that is left out; None if it is no range."""
    start = parser.place
    opening = parser.take("[", "(", "]")
    if opening is None:
        return None
    try:
        low = parser.value()
    except UnreadableError:
        parser.place = start
        return None
    if not parser.take(".."):
        # A parenthesis, and no range.
        parser.place = start
        return None
    high = parser.value()
    closing = parser.expect("]", ")", "[")
    above, below = ">=" if opening == "[" else ">", "<=" if closing == "]" else "<"
    return lambda value, values: (
        compared(above, value, low(values)) is True and compared(below, value, high(values)) is True
    )
