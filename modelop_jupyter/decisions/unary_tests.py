"""Unary tests of FEEL: the condition that a cell of a decision table puts on its column's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelop_jupyter.decisions.expressions import (
    Expression,
    ExpressionParser,
    Token,
    UnreadableError,
    Values,
    compared,
    same,
    tokens,
)

UnaryTest = Callable[[Any, Values], bool]


def unary_test(text: str) -> UnaryTest:
    """Parse a cell; an empty one and ``-`` always match. Raises :class:`UnreadableError`.

    A cell may also be a condition of its own, as in JUEL in ModelOp's standard table: then its
    value is the result of the test, and is not compared with the column's value.
    """
    text = text.strip()
    if text in ("", "-"):
        return lambda _value, _values: True
    if text[:2] in ("${", "#{") and text.endswith("}"):
        text = text[2:-1]
    parser = ExpressionParser(tokens(text))
    test = _negated(parser) if _begins_negation(parser) else _any_of(parser)
    parser.expect_end()
    return test


def _begins_negation(parser: ExpressionParser) -> bool:
    return parser.next == Token("name", "not")


def _negated(parser: ExpressionParser) -> UnaryTest:
    parser.take_name("not")
    parser.expect("(")
    inner = _any_of(parser)
    parser.expect(")")
    # Null is neither inside a range nor outside of it.
    return lambda value, values: value is not None and not inner(value, values)


def _any_of(parser: ExpressionParser) -> UnaryTest:
    tests = [_single_test(parser)]
    while parser.take(","):
        tests.append(_single_test(parser))
    return lambda value, values: any(test(value, values) for test in tests)


def _single_test(parser: ExpressionParser) -> UnaryTest:
    sign = parser.take("<", "<=", ">", ">=", "==", "!=")
    if sign:
        return _compared(sign, parser.value())
    range_ = _range(parser)
    if range_ is not None:
        return range_
    parser.has_names = parser.is_condition = False
    expected = parser.expression()
    if not parser.has_names:
        return _equal(expected)
    return _condition(expected, is_whole=parser.is_condition)


def _compared(sign: str, bound: Expression) -> UnaryTest:
    return lambda value, values: compared(sign, value, bound(values)) is True


def _equal(expected: Expression) -> UnaryTest:
    return lambda value, values: same(expected(values), value)


def _condition(expected: Expression, *, is_whole: bool) -> UnaryTest:
    """Match if the expression is true, or equal to the column's value; null never matches.

    A boolean beside a column of booleans is compared with it only if the expression is a mere name.
    """

    def test(value: Any, values: Values) -> bool:
        result = expected(values)
        if isinstance(result, bool) and (is_whole or not isinstance(value, bool)):
            return result
        return result is not None and same(result, value)

    return test


def _range(parser: ExpressionParser) -> UnaryTest | None:
    """Parse a range ``[a..b]`` (``(`` or ``]`` in front excludes an end); else None."""
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
