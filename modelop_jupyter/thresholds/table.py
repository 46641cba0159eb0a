"""A DMN file as decision tables: DMN 1.1 to 1.5 alike, as far as tables go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CAMUNDA = "{http://camunda.org/schema/1.0/dmn}"


class NoTableError(ValueError):
    """A file that holds no decision table; the text says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """An input: the variable it is called, and the expression it takes its value from, if any."""

    variable: str
    expression: str
    type: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: the texts of its cells, and its outputs by their names."""

    cells: tuple[str, ...]
    outputs: dict[str, str]
    description: str


@dataclass(frozen=True, slots=True)
class DecisionTable:
    name: str
    hit_policy: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]


def decision_tables(content: bytes) -> list[DecisionTable]:
    """Parse a file; raises :class:`NoTableError`. Entities and document types are refused."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise NoTableError(f"it is no XML ({error})") from None
    except DefusedXmlException:
        raise NoTableError("it declares a document type or entities, which are not read") from None
    except (LookupError, ValueError) as error:
        raise NoTableError(f"it cannot be read ({error})") from None
    found = [
        _table(decision, table)
        for decision in _all(root, "decision")
        for table in _all(decision, "decisionTable")
    ]
    if not found:
        raise NoTableError("it holds no decision table")
    return found


def _table(decision: Element, table: Element) -> DecisionTable:
    outputs = [
        (each.get("name") or each.get("label") or "").strip().lower()
        for each in _all(table, "output")
    ]
    return DecisionTable(
        name=decision.get("name") or decision.get("id") or "decision table",
        hit_policy=table.get("hitPolicy") or "UNIQUE",
        columns=tuple(_column(each) for each in _all(table, "input")),
        rules=tuple(_rule(each, outputs) for each in _all(table, "rule")),
    )


def _column(element: Element) -> Column:
    expression = next(_all(element, "inputExpression"), None)
    text = "" if expression is None else _text(expression)
    variable = element.get(f"{_CAMUNDA}inputVariable") or text or element.get("label") or ""
    return Column(
        variable, text, "" if expression is None else (expression.get("typeRef") or "").lower()
    )


def _rule(element: Element, outputs: list[str]) -> Rule:
    written = [_text(each) for each in _all(element, "outputEntry")]
    notes = [_text(each) for each in _all(element, "annotationEntry")]
    own = next((each.text or "" for each in element if _kind(each) == "description"), "")
    return Rule(
        cells=tuple(_text(each) for each in _all(element, "inputEntry")),
        outputs=dict(zip(outputs, written, strict=False)),
        description=own.strip() or " ".join(notes).strip(),
    )


def _text(element: Element) -> str:
    inner = next((each for each in element if _kind(each) == "text"), None)
    return ("" if inner is None else inner.text or "").strip()


def _all(element: Element, kind: str) -> Iterator[Element]:
    """Yield the children of a kind, and their like further in; every DMN version has its namespace."""
    for child in element:
        if _kind(child) == kind:
            yield child
        elif kind in ("decision", "decisionTable"):
            yield from _all(child, kind)


def _kind(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
