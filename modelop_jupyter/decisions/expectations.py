"""Expectations of a metrics result, such as ``auc >= 0.9``: Python's parser and a small evaluator.

Names are metrics, ``ref`` is the same metric of a reference result and ``ref.other`` another one of
it. A name with other characters stands in backticks. Only ``abs``, ``min`` and ``max`` are called.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.results.metric_paths import AbsentError, Path, value_at, written
from modelop_jupyter.domain.results.verdicts import Expectations, Verdict
from modelop_jupyter.errors import ExpectationError, nearest

_MOST_LETTERS = 1_000
# Not the plain word: a metric may be called `ref`, in backticks.
_REF = "\0ref"
_QUOTED = re.compile(r"`([^`]+)`")
_SINGLE_EQUALS = re.compile(r"(?<![=<>!])=(?!=)")
_ODD = "_odd_"
_COMPARE: Mapping[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
}
_SUMS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_CALLS: Mapping[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max}


def parse_expectations(
    rules: tuple[str, ...], *, against: str | None = None, reference: Any = None
) -> Expectations:
    """Check rules before a job runs, and look up what they need of the reference.

    Raises :class:`ExpectationError`.
    """
    references: dict[str, Any] = {}
    for rule in rules:
        parsed = _Rule.parse(rule)
        for path in parsed.reference_paths():
            if against is None:
                raise ExpectationError(
                    rule, "'ref' has no reference result", "Add --against JOB or NAME@N"
                )
            try:
                references[written(path)] = value_at(reference, path)
            except AbsentError as error:
                reason, hint = _absence(error, f"the reference {against}")
                raise ExpectationError(rule, reason, hint) from None
    return Expectations(rules, against, references)


def check_rules(rules: Iterable[str]) -> None:
    """Raise :class:`ExpectationError` for a rule that cannot be read, whatever it refers to."""
    for rule in rules:
        _Rule.parse(rule)


def judge_expectations(expected: Expectations, result: Any) -> tuple[Verdict, ...]:
    """Return a verdict for each rule; a metric that is absent or null fails its rule."""
    return tuple(_judged(rule, expected, result) for rule in expected.rules)


def _judged(rule: str, expected: Expectations, result: Any) -> Verdict:
    parsed = _Rule.parse(rule)
    used: dict[str, Any] = {}

    def look_up(path: Path, *, is_reference: bool) -> Any:
        value = expected.references[written(path)] if is_reference else value_at(result, path)
        used[f"ref.{written(path)}" if is_reference else written(path)] = value
        return value

    try:
        passed = parsed.evaluate(look_up)
    except AbsentError as error:
        reason, hint = _absence(error, "the result")
        return Verdict(rule, passed=False, reason=f"{reason}. {hint}" if hint else reason)
    except (TypeError, ValueError, ArithmeticError, RecursionError):  # min of an empty list, too
        return Verdict(
            rule,
            passed=False,
            reason=f"{_values_text(used)}: with these values it cannot be computed",
        )
    return Verdict(rule, passed=bool(passed), reason=_values_text(used))


def _values_text(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} is {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _absence(error: AbsentError, where: str) -> tuple[str, str | None]:
    name = str(error.path[-1])
    inside = f" in {written(error.path[:-1])}" if len(error.path) > 1 else ""
    close = nearest(name, error.near)
    if close is not None:
        return f"{where} has no metric {name!r}{inside}", f"Did you mean {close!r}?"
    few = ", ".join(error.near[:8])
    return f"{where} has no metric {name!r}{inside}", f"It has {few}" if few else None


LookUp = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A parsed and checked rule; ``odd`` maps placeholders to the names that stood in backticks."""

    text: str
    tree: ast.expr
    odd: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> _Rule:
        odd: dict[str, str] = {}

        def hide(match: re.Match[str]) -> str:
            placeholder = f"{_ODD}{len(odd)}"
            odd[placeholder] = match[1]
            return placeholder

        if len(text) > _MOST_LETTERS:
            raise ExpectationError(text[:40] + "…", f"it is longer than {_MOST_LETTERS} characters")
        try:
            tree = ast.parse(_QUOTED.sub(hide, text.strip()), mode="eval").body
            rule = cls(text, tree, odd)
            rule._check(tree, is_condition=True)
        except SyntaxError as error:
            hint = "Equal is written ==" if _SINGLE_EQUALS.search(text) else None
            raise ExpectationError(text, f"it cannot be read ({error.msg})", hint) from None
        except (ValueError, MemoryError, RecursionError):
            raise ExpectationError(text, "it cannot be read") from None
        return rule

    def reference_paths(self) -> Iterator[Path]:
        """Yield the metrics of the reference that the rule uses."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Compare):
                own = self._own_path(node)
                for path in self._paths(node):
                    if path[0] == _REF:
                        yield path[1:] or own

    def evaluate(self, look_up: LookUp) -> Any:
        return self._value(self.tree, look_up, ())

    def _value(self, node: ast.expr, look_up: LookUp, own: Path) -> Any:
        if isinstance(node, ast.BoolOp):
            values = (self._value(operand, look_up, own) for operand in node.values)
            return all(values) if isinstance(node.op, ast.And) else any(values)
        if isinstance(node, ast.Compare):
            return self._compared(node, look_up)
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand, look_up, own)
            return not inner if isinstance(node.op, ast.Not) else -inner
        if isinstance(node, ast.BinOp):
            left, right = (
                self._value(operand, look_up, own) for operand in (node.left, node.right)
            )
            if not all(isinstance(operand, (int, float)) for operand in (left, right)):
                raise TypeError
            return _SUMS[type(node.op)](left, right)
        if isinstance(node, ast.Call):
            arguments = [self._value(operand, look_up, own) for operand in node.args]
            return _CALLS[_name(node)](*arguments)
        if isinstance(node, ast.Constant):
            return node.value
        path = self._path(node)
        if path[0] == _REF:
            return look_up(path[1:] or own, is_reference=True)
        return look_up(path, is_reference=False)

    def _compared(self, node: ast.Compare, look_up: LookUp) -> bool:
        own = self._own_path(node)
        left = self._value(node.left, look_up, own)
        for operation, comparator in zip(node.ops, node.comparators, strict=True):
            right = self._value(comparator, look_up, own)
            sign, compare = _COMPARE[type(operation)]
            if sign not in ("==", "!=") and (left is None or right is None):
                raise TypeError
            if not compare(left, right):
                return False
            left = right
        return True

    def _own_path(self, node: ast.Compare) -> Path:
        """Return the metric that a bare ``ref`` in a comparison means: the first other metric."""
        own = next((path for path in self._paths(node) if path[0] != _REF), None)
        if own is None and (_REF,) in list(self._paths(node)):
            raise ExpectationError(
                self.text, "'ref' stands without a metric beside it", "Write ref.NAME"
            )
        return own or ()

    def _paths(self, node: ast.expr) -> Iterator[Path]:
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            yield self._path(node)
            return
        for child in ast.iter_child_nodes(node):
            # The name of a function is not a metric.
            if isinstance(child, ast.expr) and not (
                isinstance(node, ast.Call) and child is node.func
            ):
                yield from self._paths(child)

    def _path(self, node: ast.expr) -> Path:
        if isinstance(node, ast.Name):
            return (_REF,) if node.id == "ref" else (self.odd.get(node.id, node.id),)
        if isinstance(node, ast.Attribute):
            return (*self._path(node.value), self.odd.get(node.attr, node.attr))
        if isinstance(node, ast.Subscript):
            step = _index(node.slice)
            if step is not None:
                return (*self._path(node.value), step)
        raise ExpectationError(self.text, "it names a metric in a way that is not supported")

    def _check(self, node: ast.expr, *, is_condition: bool) -> None:
        """Refuse everything but comparisons of metrics, numbers and texts."""
        if isinstance(node, ast.BoolOp):
            inner, wants_condition = node.values, True
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner, wants_condition = [node.operand], True
        elif isinstance(node, ast.Compare):
            if not all(type(inner_node) in _COMPARE for inner_node in node.ops):
                raise ExpectationError(self.text, "it uses a comparison other than < <= > >= == !=")
            self._own_path(node)
            inner, wants_condition = [node.left, *node.comparators], False
        elif is_condition:
            raise ExpectationError(
                self.text, "it is not a comparison", 'Write it like "auc >= 0.9" or "psi_age < 0.2"'
            )
        elif isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
            inner, wants_condition = [node.left, node.right], False
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner, wants_condition = [node.operand], False
        elif (
            isinstance(node, ast.Call) and _name(node) in _CALLS and not node.keywords and node.args
        ):
            inner, wants_condition = node.args, False
        elif isinstance(node, ast.Constant) and isinstance(
            node.value, (int, float, str, type(None))
        ):
            return
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            self._path(node)
            return
        else:
            part = ast.unparse(node)
            for placeholder, name in self.odd.items():
                part = part.replace(placeholder, f"`{name}`")
            raise ExpectationError(self.text, f"{part!r} is not allowed in an expectation")
        for inner_node in inner:
            self._check(inner_node, is_condition=wants_condition)


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _index(node: ast.expr) -> str | int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _index(node.operand)
        return -inner if isinstance(inner, int) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)):
        return node.value
    return None
