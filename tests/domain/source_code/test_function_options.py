"""Which functions of a source a job may call: by tags, names and parameters."""

from __future__ import annotations

import pytest

from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.source_code.function_options import (
    name_options,
    options_of_text,
    suggested,
)


def found(text: str) -> list[tuple[str, str]]:
    return [(it.kind, it.name) for it in options_of_text(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def predict(record):\n    return 1", [("score", "predict")]),
        ("async def score(record):\n    return 1", [("score", "score")]),
        ("def predict_churn(record):\n    yield 1", [("score", "predict_churn")]),
        ("def metrics(frame):\n    yield {}", [("metrics", "metrics")]),
        ("def init():\n    pass", [("init", "init")]),
        ("def load():\n    global model\n    model = 1", [("init", "load")]),
        ("def load(path):\n    global model\n    model = 1", []),
        ("def train(frame):\n    pass", [("train", "train")]),
        ("def anything(record):\n    yield record", [("score", "anything")]),
        ("def predict():\n    return 1", []),
        ("def predict(record):\n    print(record)", []),
        ("def predict(a, b, c, d):\n    return 1", []),
        ("def classify(record):\n    return 1", [("score", "classify")]),
        ("def helper(r):\n    return r\ndef predict(r):\n    return 1", [("score", "predict")]),
        ("def helper(r):\n    return r\ndef metrics(f):\n    return 1", [("metrics", "metrics")]),
        ("def helper(a, b):\n    return a", []),
        ("class A:\n    def predict(self, r):\n        return 1", []),
        ("def predict(", []),
    ],
)
def test_name_and_parameters_tell_what_may_be_called(
    text: str, expected: list[tuple[str, str]]
) -> None:
    """A score function takes a record and gives something."""
    assert found(text) == expected


def test_a_tagged_kind_has_its_tagged_functions_only() -> None:
    """A helper called ``predict`` beside a tagged score function is no choice."""
    text = "# modelop.score\ndef act(r):\n    return predict(r)\n\ndef predict(r):\n    return 1\n"

    assert found(text) == [("score", "act")]


def test_two_tagged_functions_are_a_choice() -> None:
    """Both are listed, and none is suggested."""
    text = "# modelop.score\ndef a(r):\n    return 1\n# modelop.score\ndef b(r):\n    return 1\n"

    assert found(text) == [("score", "a"), ("score", "b")]
    assert suggested(options_of_text(text)) == EntryPoints()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def predict(r):\n    return 1\ndef init():\n    pass", EntryPoints("init", "predict")),
        (
            "def predict(r):\n    return 1\ndef load():\n    global model\n    model = 1",
            EntryPoints("load", "predict"),
        ),
        (
            "def predict(r):\n    return 1\ndef predict_all(r):\n    return 1",
            EntryPoints(score="predict"),
        ),
        ("def predict(r):\n    return 1\ndef score(r):\n    return 1", EntryPoints()),
        ("def init():\n    pass", EntryPoints()),
        ("def classify(r):\n    return 1", EntryPoints()),
        ("def train(frame):\n    pass", EntryPoints()),
    ],
)
def test_a_clear_choice_is_suggested(text: str, expected: EntryPoints) -> None:
    """The exact name outweighs a word of it; two equal ones are no clear choice."""
    assert suggested(options_of_text(text)) == expected


def test_candidates_are_named_in_a_sentence() -> None:
    """With the option that takes the first."""
    text = "def predict(r):\n    return 1\ndef score_all(r):\n    return 1\n"

    assert name_options(options_of_text(text)) == (
        "predict (line 1) or score_all (line 3) may be meant: --score predict"
    )
