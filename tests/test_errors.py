"""Errors name a near word, and no far one."""

from __future__ import annotations

import pytest

from modelop_jupyter.errors import nearest

NAMES = ("churn", "fraud-detection", "Titanic", "predict", "requirements")


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("chrun", "churn"),
        ("churm", "churn"),
        ("titanic", "Titanic"),
        ("fraud", "fraud-detection"),
        ("requirement", "requirements"),
        ("pred", "predict"),
        ("cuhrn", "churn"),
        ("burn", None),
        ("direct", None),
        ("train", None),
        ("p", None),
        ("", None),
    ],
)
def test_only_a_near_word_is_proposed(word: str, wanted: str | None) -> None:
    """Issue 12, E6: a far-fetched guess sends its reader the wrong way."""
    assert nearest(word, NAMES) == wanted


def test_a_beginning_that_several_have_proposes_none() -> None:
    """Which of them was meant is not known."""
    assert nearest("fra", ("fraud-1", "fraud-2")) is None
