"""Metrics of labelled records: what counts as a class, and what as a right answer."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelop_jupyter.comparison.labelled_metrics import (
    ClassMetrics,
    LabelKind,
    NumberMetrics,
)


def kind_of(labels: list[Any]) -> str:
    kind = LabelKind()
    for label in labels:
        kind.add(label)
    return type(kind.metrics()).__name__


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([0, 1, 1], "ClassMetrics"),
        ([True, False], "ClassMetrics"),
        (["yes", "no"], "ClassMetrics"),
        ([1.0, 2.0, 3.0], "ClassMetrics"),
        ([0.5, 1.0], "NumberMetrics"),
        (list(range(100)), "NumberMetrics"),
        ([str(n) for n in range(100)], "ClassMetrics"),
    ],
)
def test_few_whole_numbers_and_texts_are_classes(labels: list[Any], kind: str) -> None:
    assert kind_of(labels) == kind


@pytest.mark.parametrize(
    ("classes", "label", "answer"),
    [
        ([0, 1], 1, 1),
        ([0, 1], 1, 1.0),
        ([0, 1], 1, 0.5),
        ([0, 1], 0, 0.49),
        ([0, 1], 1, True),
        ([False, True], True, 0.7),
        ([False, True], False, 0),
        (["no", "yes"], "yes", "yes"),
        (["no", "yes"], "no", 0.2),
        (["a", "b", "c"], "c", "c"),
        ([1, 2, 3], 2, 2.0),
    ],
)
def test_an_answer_is_right_as_a_class_or_as_its_probability(
    classes: list[Any], label: Any, answer: Any
) -> None:
    """Of two classes the last one in order is the positive one."""
    assert ClassMetrics(classes).add(label, answer, answer) == (1, 1)


@pytest.mark.parametrize(
    ("classes", "label", "answer"),
    [([0, 1], 1, 0.3), ([0, 1], 0, "0.1 or so"), (["a", "b", "c"], "a", 0.9), ([1, 2, 3], 2, 2.5)],
)
def test_any_other_answer_is_wrong(classes: list[Any], label: Any, answer: Any) -> None:
    assert ClassMetrics(classes).add(label, answer, label) == (0, 1)


def test_scores_of_two_classes_give_an_auc_and_classes_alone_do_not() -> None:
    with_scores, without = ClassMetrics([0, 1]), ClassMetrics([0, 1])
    for number in range(40):
        label = number % 2
        with_scores.add(label, number / 40, label * 0.6 + number / 200)
        without.add(label, label, 1 - label)

    assert [metric.name for metric in with_scores.result()] == ["accuracy", "auc"]
    assert [metric.name for metric in without.result()] == ["accuracy"]
    assert with_scores.result()[1].challenger.value == 1.0


@settings(max_examples=10)
@given(rows=st.lists(st.tuples(*(st.floats(-1e3, 1e3) for _ in range(3))), min_size=1, max_size=30))
def test_errors_are_those_of_their_definitions(rows: list[tuple[float, float, float]]) -> None:
    metrics = NumberMetrics()
    for label, first, other in rows:
        metrics.add(label, first, other)
    mae, rmse = metrics.result()

    absolute = [abs(label - other) for label, _, other in rows]
    assert mae.challenger.value == pytest.approx(sum(absolute) / len(rows))
    squares = sum((label - first) ** 2 for label, first, _ in rows)
    assert rmse.champion.value == pytest.approx(math.sqrt(squares / len(rows)), abs=1e-9)
    assert mae.sampled == len(rows)


def test_an_answer_that_is_no_number_has_no_error() -> None:
    metrics = NumberMetrics()

    assert metrics.add(1.5, "about two", 2) is None
    assert metrics.result() == ()
