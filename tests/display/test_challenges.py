"""The view of a challenge: its sentence, and what stands in the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from modelop_jupyter.display.challenges import challenge, sentence
from modelop_jupyter.display.html import page as html_page
from modelop_jupyter.display.plain_text import page
from modelop_jupyter.domain.results.challenges import (
    Challenge,
    Estimate,
    OneSidedFailure,
    PairedMetric,
    SegmentResult,
)
from modelop_jupyter.domain.results.comparisons import RecordChange

FOUND = Challenge(
    champion="churn@3",
    challenger="churn@4",
    inputs=("in.csv",),
    challenged=datetime(2026, 1, 2, tzinfo=timezone.utc),
    seconds=3.2,
    records=1_000,
    same=900,
    changed=90,
    only_champion=10,
    field="score",
    movers=(RecordChange(7, 0.1, 0.9, 0.8, "r7", {"land": "<b>at</b>"}),),
    failures=(OneSidedFailure(3, "churn@4", "model: ValueError: no", "r3", {"land": "de"}),),
    segments=(
        SegmentResult("land", "at", 700, 0.9, 0.01),
        SegmentResult("land", None, 300, None),
    ),
)


def metric(name: str, change: float, p_value: float) -> PairedMetric:
    def around(value: float) -> Estimate:
        return Estimate(value, value - 0.01, value + 0.01)

    return PairedMetric(name, around(0.8), around(0.8 + change), around(change), p_value, "T", 990)


@pytest.mark.parametrize(
    ("metrics", "text"),
    [
        ([], "Both give the same for 90.9% of the records that both score."),
        (
            [metric("accuracy", 0.05, 0.2)],
            "No difference in accuracy is shown: +0.05, p = 0.2.",
        ),
        (
            [metric("accuracy", 0.05, 0.2), metric("auc", 0.02, 0.0001)],
            "churn@4 is better than churn@3: auc +0.02, p < 0.001.",
        ),
        ([metric("auc", -0.02, 0.03)], "churn@4 is worse than churn@3: auc -0.02, p = 0.03."),
        ([metric("mae", -0.02, 0.03)], "churn@4 is better than churn@3: mae -0.02, p = 0.03."),
    ],
)
def test_one_sentence_says_who_is_better(metrics: list[PairedMetric], text: str) -> None:
    """An error is better where it is smaller, and a difference may be chance."""
    assert sentence(replace(FOUND, metrics=tuple(metrics))) == text


def test_equal_models_are_said_to_be_equal() -> None:
    same = replace(FOUND, same=1_000, changed=0, only_champion=0)

    assert sentence(same) == "Both give the same for each of 1,000 records."


def test_tables_name_records_by_their_key_and_segments_by_their_value() -> None:
    """With the input of each; in HTML what a record holds is text."""
    rows = [line.split() for line in page(challenge(FOUND)).splitlines()]

    assert ["r7", "0.1", "0.9", "0.8", '{"land":', '"<b>at</b>"}'] in rows
    assert ["r3", "churn@4", "model:", "ValueError:", "no", '{"land":', '"de"}'] in rows
    assert ["all", "others", "300"] in rows
    assert ["only", "churn@3", "scores", "10"] in rows
    assert "<b>at" not in html_page(challenge(FOUND))
