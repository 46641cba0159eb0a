"""Parse and evaluate expressions of FEEL and JUEL, which have most of their tokens in common.

An expression is parsed once and evaluated over the values of a result. A name that is absent is
null; a comparison or sum with null is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Values = Mapping[str, Any]
Expression = Callable[[Values], Any]

_DEPTH = 60
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_SUMS = 3  # the first level that does not come to a truth value
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_METHODS: Mapping[str, Callable[..., Any]] = {
    "equals": lambda own, other: own == other,
    "equalsIgnoreCase": lambda own, other: own.lower() == other.lower(),
    "contains": lambda own, other: other in own,
    "startsWith": lambda own, other: own.startswith(other),
    "endsWith": lambda own, other: own.endswith(other),
    "toLowerCase": lambda own: own.lower(),
    "toUpperCase": lambda own: own.upper(),
    "trim": lambda own: own.strip(),
    "isEmpty": lambda own: not own,
    "length": len,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "date": str,
    "number": float,
    "string": str,
    "contains": lambda own, other: other in own,
    "not": lambda value: None if value is None else not value,
}


def expression(text: str) -> Expression:
    """Parse a whole expression, with or without JUEL's ``${…}``; raises :class:`UnreadableError`."""
    text = text.strip()
    if text[:2] in ("${", "#{") and text.endswith("}"):
        text = text[2:-1]
    parser = ExpressionParser(tokens(text))
    parsed = parser.expression()
    parser.expect_end()
    return parsed


class ExpressionParser:
    """A recursive-descent parser of expressions, which unary tests use, too.

    ``has_names`` is set when a name of the result was read, ``is_condition`` when more than the
    name of a value was read: a comparison, a negation or a method call.
    """

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0
        self.has_names = False
        self.is_condition = False

    @property
    def place(self) -> int:
        """The index of the next token; set it to backtrack."""
        return self._at

    @place.setter
    def place(self, value: int) -> None:
        self._at = value

    @property
    def next(self) -> Token:
        return self._words[self._at]

    def take(self, *signs: str) -> str | None:
        """Consume and return the next sign if it is one of these, else None."""
        if self.next.kind == "sign" and self.next.text in signs:
            self._at += 1
            return self._words[self._at - 1].text
        return None

    def take_name(self, name: str) -> bool:
        matches = self.next == Token("name", name)
        self._at += matches
        return matches

    def expect(self, *signs: str) -> str:
        sign = self.take(*signs)
        if sign is None:
            next_word = repr(self.next.text) if self.next.text else "its end"
            raise UnreadableError(f"{' or '.join(map(repr, signs))} is missing before {next_word}")
        return sign

    def expect_end(self) -> None:
        if self.next.kind != "end":
            raise UnreadableError(f"{self.next.text!r} is not expected there")

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > _DEPTH:
            raise UnreadableError("it is nested too deeply")
        condition = self._binary(0)
        if self.take("?"):
            yes = self.expression()
            self.expect(":")
            condition = _choice(condition, yes, self.expression())
        self._depth -= 1
        return condition

    def value(self) -> Expression:
        """Parse an operand of a unary test: a sum, but no comparison."""
        return self._binary(_SUMS)

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self.take(*_LEVELS[level]):
            self.is_condition |= level < _SUMS
            left = _joined(sign, left, self._binary(level + 1))
        if level == 2 and self.take_name("between"):
            self.is_condition = True
            low = self._binary(_SUMS)
            self.expect("&&")
            high = self._binary(_SUMS)
            left = _joined("&&", _joined(">=", left, low), _joined("<=", left, high))
        return left

    def _unary(self) -> Expression:
        self._depth += 1
        if self._depth > _DEPTH:
            raise UnreadableError("it is nested too deeply")
        if self.take("!"):
            self.is_condition = True
            operand = _called(_FUNCTIONS["not"], (self._unary(),))
        elif self.take("-"):
            operand = _joined("-", lambda _: 0, self._unary())
        elif self.take_name("empty"):
            inner = self._unary()
            operand = lambda values: inner(values) in (None, "", [], {})  # noqa: E731
        else:
            is_number = self.next.kind == "number"
            operand = self._atom()
            # A number has no members: the bracket behind it closes a range.
            operand = operand if is_number else self._steps(operand)
        self._depth -= 1
        return operand

    def _steps(self, owner: Expression) -> Expression:
        while True:
            if self.take("."):
                name = self._name()
                if self.next == Token("sign", "("):
                    method = _METHODS.get(name)
                    if method is None:
                        raise UnreadableError(f"the method {name} is not supported")
                    owner = _called(method, (owner, *self._arguments()))
                    self.is_condition = True
                else:
                    owner = _member(owner, name)
            elif self.take("["):
                index = self.expression()
                self.expect("]")
                owner = _item(owner, index)
            else:
                return owner

    def _name(self) -> str:
        if self.next.kind != "name":
            raise UnreadableError(f"a name is missing before {self.next.text!r}")
        self._at += 1
        return self._words[self._at - 1].text

    def _arguments(self) -> tuple[Expression, ...]:
        self.expect("(")
        arguments: list[Expression] = []
        if self.take(")"):
            return ()
        while True:
            arguments.append(self.expression())
            if self.expect(",", ")") == ")":
                return tuple(arguments)

    def _atom(self) -> Expression:
        token = self.next
        if token.kind in ("number", "text"):
            self._at += 1
            value: Any = float(token.text) if token.kind == "number" else token.text
            return lambda _: value
        if self.take("("):
            inner = self.expression()
            self.expect(")")
            return inner
        name = self._name()
        if name in _WORDS:
            return lambda _: _WORDS[name]
        if self.next == Token("sign", "("):
            function = _FUNCTIONS.get(name)
            if function is None:
                raise UnreadableError(f"the function {name} is not supported")
            return _called(function, self._arguments())
        self.has_names = True
        return lambda values: values.get(name)


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal; a boolean is never equal to a number."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def compared(sign: str, left: Any, right: Any) -> bool | None:
    """Compare two values; None for values without an order."""
    if sign in ("==", "!="):
        return same(left, right) == (sign == "==")
    is_number = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (left, right))
    if not is_number and not (isinstance(left, str) and isinstance(right, str)):
        return None
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]
    )


def _joined(sign: str, left: Expression, right: Expression) -> Expression:
    def evaluate(values: Values) -> Any:
        first = left(values)
        if sign == "&&":
            return False if first is False else _both(first, right(values))
        if sign == "||":
            return True if first is True else _either(first, right(values))
        second = right(values)
        if sign in ("==", "!=", "<", "<=", ">", ">="):
            return compared(sign, first, second)
        return _sum(sign, first, second)

    return evaluate


def _both(first: Any, second: Any) -> bool | None:
    return False if second is False else True if first is True and second is True else None


def _either(first: Any, second: Any) -> bool | None:
    return True if second is True else False if first is False and second is False else None


def _sum(sign: str, first: Any, second: Any) -> Any:
    if sign == "+" and (isinstance(first, str) or isinstance(second, str)):
        return None if first is None or second is None else f"{_text(first)}{_text(second)}"
    if not all(isinstance(number, (int, float)) for number in (first, second)):
        return None
    try:
        return {
            "+": lambda: first + second,
            "-": lambda: first - second,
            "*": lambda: first * second,
            "/": lambda: first / second,
            "%": lambda: first % second,
        }[sign]()
    except (ZeroDivisionError, OverflowError):
        return None


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _called(function: Callable[..., Any], arguments: tuple[Expression, ...]) -> Expression:
    def evaluate(values: Values) -> Any:
        try:
            return function(*(argument(values) for argument in arguments))
        except (TypeError, ValueError, AttributeError):
            return None

    return evaluate


def _choice(condition: Expression, yes: Expression, no: Expression) -> Expression:
    return lambda values: (yes if condition(values) is True else no)(values)


def _member(owner: Expression, name: str) -> Expression:
    def evaluate(values: Values) -> Any:
        container = owner(values)
        return container.get(name) if isinstance(container, Mapping) else None

    return evaluate


def _item(owner: Expression, index: Expression) -> Expression:
    def evaluate(values: Values) -> Any:
        container, key = owner(values), index(values)
        if isinstance(container, Mapping):
            return container.get(key) if isinstance(key, str) else None
        if isinstance(container, list) and isinstance(key, float) and key.is_integer():
            return container[int(key)] if 0 <= key < len(container) else None
        return None

    return evaluate


Kind = Literal["number", "text", "name", "sign", "end"]
MOST_LETTERS = 4_000

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[^\W\d]\w*|`[^`]+`)
      | (?P<sign>\.\.|&&|\|\||==|!=|<=|>=|[-+*/%<>=!?:.,()\[\]{}$])
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
# JUEL has words for its operators, too; FEEL for some of them.
_SIGNS = {
    "and": "&&",
    "or": "||",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "=": "==",
}


class UnreadableError(ValueError):
    """An expression that is neither FEEL nor JUEL as supported here; its text says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an expression: its kind and its text, with word operators as signs."""

    kind: Kind
    text: str


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression, with one of kind ``end`` last.

    Raises :class:`UnreadableError`.
    """
    if len(text) > MOST_LETTERS:
        raise UnreadableError(f"it is longer than {MOST_LETTERS} characters")
    result, position, text = [], 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"{text[position : position + 10].strip()!r} is not valid syntax")
        result.append(_token(match))
        position = match.end()
    return [*result, Token("end", "")]


def _token(match: re.Match[str]) -> Token:
    if match["number"] is not None:
        return Token("number", match["number"])
    if match["text"] is not None:
        return Token("text", _ESCAPED.sub(r"\1", match["text"][1:-1]))
    if match["name"] is not None:
        name = match["name"].strip("`")
        return Token("sign", _SIGNS[name]) if name in _SIGNS else Token("name", name)
    return Token("sign", _SIGNS.get(match["sign"], match["sign"]))
