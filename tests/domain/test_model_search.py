"""The query by which models are searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.model_search import ModelQuery, Term
from modelop_jupyter.errors import SearchQueryError


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("churn", (Term("text", "churn"),)),
        ('"two words" -x', (Term("text", "two words"), Term("text", "x", is_negated=True))),
        ("tag:fraud", (Term("tag", "fraud", ":"),)),
        ('-tag:"not yet"', (Term("tag", "not yet", ":", is_negated=True),)),
        ("Name~chu", (Term("name", "chu", "~"),)),
        ("meta.Owner:ada", (Term("meta", "ada", ":", "owner"),)),
        ("metrics.auc>=0.9", (Term("metrics", "0.9", ">=", "auc", 0.9),)),
        ("metrics.a.b[0]:-1", (Term("metrics", "-1", "=", "a.b[0]", -1.0),)),
        ("asset:*.pkl", (Term("asset", "*.pkl", ":"),)),
        ('"a:b"', (Term("text", "a:b"),)),
        ("churn-2", (Term("text", "churn-2"),)),
        ("-", (Term("text", "-"),)),
    ],
)
def test_a_query_is_read(text: str, terms: tuple[Term, ...]) -> None:
    assert ModelQuery.parse(text).terms == terms


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "churn tga:fraud",
            "'tga:fraud' at character 7 of the search names no field: tga. Did you",
        ),
        ("auc>=0.9", "'auc>=0.9' at character 1 of the search names no field: auc. A metric is"),
        ("tag>=2", "compares tag with >=. tag is a text: write tag:VALUE."),
        ("metrics.auc:high", "needs a number to compare with. Write metrics.auc>=0.9, or = or <."),
        ("metrics.auc~0.9", "needs a number"),
        ("metrics:0.9", "names no field: metrics."),
        ("tag:", "has no value. Write one such as tag:VALUE."),
        ('x tag:"a b', "at character 3 of the search has a quote that is not closed."),
        ('""', "is an empty text."),
        ("a " * 21, "has more than 20 conditions."),
        ("a" * 1001, "is longer than 1000 characters."),
    ],
)
def test_an_error_names_the_place_in_the_query(text: str, sentence: str) -> None:
    with pytest.raises(SearchQueryError) as caught:
        ModelQuery.parse(text)

    assert sentence in str(caught.value)


@given(st.text(alphabet='abtagmetrics.:~<>=!-" \n*?0', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """A sentence, and no other error, whatever is typed."""
    try:
        ModelQuery.parse(text)
    except SearchQueryError as error:
        assert str(error)
