"""Decision tables that are written from comparisons."""

from __future__ import annotations

import pytest

from modelop_jupyter import decision_table
from modelop_jupyter.decisions.dmn import judge_by_tables
from modelop_jupyter.errors import ExpectationError

RULES = {"auc >= 0.9": "AUC is below 0.9", "accuracy > .5": 'Accuracy is "poor" \\ low'}


def verdicts(rules: dict[str, str], result: dict[str, object]) -> list[tuple[bool | None, str]]:
    content = decision_table(rules, category="Quality").encode()
    judged = judge_by_tables(result, content, asset="quality.dmn")
    return [(verdict.passed, verdict.reason) for verdict in judged]


def test_a_result_that_meets_all_rules_passes() -> None:
    """At the limit, too."""
    found = verdicts(RULES, {"auc": 0.9, "accuracy": 0.51})

    assert found == [(True, "none of its 2 rules holds")]


def test_each_rule_that_is_not_met_fails_with_its_reason() -> None:
    """Word by word, with quotes and backslashes."""
    found = verdicts(RULES, {"auc": 0.89, "accuracy": 0.5})

    assert found == [(False, "AUC is below 0.9"), (False, 'Accuracy is "poor" \\ low')]


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("x < 1", 0.9, 1),
        ("x <= 1", 1, 1.1),
        ("x > -1", 0, -1),
        ("x >= 1e-3", 0.001, 0.0009),
        ("x == 3", 3, 4),
        ("x != 3", 4, 3),
    ],
)
def test_every_comparison_is_turned_into_what_fails(rule: str, good: float, bad: float) -> None:
    """As `--expect` means it."""
    assert verdicts({rule: "no"}, {"x": good}) == [(True, "its one rule does not hold")]
    assert verdicts({rule: "no"}, {"x": bad}) == [(False, "no")]


def test_a_metric_with_an_unusual_name_stands_in_backticks() -> None:
    """As in `--expect`; two rules of one metric share its column."""
    rules = {"`f1 (macro) <x>` >= 0.5": "low", "`f1 (macro) <x>` < 1": "too good"}

    assert verdicts(rules, {"f1 (macro) <x>": 0.4}) == [(False, "low")]
    assert verdicts(rules, {"f1 (macro) <x>": 1}) == [(False, "too good")]
    assert decision_table(rules).count("<input ") == 1


@pytest.mark.parametrize("rule", ["auc", "auc => 0.9", "auc >= ref", "0.9 < auc", "a + b > 1", ""])
def test_another_rule_is_refused(rule: str) -> None:
    """With an example of what can be written."""
    with pytest.raises(ExpectationError, match=r"compares one metric with a number.*auc >= 0\.9"):
        decision_table({rule: "no"})
