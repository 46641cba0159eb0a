"""The card of a check, and what a model shows of its last one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from modelop_jupyter.display import checks, html, plain_text
from modelop_jupyter.domain.checks import (
    CheckReport,
    CheckTopic,
    Finding,
    KeptCheck,
    TopicResult,
)

READS = Finding(
    "access_read", "failed", "It reads <a>.csv", "Make it an asset", file="m.py", line=3
)
RANDOM = Finding("random", "warned", "The answers differ", "Seed the generator")
REPORT = CheckReport(
    "churn",
    3,
    datetime(2026, 11, 22, 12, tzinfo=timezone.utc).astimezone(),
    "in.json",
    12,
    1.5,
    (
        TopicResult(CheckTopic.RULES, "12 records kept them"),
        TopicResult(CheckTopic.LIMITS, "2 ms for each record", not_looked_at="the size on Windows"),
        TopicResult(CheckTopic.STABILITY, "", (RANDOM,)),
        TopicResult(CheckTopic.ACCESS, "", (READS,)),
    ),
    command=("check", "churn", "in.json"),
)
MOMENT = f"{REPORT.checked:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("report", "is_outdated", "line", "tone"),
    [
        (REPORT, False, f"1 failed, 1 warned, 2 passed (churn@3, {MOMENT})", "bad"),
        (
            REPORT,
            True,
            f"1 failed, 1 warned, 2 passed (churn@3, {MOMENT}); the model has changed since",
            "warn",
        ),
        (
            replace(REPORT, topics=REPORT.topics[:2]),
            False,
            f"2 passed (churn@3, {MOMENT})",
            "good",
        ),
    ],
)
def test_a_last_check_is_one_line(
    report: CheckReport, is_outdated: bool, line: str, tone: str
) -> None:
    span = checks.in_one_line(KeptCheck(report, is_outdated))

    assert (span.text, span.tone) == (line, tone)


def test_the_whole_card_is_folded_below_a_model() -> None:
    """Every topic and finding, with where and what to do; a terminal has the line that makes it again."""
    blocks = checks.kept(KeptCheck(REPORT, is_outdated=False))
    page, text = html.page(blocks), plain_text.page(blocks)

    assert "m.py, line 3" in page
    assert "It reads &lt;a&gt;.csv. Make it an asset." in page
    assert "12 records kept them" in page
    assert "the size on Windows" in page
    assert "It reads" not in text
    assert "%modelop check churn in.json" in text
