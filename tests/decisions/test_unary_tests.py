"""Cells of decision tables mean what DMN and ModelOp's own tables mean by them."""

from __future__ import annotations

from typing import Any

import pytest

from modelop_jupyter.decisions.expressions import UnreadableError
from modelop_jupyter.decisions.unary_tests import unary_test


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("", None, True),
        ("-", 3, True),
        ("<= 0.7", 0.7, True),
        ("<0.7", 0.7, False),
        (">2.5", 3, True),
        (">= 0.25", None, False),
        (">= 0.25", "much", False),
        ("< 1e-3", 0.0005, True),
        ("> -1", 0, True),
        ("[1..2]", 2, True),
        ("[1..2)", 2, False),
        ("(1..2]", 1, False),
        ("]0.5..1[", 0.75, True),
        ("not([0.8..1.25])", 1.3, True),
        ("not([0.8..1.25])", 1.0, False),
        ("not(1, 2)", 3, True),
        ("not(1)", None, False),
        ("1, 2, >= 10", 11, True),
        ("1, 2, >= 10", 5, False),
        ('"high", "low"', "low", True),
        ("'high'", "high", True),
        ('not("high")', "low", True),
        ("true", True, True),
        ("true", 1, False),
        ("false", True, False),
        ("null", None, True),
        ("null", 0, False),
        ("0.7", 0.7, True),
        ("(0.5 + 0.2) * 1", 0.7, True),
        ("< other - 0.1", 0.3, True),
        ("${other}", 0.5, True),
        ("${absent}", None, False),
    ],
)
def test_a_cell_holds_or_not(text: str, value: Any, holds: bool) -> None:
    """Comparisons, ranges, lists, texts and their negations; null is in no range and outside none."""
    assert unary_test(text)(value, {"other": 0.5}) is holds


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("ok == false", False, True),
        ("ok == false", True, True),
        ("auc < 0.7", False, False),
        ("!ok", True, True),
        ("ok", False, True),
        ("ok", True, False),
    ],
)
def test_a_condition_beside_a_truth_value_is_one(text: str, value: bool, holds: bool) -> None:
    """Only a mere name is compared with the column's value."""
    assert unary_test(text)(value, {"ok": False, "auc": 0.9}) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('modelMethodology.equalsIgnoreCase("regression") && r2_score<0.7', True),
        ('modelMethodology.equalsIgnoreCase("CLASSIFICATION") && r2_score<0.7', False),
        ('modelMethodology == "Regression" and (r2_score lt 0.5 or auc ge 0.9)', True),
        ('!(modelMethodology.contains("class")) && auc > 0.9', True),
        ("absent < 3", False),
        ("absent.equalsIgnoreCase('x') || auc > 0.9", True),
        ("${empty absent ? auc > 0.9 : false}", True),
        ("auc between 0.9 and 0.97", True),
        ("nested.deep[0] == 7", True),
    ],
)
def test_a_cell_may_be_a_condition_of_its_own(text: str, holds: bool) -> None:
    """ModelOp's standard table has them in JUEL; what is absent hits nothing."""
    values = {
        "modelMethodology": "Regression",
        "r2_score": 0.6,
        "auc": 0.95,
        "nested": {"deep": [7]},
    }

    assert unary_test(text)(None, values) is holds


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "[1..",
        "1 2",
        "x.foo()",
        "__import__('os')",
        "§",
        "(" * 500,
        "1" * 5000,
        "not(1",
        "-" * 900 + "1",
    ],
)
def test_what_is_no_cell_is_refused(text: str) -> None:
    """It is said what is wrong; nothing is evaluated as Python."""
    with pytest.raises(UnreadableError):
        unary_test(text)
