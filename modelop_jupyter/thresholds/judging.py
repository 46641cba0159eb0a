"""A metrics result judged by a file of decision tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.domain.verdicts import Verdict
from modelop_jupyter.thresholds.expressions import Values, expression
from modelop_jupyter.thresholds.table import (
    Column,
    DecisionTable,
    NoTableError,
    Rule,
    decision_tables,
)
from modelop_jupyter.thresholds.tokens import UnreadableError
from modelop_jupyter.thresholds.unary import UnaryTest, unary_test

_NUMBERS = ("double", "integer", "long", "number", "float")
# Of the others a second hit is none to be passed over: a table that is unclear fails rather than passes.
_FIRST = "FIRST"
# What a cell may come to with the values of a result.
_UNUSABLE = (UnreadableError, ArithmeticError, ValueError, TypeError, RecursionError)


def judge(result: Any, content: bytes, *, asset: str) -> list[Verdict]:
    """Return what each table says: every rule that holds, or that the result passed.

    The result fails by a rule whose ``passes`` is false; no hit at all is a pass (spec 3.6). What
    cannot be read is a verdict without an answer, never an error.
    """
    try:
        tables = decision_tables(content)
    except NoTableError as error:
        return [Verdict(asset, None, f"{asset} is not decided: {error}", source=asset)]
    found: list[Verdict] = []
    for table in tables:
        if not isinstance(result, Mapping):
            reason = (
                "the result is not one dictionary, which the table's variables would be keys of"
            )
            found.append(Verdict(table.name, None, reason, source=asset))
            continue
        found.extend(_of_table(table, {str(key): item for key, item in result.items()}, asset))
    return found


def _of_table(table: DecisionTable, values: Values, asset: str) -> list[Verdict]:
    hits, broken = [], []
    for number, rule in enumerate(table.rules, start=1):
        try:
            if _holds(rule, table.columns, values):
                hits.append(_verdict(rule, number, table, values, asset))
        except _UNUSABLE as error:
            reason = f"rule {number} is not decided: {error}"
            broken.append(Verdict(table.name, None, reason, source=asset))
    if table.hit_policy.upper() == _FIRST:
        hits = hits[:1]
    if hits or broken:
        return [*hits, *broken]
    count = len(table.rules)
    reason = f"none of its {count} rules holds" if count != 1 else "its one rule does not hold"
    return [Verdict(table.name, True, reason, source=asset)]


def _holds(rule: Rule, columns: tuple[Column, ...], values: Values) -> bool:
    # Every cell is read, so that a broken one is told whatever the others say.
    tests = [_test(cell, column) for cell, column in zip(rule.cells, columns, strict=False)]
    return all(
        test(_value(column, values), values) for test, column in zip(tests, columns, strict=False)
    )


def _test(cell: str, column: Column) -> UnaryTest:
    """Return the test of a cell; raises :class:`UnreadableError` that says which cell it is."""
    try:
        return unary_test(cell)
    except UnreadableError as error:
        raise UnreadableError(f"the cell {cell!r} of column {column.variable!r}: {error}") from None


def _value(column: Column, values: Values) -> Any:
    found = values.get(column.variable)
    if found is None and column.expression:
        # The name of a flat key need not be a name in FEEL: it was looked up as it stands first.
        found = values.get(column.expression)
        if found is None:
            found = expression(column.expression)(values)
    if column.type in _NUMBERS and isinstance(found, str):
        try:
            return float(found)
        except ValueError:
            return found
    return found


def _verdict(rule: Rule, number: int, table: DecisionTable, values: Values, asset: str) -> Verdict:
    outputs = {name: _output(text, values) for name, text in rule.outputs.items()}
    passes = outputs.get("passes", True)
    reason = outputs.get("reason") or rule.description or f"rule {number} holds"
    return Verdict(
        rule=table.name,
        passed=passes if isinstance(passes, bool) else str(passes).lower() != "false",
        reason=str(reason),
        category=str(outputs.get("category") or ""),
        source=asset,
    )


def _output(text: str, values: Values) -> Any:
    """Return what an output comes to; a text that is no expression stands for itself."""
    try:
        found = expression(text)(values) if text else None
    except UnreadableError:
        return text
    return text if found is None and text not in ("", "null") else found
