"""In a terminal, lines are broken between words and columns are left out before a word is broken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from modelop_jupyter.display import plain_text
from modelop_jupyter.display.blocks import Facts, Note, Table

WORDS = st.lists(
    st.text(st.sampled_from("abc漢é-_/"), min_size=1, max_size=20), min_size=1, max_size=12
).map(" ".join)


@given(rows=st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=5))
def test_a_table_fits_and_breaks_no_word(rows: list[tuple[str, ...]]) -> None:
    """Issue 12, F8: whatever is shown of a cell is shown in whole words."""
    table = Table(("one", "two", "three", "four", "five"), tuple(rows))
    lines = plain_text.page([table], width=60).splitlines()
    words = {word for row in rows for cell in row for word in cell.split()}

    assert max(map(cell_len, lines)) <= 60
    assert [
        word
        for line in lines[1:]
        for word in line.split()
        if word not in words and "…" not in word and not line.startswith("(no room for ")
    ] == []


def test_columns_that_have_no_room_are_named() -> None:
    """The last ones go first."""
    table = Table(("name", "digest", "path"), (("churn", "d" * 30, "p" * 30),))

    assert plain_text.page([table], width=40).splitlines() == [
        "NAME   DIGEST",
        "churn  " + "d" * 30,
        "(no room for path)",
    ]


def test_optional_columns_go_before_a_cell_takes_many_lines() -> None:
    """A row of a list stays low enough to be read; figures stay at the right."""
    table = Table(
        ("model", "assets", "records", "last job"),
        (("churn", "2", "7", "batch: Finished with 3 failed records"),),
        numeric=frozenset({1, 2}),
        optional=frozenset({1}),
    )

    assert plain_text.page([table], width=40).splitlines() == [
        "MODEL  RECORDS  LAST JOB",
        "churn        7  batch: Finished with 3",
        "                failed records",
        "(no room for assets)",
    ]


def test_a_table_that_fits_is_as_it_is_without_a_terminal() -> None:
    """Only what does not fit is laid out anew."""
    table = Table(("name", "records"), (("churn", "12"),), numeric=frozenset({1}))

    assert plain_text.page([table], width=80) == plain_text.page([table])


def test_sentences_and_facts_are_broken_between_words() -> None:
    """The lines behind a fact's first stand below its value."""
    blocks = [
        Facts((("requirements", "pandas scikit-learn"),)),
        Note("one two three four five six"),
    ]

    assert plain_text.page(blocks, width=24).splitlines() == [
        "  requirements  pandas",
        "            scikit-learn",
        "one two three four five",
        "six",
    ]
