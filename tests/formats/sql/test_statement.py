"""A query is one statement that reads."""

from __future__ import annotations

import pytest

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql.statement import require_select


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("select 1", "select 1"),
        ("  (Select 1) ;\n", "(Select 1)"),
        ("-- of all; delete\nWITH a AS (select 1) select * from a", None),
        ("/* ; */ values (1)", None),
        ("select ';', \"a;b\", `c;d`, $$;$$, $x$;$x$, E'\\';' from \"t\";", "select ';', \"a;b\", `c;d`, $$;$$, $x$;$x$, E'\\';' from \"t\""),
        ("select 'it''s; fine'", None),
        ("select 1; -- the end", "select 1"),
    ],
)  # fmt: skip
def test_a_select_is_kept_without_its_semicolon(text: str, kept: str | None) -> None:
    """Semicolons in texts, names and comments end nothing."""
    assert require_select("q", text, is_guarded=True) == (kept or text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no query"),
        ("-- nothing", "holds no query"),
        ("delete from t", "is not a SELECT: it begins with 'DELETE'"),
        ("explain select 1", "it begins with 'EXPLAIN'"),
        ("select 1;\ndrop table t", "holds several statements, the second in line 2"),
        ("select 1;;select 2", "holds several statements"),
        ("select E'\\'; drop table t; --'", None),
        ("select '\\'; drop table t; --'", "holds several statements"),
    ],
)
def test_anything_else_is_refused(text: str, sentence: str | None) -> None:
    """Before the database is asked."""
    if sentence is None:
        require_select("q", text, is_guarded=True)
        return
    with pytest.raises(InputError, match="input q: ") as caught:
        require_select("q", text, is_guarded=True)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("select a\ninto b from t", "INTO in line 2"),
        ("with x as (delete from t returning *) select * from x", "DELETE in line 1"),
        ("select 'delete', \"update\", deleted from t -- drop", None),
    ],
)
def test_where_no_transaction_is_read_only_no_word_may_write(text: str, word: str | None) -> None:
    """Microsoft's SQL Server, for one, has none."""
    if word is None:
        require_select("q", text, is_guarded=False)
        return
    with pytest.raises(InputError, match=word):
        require_select("q", text, is_guarded=False)
