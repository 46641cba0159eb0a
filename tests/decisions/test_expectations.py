"""Expectations are comparisons of metrics and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.decisions.expectations import judge_expectations, parse_expectations
from modelop_jupyter.errors import ExpectationError

RESULT: dict[str, Any] = {
    "auc": 0.91,
    "count": 5,
    "name": "good",
    "none": None,
    "odd-name <b>": 1,
    "ref": 7,
    "nothing": [],
    "for": 2,
    "performance": [{"values": {"auc": 0.8, "per class": {"a": 1}}}],
}
REFERENCE = {"auc": 0.9, "other": 0.5, "performance": [{"values": {"auc": 0.9}}]}


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        ("auc >= 0.9", True),
        ("auc > 0.91", False),
        ("0.9 <= auc < 0.95", True),
        ("auc >= 0.9 and count == 5", True),
        ("auc < 0.9 or not count == 5", False),
        ("-auc < -0.5", True),
        ("abs(auc - 1) < 0.1", True),
        ("max(auc, count / 5) == 1", True),
        ("name == 'good'", True),
        ("none == None", True),
        ("none > 1", False),
        ("name > 1", False),
        ("min(nothing) > 1", False),
        ("auc / (count - 5) > 1", False),
        ("`odd-name <b>` == 1", True),
        ("`for` == 2", True),
        ("`ref` == 7", True),
        ("performance[0].values.auc > 0.7", True),
        ("performance[-1]['values']['auc'] > 0.7", True),
        ("performance[0].values.`per class`.a == 1", True),
        ("auc >= ref - 0.01", True),
        ("auc < ref", False),
        ("ref <= auc", True),
        ("auc > ref.other * 1.5", True),
        ("performance[0].values.auc >= ref", False),
        ("count == 5 and auc > ref", True),
    ],
)
def test_a_rule_is_judged(rule: str, passed: bool) -> None:
    """Names, nested names, arithmetic, the reference; null and texts fail where numbers are wanted."""
    (verdict,) = judge_expectations(
        parse_expectations((rule,), against="job 1", reference=REFERENCE), RESULT
    )

    assert (verdict.passed, verdict.rule) == (passed, rule)


def test_a_verdict_tells_the_values() -> None:
    """One can see how far off it was, also from the reference."""
    rules = parse_expectations(("auc >= ref + 0.05",), against="job 1", reference=REFERENCE)

    assert judge_expectations(rules, RESULT)[0].reason == "auc is 0.91, ref.auc is 0.9"


def test_an_unknown_metric_proposes_near_names() -> None:
    """A typing error fails the rule and says what was meant."""
    (verdict,) = judge_expectations(parse_expectations(("acu > 0.9",)), RESULT)

    assert verdict.passed is False
    assert "no metric 'acu'" in verdict.reason
    assert "Did you mean 'auc'?" in verdict.reason


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("", "cannot be read"),
        ("auc >=", "cannot be read"),
        ("auc", "not a comparison"),
        ("auc + 1", "not a comparison"),
        ("auc = 1", "Equal is written =="),
        ("auc is 1", "uses a comparison other than"),
        ("auc in [1]", "uses a comparison other than"),
        ("auc > 2 ** 9", "not allowed in an expectation"),
        ("auc > open('x')", "not allowed in an expectation"),
        ("(lambda: 1)() > 0", "not allowed in an expectation"),
        ("auc.__class__() > 1", "not allowed in an expectation"),
        ("[x for x in y] > 1", "not allowed in an expectation"),
        ("auc[i] > 1", "a way that is not supported"),
        ("auc > ref", "no reference result"),
        ("ref > 1", "stands without a metric"),
        ("(" * 300 + "auc" + ")" * 300 + " > 1", "cannot be read"),
        ("a" * 2000 + " > 1", "longer than"),
        ("auc > '\0'", "cannot be read"),
    ],
)
def test_a_bad_rule_is_refused(rule: str, reason: str) -> None:
    """Before anything is run, in one sentence."""
    with pytest.raises(ExpectationError, match=reason):
        parse_expectations((rule,))


def test_a_metric_that_the_reference_lacks_is_refused() -> None:
    """It is known before the job starts."""
    with pytest.raises(ExpectationError, match="the reference job 1 has no metric 'f1'"):
        parse_expectations(("f1 > ref",), against="job 1", reference=REFERENCE)


@given(st.text(max_size=80))
def test_no_text_does_anything_but_be_refused_or_judged(rule: str) -> None:
    """Whatever is written, it is one of the two."""
    try:
        found = parse_expectations((rule,), against="job 1", reference=REFERENCE)
    except ExpectationError:
        return

    assert judge_expectations(found, RESULT)[0].passed in (True, False)
