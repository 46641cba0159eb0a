"""Judge a metrics result by the decision tables of a DMN file (DMN 1.1 to 1.5, spec 3.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelop_jupyter.decisions.expressions import UnreadableError, Values, expression
from modelop_jupyter.decisions.unary_tests import UnaryTest, unary_test
from modelop_jupyter.domain.results.verdicts import Verdict

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CAMUNDA = "{http://camunda.org/schema/1.0/dmn}"


class NoTableError(ValueError):
    """A file without a decision table; its text says why."""


@dataclass(frozen=True, slots=True)
class InputColumn:
    """An input column: the name of its variable, and the expression of its value, if any."""

    variable: str
    expression: str
    type: str


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """A row of a table: the texts of its cells, and its outputs by name."""

    cells: tuple[str, ...]
    outputs: dict[str, str]
    description: str


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table of a DMN file."""

    name: str
    hit_policy: str
    columns: tuple[InputColumn, ...]
    rules: tuple[DecisionRule, ...]


def decision_tables(content: bytes) -> list[DecisionTable]:
    """Parse a DMN file; raises :class:`NoTableError`.

    Files with entities or a document type are refused.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise NoTableError(f"it is not XML ({error})") from None
    except DefusedXmlException:
        raise NoTableError(
            "it declares a document type or entities, which are not allowed"
        ) from None
    except (LookupError, ValueError) as error:
        raise NoTableError(f"it cannot be read ({error})") from None
    tables = [
        _table(decision, table)
        for decision in _all(root, "decision")
        for table in _all(decision, "decisionTable")
    ]
    if not tables:
        raise NoTableError("it contains no decision table")
    return tables


def _table(decision: Element, table: Element) -> DecisionTable:
    outputs = [
        (element.get("name") or element.get("label") or "").strip().lower()
        for element in _all(table, "output")
    ]
    return DecisionTable(
        name=decision.get("name") or decision.get("id") or "decision table",
        hit_policy=table.get("hitPolicy") or "UNIQUE",
        columns=tuple(_column(element) for element in _all(table, "input")),
        rules=tuple(_rule(element, outputs) for element in _all(table, "rule")),
    )


def _column(element: Element) -> InputColumn:
    expression = next(_all(element, "inputExpression"), None)
    text = "" if expression is None else _element_text(expression)
    variable = element.get(f"{_CAMUNDA}inputVariable") or text or element.get("label") or ""
    return InputColumn(
        variable, text, "" if expression is None else (expression.get("typeRef") or "").lower()
    )


def _rule(element: Element, outputs: list[str]) -> DecisionRule:
    output_texts = [_element_text(child) for child in _all(element, "outputEntry")]
    annotations = [_element_text(child) for child in _all(element, "annotationEntry")]
    description = next((child.text or "" for child in element if _kind(child) == "description"), "")
    return DecisionRule(
        cells=tuple(_element_text(child) for child in _all(element, "inputEntry")),
        outputs=dict(zip(outputs, output_texts, strict=False)),
        description=description.strip() or " ".join(annotations).strip(),
    )


def _element_text(element: Element) -> str:
    inner = next((child for child in element if _kind(child) == "text"), None)
    return ("" if inner is None else inner.text or "").strip()


def _all(element: Element, kind: str) -> Iterator[Element]:
    """Yield children of a kind, and nested ones of ``decision`` and ``decisionTable``.

    Names are compared without their namespace: every DMN version has another one.
    """
    for child in element:
        if _kind(child) == kind:
            yield child
        elif kind in ("decision", "decisionTable"):
            yield from _all(child, kind)


def _kind(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


_NUMBERS = ("double", "integer", "long", "number", "float")
# With any other hit policy all matching rules count: an ambiguous table fails rather than passes.
_FIRST = "FIRST"
# What evaluating a cell with the values of a result may raise.
_UNUSABLE = (UnreadableError, ArithmeticError, ValueError, TypeError, RecursionError)


def judge_by_tables(result: Any, content: bytes, *, asset: str) -> list[Verdict]:
    """Return the verdict of each rule that matches, or of a table as passed if none does.

    A matching rule fails the result if its output ``passes`` is false (spec 3.6). A table or cell
    that cannot be read gives a verdict with ``passed`` None, never an error.
    """
    try:
        tables = decision_tables(content)
    except NoTableError as error:
        return [Verdict(asset, None, f"{asset} is not decided: {error}", source=asset)]
    verdicts: list[Verdict] = []
    for table in tables:
        if not isinstance(result, Mapping):
            reason = (
                "the result is not one dictionary, which the table's variables would be keys of"
            )
            verdicts.append(Verdict(table.name, None, reason, source=asset))
            continue
        verdicts.extend(_of_table(table, {str(key): item for key, item in result.items()}, asset))
    return verdicts


def _of_table(table: DecisionTable, values: Values, asset: str) -> list[Verdict]:
    hits, undecided = [], []
    for number, rule in enumerate(table.rules, start=1):
        try:
            if _holds(rule, table.columns, values):
                hits.append(_verdict(rule, number, table, values, asset))
        except _UNUSABLE as error:
            reason = f"rule {number} is not decided: {error}"
            undecided.append(Verdict(table.name, None, reason, source=asset))
    if table.hit_policy.upper() == _FIRST:
        hits = hits[:1]
    if hits or undecided:
        return [*hits, *undecided]
    count = len(table.rules)
    reason = f"none of its {count} rules holds" if count != 1 else "its one rule does not hold"
    return [Verdict(table.name, True, reason, source=asset)]


def _holds(rule: DecisionRule, columns: tuple[InputColumn, ...], values: Values) -> bool:
    # Every cell is parsed, so that an unreadable one is reported whatever the others say.
    tests = [_test(cell, column) for cell, column in zip(rule.cells, columns, strict=False)]
    return all(
        test(_value(column, values), values) for test, column in zip(tests, columns, strict=False)
    )


def _test(cell: str, column: InputColumn) -> UnaryTest:
    """Parse a cell; raises :class:`UnreadableError` that names the cell."""
    try:
        return unary_test(cell)
    except UnreadableError as error:
        raise UnreadableError(f"the cell {cell!r} of column {column.variable!r}: {error}") from None


def _value(column: InputColumn, values: Values) -> Any:
    value = values.get(column.variable)
    if value is None and column.expression:
        # A key of the result need not be a valid name in FEEL, so it is looked up as text first.
        value = values.get(column.expression)
        if value is None:
            value = expression(column.expression)(values)
    if column.type in _NUMBERS and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _verdict(
    rule: DecisionRule, number: int, table: DecisionTable, values: Values, asset: str
) -> Verdict:
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
    """Return the value of an output; a text that is not an expression stands for itself."""
    try:
        value = expression(text)(values) if text else None
    except UnreadableError:
        return text
    return text if value is None and text not in ("", "null") else value
