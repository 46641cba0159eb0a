"""Expressions of FEEL and JUEL: parsed once, evaluated over the values of a result.

What is absent is null; a comparison or sum with null is null, which hits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelop_jupyter.thresholds.tokens import Token, UnreadableError, tokens

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
    parser = Parser(tokens(text))
    found = parser.expression()
    parser.expect_end()
    return found


class Parser:
    """What reads expressions; unary tests are read with it, too.

    ``has_names`` says that something read so far depends on the result, ``is_condition`` that it is
    more than the name of a value.
    """

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0
        self.has_names = False
        self.is_condition = False

    @property
    def place(self) -> int:
        """Where it stands; setting it goes back."""
        return self._at

    @place.setter
    def place(self, value: int) -> None:
        self._at = value

    @property
    def next(self) -> Token:
        return self._words[self._at]

    def take(self, *signs: str) -> str | None:
        """Return the next sign if it is one of these, and go on behind it."""
        if self.next.kind == "sign" and self.next.text in signs:
            self._at += 1
            return self._words[self._at - 1].text
        return None

    def take_name(self, name: str) -> bool:
        is_it = self.next == Token("name", name)
        self._at += is_it
        return is_it

    def expect(self, *signs: str) -> str:
        found = self.take(*signs)
        if found is None:
            what = repr(self.next.text) if self.next.text else "its end"
            raise UnreadableError(f"{' or '.join(map(repr, signs))} is missing before {what}")
        return found

    def expect_end(self) -> None:
        if self.next.kind != "end":
            raise UnreadableError(f"{self.next.text!r} is one word too many")

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
        """Read what may stand behind a comparison of a unary test: a sum, but no comparison."""
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
            found = _called(_FUNCTIONS["not"], (self._unary(),))
        elif self.take("-"):
            found = _joined("-", lambda _: 0, self._unary())
        elif self.take_name("empty"):
            inner = self._unary()
            found = lambda values: inner(values) in (None, "", [], {})  # noqa: E731
        else:
            is_number = self.next.kind == "number"
            found = self._atom()
            # A number has no parts: the bracket behind it closes a range.
            found = found if is_number else self._steps(found)
        self._depth -= 1
        return found

    def _steps(self, found: Expression) -> Expression:
        while True:
            if self.take("."):
                name = self._name()
                if self.next == Token("sign", "("):
                    method = _METHODS.get(name)
                    if method is None:
                        raise UnreadableError(f"the method {name} is not known")
                    found = _called(method, (found, *self._arguments()))
                    self.is_condition = True
                else:
                    found = _member(found, name)
            elif self.take("["):
                index = self.expression()
                self.expect("]")
                found = _item(found, index)
            else:
                return found

    def _name(self) -> str:
        if self.next.kind != "name":
            raise UnreadableError(f"a name is missing before {self.next.text!r}")
        self._at += 1
        return self._words[self._at - 1].text

    def _arguments(self) -> tuple[Expression, ...]:
        self.expect("(")
        found: list[Expression] = []
        if self.take(")"):
            return ()
        while True:
            found.append(self.expression())
            if self.expect(",", ")") == ")":
                return tuple(found)

    def _atom(self) -> Expression:
        word = self.next
        if word.kind in ("number", "text"):
            self._at += 1
            value: Any = float(word.text) if word.kind == "number" else word.text
            return lambda _: value
        if self.take("("):
            found = self.expression()
            self.expect(")")
            return found
        name = self._name()
        if name in _WORDS:
            return lambda _: _WORDS[name]
        if self.next == Token("sign", "("):
            function = _FUNCTIONS.get(name)
            if function is None:
                raise UnreadableError(f"the function {name} is not known")
            return _called(function, self._arguments())
        self.has_names = True
        return lambda values: values.get(name)


def same(left: Any, right: Any) -> bool:
    """Say whether two values are equal; a truth value is no number."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def compared(sign: str, left: Any, right: Any) -> bool | None:
    """Compare two values; None where they have no order."""
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
    if not all(isinstance(each, (int, float)) for each in (first, second)):
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
            return function(*(each(values) for each in arguments))
        except (TypeError, ValueError, AttributeError):
            return None

    return evaluate


def _choice(condition: Expression, yes: Expression, no: Expression) -> Expression:
    return lambda values: (yes if condition(values) is True else no)(values)


def _member(owner: Expression, name: str) -> Expression:
    def evaluate(values: Values) -> Any:
        found = owner(values)
        return found.get(name) if isinstance(found, Mapping) else None

    return evaluate


def _item(owner: Expression, index: Expression) -> Expression:
    def evaluate(values: Values) -> Any:
        found, key = owner(values), index(values)
        if isinstance(found, Mapping):
            return found.get(key) if isinstance(key, str) else None
        if isinstance(found, list) and isinstance(key, float) and key.is_integer():
            return found[int(key)] if 0 <= key < len(found) else None
        return None

    return evaluate
