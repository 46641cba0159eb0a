"""Metrics of two models over the same labelled records: of classes, or of numbers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from modelop_jupyter.comparison.resampling import (
    Groups,
    Reservoir,
    delong,
    mcnemar,
    permutation_test,
)
from modelop_jupyter.domain.results.challenges import PairedMetric

MOST_CLASSES = 20
_MOST_SCORES = 100_000
_FEWEST_OF_CLASS = 10
_THRESHOLD = 0.5


class LabelledMetrics(ABC):
    """What is summed up of labelled records that both models scored.

    ``name`` is the metric that can be given for a part of the records, too.
    """

    name: ClassVar[str]

    @abstractmethod
    def add(self, label: Any, first: Any, other: Any) -> tuple[float, float] | None:
        """Add a record; return what it adds to the metric of each model.

        None where its predictions cannot be compared with the label.
        """

    @abstractmethod
    def result(self) -> tuple[PairedMetric, ...]:
        """Return the metrics; none without records."""


class ClassMetrics(LabelledMetrics):
    """Accuracy and, of two classes, the area under the ROC curve.

    Of two classes the last in order is the positive one: 1, True, ``yes``. A number that is no class
    is taken as its probability, and as that class from 0.5 on.
    """

    name = "accuracy"

    def __init__(self, classes: Sequence[Any]) -> None:
        self._texts = set(map(_text, classes))
        ordered = sorted(classes, key=lambda each: (isinstance(each, str), each))
        self._pair = tuple(map(_text, ordered)) if len(ordered) == 2 else None
        self._right = Groups(3)
        self._only_first = self._only_other = 0
        self._scores = Reservoir(3, _MOST_SCORES)
        self._has_scores = self._pair is not None

    def add(self, label: Any, first: Any, other: Any) -> tuple[float, float] | None:
        if first is None or other is None:
            return None
        text = _text(label)
        one, two = self._class_of(first) == text, self._class_of(other) == text
        self._right.add(1, one, two)
        self._only_first += one and not two
        self._only_other += two and not one
        if self._has_scores:
            self._add_scores(text, first, other)
        return float(one), float(two)

    def _class_of(self, prediction: Any) -> str:
        text = _text(prediction)
        if text in self._texts or self._pair is None:
            return text
        is_score = _is_number(prediction) or isinstance(prediction, bool)
        return self._pair[prediction >= _THRESHOLD] if is_score else text

    def _add_scores(self, text: str, first: Any, other: Any) -> None:
        if self._pair is not None and _is_number(first) and _is_number(other):
            self._scores.add(text == self._pair[1], first, other)
        else:
            self._has_scores = False

    def result(self) -> tuple[PairedMetric, ...]:
        if not self._right.count:
            return ()
        estimates = self._right.estimates(lambda sums: (sums[1] / sums[0], sums[2] / sums[0]))
        p_value = mcnemar(self._only_first, self._only_other)
        accuracy = PairedMetric("accuracy", *estimates, p_value, "McNemar", self._right.count)
        return (accuracy, *self._auc())

    def _auc(self) -> tuple[PairedMetric, ...]:
        if not self._has_scores:
            return ()
        positives = [(first, other) for label, first, other in self._scores.rows() if label]
        negatives = [(first, other) for label, first, other in self._scores.rows() if not label]
        if min(len(positives), len(negatives)) < _FEWEST_OF_CLASS:
            return ()
        # Of classes alone, without a score between them, there is no curve.
        if all(len(set(self._scores.column(number))) <= 2 for number in (1, 2)):
            return ()
        auc = delong(positives, negatives)
        sampled = len(positives) + len(negatives)
        return (
            PairedMetric(
                "auc", auc.first, auc.other, auc.difference, auc.p_value, "DeLong", sampled
            ),
        )


class NumberMetrics(LabelledMetrics):
    """The mean absolute error, and the root of the mean squared error."""

    name = "mae"

    def __init__(self) -> None:
        self._errors = Groups(5)

    def add(self, label: Any, first: Any, other: Any) -> tuple[float, float] | None:
        if not (_is_number(first) and _is_number(other)):
            return None
        one, two = abs(first - label), abs(other - label)
        self._errors.add(1, one, two, one * one, two * two)
        return one, two

    def result(self) -> tuple[PairedMetric, ...]:
        errors = self._errors
        if not errors.count:
            return ()
        absolute = errors.estimates(lambda sums: (sums[1] / sums[0], sums[2] / sums[0]))
        squared = errors.estimates(
            lambda sums: (math.sqrt(sums[3] / sums[0]), math.sqrt(sums[4] / sums[0]))
        )
        test = "paired permutation"
        by_absolute = permutation_test(errors.differences(1, 2))
        by_squared = permutation_test(errors.differences(3, 4))
        return (
            PairedMetric("mae", *absolute, by_absolute, test, errors.count),
            PairedMetric("rmse", *squared, by_squared, test, errors.count),
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e150


def _text(value: Any) -> str:
    """Return a class as text: 1 and 1.0 are one class."""
    return str(int(value)) if _is_number(value) and value == int(value) else str(value)


class LabelKind:
    """What the labels of an input are, as they are read: classes, or numbers."""

    def __init__(self) -> None:
        self.count = 0
        self._classes: dict[str, Any] = {}
        self._is_numeric = self._is_whole = True

    def add(self, label: Any) -> None:
        """Look at a label that is not None."""
        self.count += 1
        is_number = _is_number(label)
        self._is_numeric = self._is_numeric and is_number
        self._is_whole = self._is_whole and is_number and label == int(label)
        if len(self._classes) <= MOST_CLASSES:
            self._classes.setdefault(_text(label), label)

    def metrics(self) -> LabelledMetrics:
        """Return the metrics for them: whole numbers are classes if there are few of them."""
        is_few = len(self._classes) <= MOST_CLASSES
        if self._is_numeric and not (self._is_whole and is_few):
            return NumberMetrics()
        return ClassMetrics(list(self._classes.values()))
