"""A result is judged by the decision tables of its model, as ModelOp Center would judge it."""

from __future__ import annotations

from typing import Any

import pytest

from modelop_jupyter.decisions.dmn import judge_by_tables
from modelop_jupyter.domain.results.verdicts import overall

COLUMNS = """
<input id="i1" label="auc" camunda:inputVariable="auc"><inputExpression id="e1" typeRef="double"><text></text></inputExpression></input>
<input id="i2" label="PSI" camunda:inputVariable="score_PSI"><inputExpression id="e2" typeRef="double"><text>score_PSI</text></inputExpression></input>
<input id="i3" label="odd" camunda:inputVariable="DataDrift_maxKolmogorov-SmirnovPValue"><inputExpression id="e3" typeRef="double"><text /></inputExpression></input>
"""
OUTPUTS = """
<output id="o1" name="passes" typeRef="boolean"/><output id="o2" name="reason" typeRef="string"/><output id="o3" name="category" typeRef="string"/>
"""


def rule(*cells: str, outputs: tuple[str, ...]) -> str:
    inputs = "".join(f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>" for cell in cells)
    entries = "".join(f"<outputEntry><text>{text}</text></outputEntry>" for text in outputs)
    return f"<rule>{inputs}{entries}</rule>"


def dmn(
    *rules: str, columns: str = COLUMNS, policy: str = "COLLECT", version: str = "20180521/MODEL"
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/DMN/{version}" xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="d" name="DRD">
<decision id="x" name="Model Test Comparator"><decisionTable id="t" hitPolicy="{policy}">
{columns}{OUTPUTS}{"".join(rules)}
</decisionTable></decision></definitions>""".encode()


LOW_AUC = rule("<= 0.7", "", "", outputs=("false", '"AUC below 0.7"', '"Performance"'))
DRIFTED = rule("", ">= 0.25", "", outputs=("false", '"PSI is " + score_PSI', '"PSI_CSI"'))
ODD = rule("", "", "&lt; 0.05".replace("&lt;", "<"), outputs=("false", '"p too low"', ""))
TABLE = dmn(LOW_AUC, DRIFTED, ODD)


@pytest.mark.parametrize(
    ("result", "reasons"),
    [
        ({"auc": 0.91, "score_PSI": 0.1}, ["none of its 3 rules holds"]),
        ({"auc": 0.7, "score_PSI": 0.1}, ["AUC below 0.7"]),
        ({"auc": 0.5, "score_PSI": 0.3}, ["AUC below 0.7", "PSI is 0.3"]),
        ({"DataDrift_maxKolmogorov-SmirnovPValue": 0.01}, ["p too low"]),
        ({"auc": None}, ["none of its 3 rules holds"]),
        ({}, ["none of its 3 rules holds"]),
    ],
)
def test_every_rule_that_holds_is_told(result: dict[str, Any], reasons: list[str]) -> None:
    """COLLECT gathers all hits; a result without the variable is not hit by it."""
    verdicts = judge_by_tables(result, TABLE, asset="t.dmn")

    assert [each.reason for each in verdicts] == reasons
    assert overall(verdicts) is (len(reasons) == 1 and reasons[0].startswith("none"))


def test_a_verdict_has_its_category_and_source() -> None:
    """What the table says of the hit is kept."""
    (verdict,) = judge_by_tables({"auc": 0.1}, TABLE, asset="libs/t.dmn")

    assert (verdict.rule, verdict.category, verdict.source) == (
        "Model Test Comparator",
        "Performance",
        "libs/t.dmn",
    )


@pytest.mark.parametrize("version", ["20151101/dmn.xsd", "20180521/MODEL", "20191111/MODEL/"])
def test_every_version_of_dmn_is_read(version: str) -> None:
    """1.1 and 1.3 differ in their namespace alone, as far as tables go."""
    (verdict,) = judge_by_tables({"auc": 0.1}, dmn(LOW_AUC, version=version), asset="t.dmn")

    assert verdict.passed is False


def test_a_rule_may_pass_a_result() -> None:
    """A hit with passes=true fails nothing."""
    passing = rule("> 0.7", "", "", outputs=("true", '"good"', ""))
    verdicts = judge_by_tables({"auc": 0.8}, dmn(passing, LOW_AUC), asset="t.dmn")

    assert [(each.passed, each.reason) for each in verdicts] == [(True, "good")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not XML"),
        (b"<a>", "not XML"),
        (b"<a/>", "no decision table"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "is not decided"),
    ],
)
def test_a_file_that_is_no_table_gives_no_answer(content: bytes, reason: str) -> None:
    """It neither passes nor breaks anything; entities are not read."""
    (verdict,) = judge_by_tables({"auc": 1}, content, asset="t.dmn")

    assert verdict.passed is None
    assert reason in verdict.reason


def test_a_rule_that_cannot_be_read_is_named() -> None:
    """The other rules are applied all the same."""
    broken = rule("§", "", "", outputs=("false", "", ""))
    verdicts = judge_by_tables({"auc": 0.1}, dmn(broken, LOW_AUC), asset="t.dmn")

    assert [each.passed for each in verdicts] == [False, None]
    assert verdicts[1].reason.startswith("rule 1 is not decided: the cell '§' of column 'auc': ")


def test_a_result_that_is_a_list_gives_no_answer() -> None:
    """Thresholds need flat keys (spec 3.3)."""
    assert judge_by_tables([{"auc": 0.1}], TABLE, asset="t.dmn")[0].passed is None


@pytest.mark.parametrize("policy", ["COLLECT", "UNIQUE", "ANY", "RULE ORDER"])
def test_a_rule_that_fails_is_never_passed_over(policy: str) -> None:
    """Spec 3.6 fails a result by any hit."""
    passing = rule("< 0.9", "", "", outputs=("true", '"fine"', ""))
    verdicts = judge_by_tables({"auc": 0.5}, dmn(passing, LOW_AUC, policy=policy), asset="t.dmn")

    assert overall(verdicts) is False


@pytest.mark.parametrize("cell", ["number(auc) > 1", "< " + "+".join(["1"] * 3000)])
def test_a_cell_that_cannot_be_computed_is_a_verdict(cell: str) -> None:
    """The job has ended well, whatever its thresholds are."""
    broken = rule(cell, "", "", outputs=("false", '"x"', ""))
    verdicts = judge_by_tables({"auc": 10**400}, dmn(broken, DRIFTED), asset="t.dmn")

    assert [each.passed for each in verdicts] == [None]
