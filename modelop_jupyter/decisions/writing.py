"""Write a decision table from comparisons, in the form that ModelOp Center's editor has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET  # only writes

from modelop_jupyter.errors import ExpectationError

_NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_CAMUNDA = "http://camunda.org/schema/1.0/dmn"
_OUTPUTS = ("passes", "reason", "category")
# A rule of a table says what fails: the opposite of what is expected.
_FAILS = {">=": "< {}", ">": "<= {}", "<=": "> {}", "<": ">= {}", "==": "not({})", "!=": "{}"}
_EXPECTED = re.compile(
    r"\s*(?:`(?P<quoted>[^`]+)`|(?P<name>[A-Za-z_]\w*))\s*(?P<sign>[<>=!]=|[<>])"
    r"\s*(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
)


def decision_table(
    rules: Mapping[str, str],
    *,
    name: str = "Model Test Comparator",
    category: str = "Performance",
) -> str:
    """Return a DMN document that fails a result which does not meet what ``rules`` expect.

    Their keys compare a metric at the top level with a number, such as ``auc >= 0.9``; their values
    are the reasons that a failed verdict shows. Raises :class:`ExpectationError` for another key.
    """
    root = ET.Element("definitions", {"xmlns": _NAMESPACE, "xmlns:camunda": _CAMUNDA})
    decision = ET.SubElement(root, "decision", {"id": "comparator", "name": name})
    table = ET.SubElement(decision, "decisionTable", {"hitPolicy": "COLLECT"})
    expected = [_parse(rule) for rule in rules]
    metrics = list(dict.fromkeys(metric for metric, _ in expected))
    for metric in metrics:
        column = ET.SubElement(table, "input", {"label": metric, "camunda:inputVariable": metric})
        _with_text(ET.SubElement(column, "inputExpression", {"typeRef": "double"}), metric)
    for output in _OUTPUTS:
        ET.SubElement(table, "output", {"name": output})
    for (metric, fails), reason in zip(expected, rules.values(), strict=True):
        row = ET.SubElement(table, "rule")
        for column_metric in metrics:
            cell = ET.SubElement(row, "inputEntry")
            _with_text(cell, fails if column_metric == metric else "")
        for text in ("false", _quoted(reason), _quoted(category)):
            _with_text(ET.SubElement(row, "outputEntry"), text)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _parse(rule: str) -> tuple[str, str]:
    """Return the metric of a rule, and the cell that holds when the rule is not met."""
    match = _EXPECTED.fullmatch(rule)
    if match is None:
        raise ExpectationError(
            rule, "a decision table compares one metric with a number", 'Write it like "auc >= 0.9"'
        )
    return match["quoted"] or match["name"], _FAILS[match["sign"]].format(match["number"])


def _with_text(element: ET.Element, text: str) -> None:
    ET.SubElement(element, "text").text = text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
